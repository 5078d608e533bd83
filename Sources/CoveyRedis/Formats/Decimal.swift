/// Numbers as decimal digits.
enum Decimal {
  static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    if number >= 10 { append(number / 10, to: &bytes) }
    bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10))
  }
}
