package import CoveyCore

/// Where Redis is, whose formats to speak there, and how: what a host writes in one line.
///
/// `redis://[[user]:password@]host[:port][/database][?options]`, and over a Unix socket
/// `redis+unix://[[user]:password@]/path[?options]`. Before `+unix` may stand `+django` or
/// `+django-pubsub`; `valkey` is `redis`. User, password, path and options are percent-decoded, and
/// a `+` is a `+`.
///
/// Options are `name=value`, with `&` between them, each once apart from `key`:
///
/// | option | of | values | default |
/// | --- | --- | --- | --- |
/// | `prefix` | all | 1 to 64 bytes of UTF-8 without control characters | `covey`, or `asgi` |
/// | `key` | all | 1 to 1,024 bytes, 16 keys at most; the first encrypts | no encryption |
/// | `db` | Unix sockets | 0...2,147,483,647 | 0 |
/// | `log` | own | messages kept of a group, 0...100,000 | 1,000 |
/// | `log_bytes` | own | bytes kept of a group, 1...1,073,741,824 | 4,194,304 |
/// | `log_seconds` | own | 1...86,400 | 600 |
/// | `expiry` | django | seconds of a message, 1...86,400 | 60 |
/// | `group_expiry` | django | seconds of a membership, 1...31,536,000 | 86,400 |
/// | `capacity` | django | messages in a mailbox, 1...1,000,000 | 100 |
package struct RedisURL: Sendable, Equatable {
  package enum Place: Sendable, Equatable {
    /// A name or a numeric address without brackets.
    case host(String, port: UInt16)
    /// The path of a Unix socket.
    case unix(String)
  }

  package internal(set) var driver: RedisDriver
  package internal(set) var place: Place
  /// Nil for Redis's default user.
  package internal(set) var user: [UInt8]?
  package internal(set) var password: [UInt8]?
  package internal(set) var database = 0
  /// What the names of keys and channels begin with.
  package internal(set) var prefix: [UInt8]
  /// Keys that encrypt messages, as text; the first encrypts, any decrypts.
  package internal(set) var keys: [[UInt8]] = []

  // Covey's own driver.
  package internal(set) var logMessagesMax = 1000
  package internal(set) var logBytesMax = 4 << 20
  package internal(set) var logSecondsMax = 600

  // Django's driver with mailboxes.
  package internal(set) var expirySeconds = 60
  package internal(set) var groupExpirySeconds = 86_400
  package internal(set) var capacity = 100

  /// Reads a URL.
  ///
  /// - Throws: invalid, naming what is wrong. Neither passwords nor keys are quoted, nor anything
  ///   that might be part of them.
  package init(_ text: String) throws(Failure) {
    var parser = try RedisURLParser(Array(text.utf8))
    self.init(driver: parser.driver, place: try parser.place(), prefix: parser.defaultPrefix)
    (user, password) = try parser.credentials()
    try parser.setPath(&self)
    try parser.setOptions(&self)
  }

  private init(driver: RedisDriver, place: Place, prefix: [UInt8]) {
    self.driver = driver
    self.place = place
    self.prefix = prefix
  }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The URL for logs: `***` stands for a password, and the keys are only counted.
  package var redacted: String {
    var text = "redis"
    switch driver {
    case .own: break
    case .django: text += "+django"
    case .djangoPubSub: text += "+django-pubsub"
    }
    var options = ["prefix=" + Self.encoded(prefix)]
    if !keys.isEmpty { options.append("keys=\(keys.count)") }
    let who = password == nil ? "" : Self.encoded(user ?? []) + ":***@"
    switch place {
    case .host(let host, let port):
      let shown = host.contains(":") ? "[" + host + "]" : host
      text += "://\(who)\(shown):\(port)/\(database)"
    case .unix(let path):
      text += "+unix://\(who)" + Self.encoded(Array(path.utf8))
      options.insert("db=\(database)", at: 0)
    }
    return text + "?" + options.joined(separator: "&")
  }

  package var description: String { redacted }
  package var debugDescription: String { redacted }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Percent-encodes all but letters, digits and a few signs.
  private static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "/"):
        text.append(byte)
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text.append(contentsOf: (byte < 16 ? "%0" + digits : "%" + digits).utf8)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
