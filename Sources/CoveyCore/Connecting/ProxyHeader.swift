/// The header that a proxy sends before all else, of the PROXY protocol, version 2
/// (proxy-protocol.txt, section 2.2):
///
///      0                      12          13          14      16
///     +----------------------+-----------+-----------+-------+-----------+----------+
///     | 0D 0A 0D 0A 00 0D .. | 2|command | family|   | bytes | addresses | the rest |
///     |                      |           |  transport| after |           | (TLVs)   |
///     +----------------------+-----------+-----------+-------+-----------+----------+
package struct ProxyHeader: Equatable, Sendable {
  /// All of it. What proxies send are addresses and a few values of a hundred bytes or two.
  package static let bytesMax = 2048
  /// The part that tells how long the rest is.
  package static let fixedBytes = 16
  private static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]

  /// The client; nil when the proxy speaks for itself, or does not say.
  package let source: Peer?

  /// How long a header is as a whole, from its fixed part; nil when it is none, or too long.
  package static func size(_ fixed: some Collection<UInt8>) -> Int? {
    let bytes = Array(fixed.prefix(fixedBytes))
    guard bytes.count == fixedBytes, bytes.starts(with: signature), bytes[12] >> 4 == 2 else {
      return nil
    }
    let size = fixedBytes + (Int(bytes[14]) << 8 | Int(bytes[15]))
    return size <= bytesMax ? size : nil
  }

  /// Reads a whole header; nil when it is malformed, or not about a stream.
  package init?(_ header: some Collection<UInt8>) {
    let bytes = Array(header)
    guard let size = Self.size(bytes), bytes.count == size else { return nil }
    let addresses = bytes[Self.fixedBytes...]
    switch bytes[12] & 15 {
    case 0: source = nil
    case 1:
      let addressBytes: Int
      switch bytes[13] {
      // Somebody of whom no address is known: not the proxy, whose word would count.
      case 0x00:
        source = .named(Array("unknown".utf8))
        return
      case 0x11: addressBytes = 4
      case 0x21: addressBytes = 16
      case 0x31:
        guard addresses.count >= 216 else { return nil }
        source = .named(Array("unix".utf8))
        return
      default: return nil
      }
      // Two addresses and two ports.
      guard addresses.count >= 2 * addressBytes + 4,
        let address = IPAddress(bytes: addresses.prefix(addressBytes))
      else { return nil }
      source = .address(address)
    default: return nil
    }
  }
}
