/// Who connections are counted together for: an IPv4 address, or the first 64 bits of an IPv6
/// address, for a single household or machine has all addresses behind them.
struct AddressNetwork: Hashable, Sendable {
  private let bits: UInt64
  private let isIPv6: Bool

  /// Reads a numeric address; nil for anything else, such as the peer of a Unix socket.
  init?(_ text: [UInt8]) {
    let address = Array(text.prefix { $0 != UInt8(ascii: "%") })
    guard address.contains(UInt8(ascii: ":")) else {
      guard let bits = Self.ipv4(address[...]) else { return nil }
      self.init(bits: UInt64(bits), isIPv6: false)
      return
    }
    guard let groups = Self.groups(address) else { return nil }
    var bits: UInt64 = 0
    for group in groups.prefix(4) { bits = bits << 16 | UInt64(group) }
    let tail = groups.suffix(2).reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
    if bits == 0, groups.dropFirst(4).prefix(2).elementsEqual([0, 0xFFFF]) {
      self.init(bits: tail, isIPv6: false)
    } else {
      self.init(bits: bits, isIPv6: true)
    }
  }

  /// The same for all addresses of it, and only for these.
  var key: [UInt8] {
    var key: [UInt8] = [isIPv6 ? 6 : 4]
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      key.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    return key
  }

  private init(bits: UInt64, isIPv6: Bool) {
    self.bits = bits
    self.isIPv6 = isIPv6
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count) else { return nil }
      var number: UInt32 = 0
      for byte in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        number = number &* 10 &+ UInt32(byte &- UInt8(ascii: "0"))
      }
      guard number <= 255 else { return nil }
      bits = bits << 8 | number
    }
    return bits
  }

  /// The eight groups of an IPv6 address, the zeros that `::` stands for among them.
  private static func groups(_ text: [UInt8]) -> [UInt16]? {
    var before: [UInt16] = []
    var gap: Int?
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if part.isEmpty {
        // At either end two of them are one gap.
        if index == 0 || index == parts.count &- 1 { continue }
        guard gap == nil else { return nil }
        gap = before.count
      } else if part.contains(UInt8(ascii: ".")) {
        guard index == parts.count &- 1, let bits = ipv4(part) else { return nil }
        before += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
      } else {
        guard let group = group(part) else { return nil }
        before.append(group)
      }
    }
    guard let gap else { return before.count == 8 ? before : nil }
    guard before.count < 8 else { return nil }
    let zeros = [UInt16](repeating: 0, count: 8 &- before.count)
    return Array(before[..<gap]) + zeros + Array(before[gap...])
  }

  private static func group(_ text: ArraySlice<UInt8>) -> UInt16? {
    guard text.count <= 4 else { return nil }
    var number: UInt16 = 0
    for byte in text {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte &- UInt8(ascii: "A") &+ 10
      default: return nil
      }
      number = number << 4 | UInt16(digit)
    }
    return number
  }
}
