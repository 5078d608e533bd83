/// Makes names that nobody can guess, out of random numbers that were handed in (SipHash-2-4 by
/// Aumasson and Bernstein, of a counter).
package struct Secret: Sendable {
  private let key0: UInt64
  private let key1: UInt64

  package init(_ key0: UInt64, _ key1: UInt64) {
    self.key0 = key0
    self.key1 = key1
  }

  /// 32 hexadecimal digits.
  func name(_ number: UInt64) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(32)
    for half in [hash(number &* 2), hash(number &* 2 &+ 1)] {
      for shift in stride(from: 60, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: half >> UInt64(shift)) & 15
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
    return text
  }

  /// A number between zero and a limit, the same for the same input.
  func number(_ input: UInt64, below limit: UInt64) -> UInt64 {
    limit == 0 ? 0 : hash(input ^ 0x5A5A_5A5A_5A5A_5A5A) % limit
  }

  func hash(_ word: UInt64) -> UInt64 {
    var v0 = key0 ^ 0x736f_6d65_7073_6575
    var v1 = key1 ^ 0x646f_7261_6e64_6f6d
    var v2 = key0 ^ 0x6c79_6765_6e65_7261
    var v3 = key1 ^ 0x7465_6462_7974_6573
    func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
      (value << count) | (value >> (64 - count))
    }
    func round() {
      v0 = v0 &+ v1
      v1 = rotate(v1, 13) ^ v0
      v0 = rotate(v0, 32)
      v2 = v2 &+ v3
      v3 = rotate(v3, 16) ^ v2
      v0 = v0 &+ v3
      v3 = rotate(v3, 21) ^ v0
      v2 = v2 &+ v1
      v1 = rotate(v1, 17) ^ v2
      v2 = rotate(v2, 32)
    }
    // One word of message, then the length, eight bytes, in the highest byte of the last word.
    for word in [word, 8 << 56] {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }
    v2 ^= 0xFF
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }
}
