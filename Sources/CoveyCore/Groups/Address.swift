/// A consumer's own name, to which events can be sent as to a group of one.
///
///     specific.covey<16 hex of the server>!<16 hex of the consumer>
///
/// The form is that of a channel name of Django Channels' layers.
package enum Address {
  private static let prefix = "specific.covey"

  /// The address of a consumer of the server with this token.
  package static func of(_ id: ConsumerID, server: UInt64) -> String {
    prefix + hex(server) + "!" + hex(id.raw)
  }

  /// Whether a name has the form of an address, of whatever server.
  package static func hasForm(_ name: Name) -> Bool { parts(name) != nil }

  /// The consumer that a name addresses, when it is one of this server.
  static func consumer(_ name: Name, server: UInt64) -> ConsumerID? {
    guard let parts = parts(name), parts.server == server else { return nil }
    return ConsumerID(raw: parts.consumer)
  }

  /// Whose address it is; nil when it is none.
  package static func parts(_ name: Name) -> (server: UInt64, consumer: UInt64)? {
    let bytes = name.bytes
    // Most names are no addresses: the cheap questions come first.
    guard bytes.count == prefix.utf8.count + 33, bytes.starts(with: prefix.utf8) else { return nil }
    let rest = Array(bytes.dropFirst(prefix.utf8.count))
    guard rest[16] == UInt8(ascii: "!"),
      let server = number(rest[..<16]), let consumer = number(rest[17...])
    else { return nil }
    return (server, consumer)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit &- 48)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit &- 87)
      default: return nil
      }
    }
    return value
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
