/// Who is at the other end of a connection.
package enum Peer: Hashable, Sendable {
  case address(IPAddress)
  /// Who comes by a Unix socket has no address.
  case unix
  /// What a proxy calls a client that it does not want to name (RFC 7239 section 6.3).
  case named([UInt8])

  /// What a host is told; empty for who comes by a Unix socket.
  package var text: [UInt8] {
    switch self {
    case .address(let address): address.text
    case .unix: []
    case .named(let name): name
    }
  }
}
