/// Who connections are counted together for: an IPv4 address, or the first 64 bits of an IPv6
/// address, for a single household or machine has all addresses behind them.
struct AddressNetwork: Hashable, Sendable {
  private let bits: UInt64
  private let isIPv6: Bool

  /// Reads a numeric address, perhaps with a zone; nil for anything else, such as the peer of a
  /// Unix socket.
  init?(_ text: [UInt8]) {
    guard let address = IPAddress(text.prefix { $0 != UInt8(ascii: "%") }) else { return nil }
    isIPv6 = !address.isVersion4
    bits = isIPv6 ? address.high : address.low
  }

  /// The same for all addresses of it, and only for these.
  var key: [UInt8] {
    var key: [UInt8] = [isIPv6 ? 6 : 4]
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      key.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    return key
  }
}
