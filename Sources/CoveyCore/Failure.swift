/// Why a call was refused: the status the host gets, and one line of prose.
///
/// The line names the value and the limit, starts in lower case, has no full stop and does not
/// repeat what the caller was doing: `group name is 300 bytes, limit 255`.
package struct Failure: Error, Sendable, Equatable {
  /// The statuses of the header, apart from success.
  package enum Kind: Sendable {
    case invalid, gone, notFound, exists, tooLarge, full, busy, wrongThread
    case denied, stopped, protocolViolation, timedOut, system
  }

  package let kind: Kind
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension Failure {
  /// The caller broke the contract.
  package static func invalid(_ message: String) -> Failure { Failure(.invalid, message) }

  /// That consumer, call or timer no longer exists.
  package static func gone(_ message: String) -> Failure { Failure(.gone, message) }

  /// No such instance, group member or name.
  package static func notFound(_ message: String) -> Failure { Failure(.notFound, message) }

  /// Registered already.
  package static func exists(_ message: String) -> Failure { Failure(.exists, message) }

  /// Over a limit.
  package static func tooLarge(_ message: String) -> Failure { Failure(.tooLarge, message) }

  /// A bounded queue or table is full.
  package static func full(_ message: String) -> Failure { Failure(.full, message) }

  /// Not from inside a handler.
  package static func busy(_ message: String) -> Failure { Failure(.busy, message) }

  /// A function of the loop was called on another thread.
  package static func wrongThread(_ message: String) -> Failure { Failure(.wrongThread, message) }

  /// Not allowed.
  package static func denied(_ message: String) -> Failure { Failure(.denied, message) }

  /// The server is not running.
  package static func stopped(_ message: String) -> Failure { Failure(.stopped, message) }

  /// A peer or a bus sent nonsense.
  package static func protocolViolation(_ message: String) -> Failure {
    Failure(.protocolViolation, message)
  }

  /// The deadline passed.
  package static func timedOut(_ message: String) -> Failure { Failure(.timedOut, message) }

  /// Bind, listen, thread or file: what the operating system refused.
  package static func system(_ message: String) -> Failure { Failure(.system, message) }

  /// Puts a value into quotes for a message.
  ///
  /// A message is one short line, so control characters become `?` and only the first 80
  /// characters are shown.
  package static func quote(_ value: String) -> String {
    let shown = value.unicodeScalars.prefix(80)
    var quoted = "\""
    for scalar in shown {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      quoted.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return quoted + (shown.endIndex == value.unicodeScalars.endIndex ? "\"" : "...\"")
  }
}
