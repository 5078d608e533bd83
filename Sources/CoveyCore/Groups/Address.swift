/// A consumer's own name, to which events can be sent as to a group of one.
///
///     specific.covey<16 hex of the server>!<16 hex of the consumer>
///
/// The form is that of a channel name of Django Channels' layers.
package enum Address {
  private static let prefix = "specific.covey"

  /// The address of a consumer of the server with this token.
  package static func of(_ id: ConsumerID, server: UInt64) -> String {
    prefix + Hex.digits(server) + "!" + Hex.digits(id.raw)
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
      let server = Hex.number(rest[..<16]), let consumer = Hex.number(rest[17...])
    else { return nil }
    return (server, consumer)
  }
}
