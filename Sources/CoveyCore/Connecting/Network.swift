/// Addresses with a prefix in common: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
package struct Network: Equatable, Sendable {
  private let address: IPAddress
  private let highMask: UInt64
  private let lowMask: UInt64

  package init(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
    guard let address = IPAddress(bytes[..<slash]) else {
      throw .invalid("network \(Failure.quote(text)) is none, such as 10.0.0.0/8, ::1 and unix are")
    }
    let bitsMax = address.isVersion4 ? 32 : 128
    var bits = bitsMax
    if slash < bytes.endIndex {
      let digits = bytes[(slash + 1)...]
      guard (1...3).contains(digits.count), digits.allSatisfy(Converter.isDigit),
        let number = Int(String(decoding: digits, as: UTF8.self)), number <= bitsMax
      else {
        throw .invalid("network \(Failure.quote(text)) has no prefix of 0 to \(bitsMax) bits")
      }
      bits = number
    }
    if address.isVersion4 { bits += 96 }
    highMask = Self.mask(bits)
    lowMask = Self.mask(bits - 64)
    guard address.high & ~highMask == 0, address.low & ~lowMask == 0 else {
      throw .invalid("network \(Failure.quote(text)) has bits beyond its prefix")
    }
    self.address = address
  }

  package func contains(_ other: IPAddress) -> Bool {
    other.high & highMask == address.high && other.low & lowMask == address.low
  }

  private static func mask(_ bits: Int) -> UInt64 {
    bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits))
  }
}
