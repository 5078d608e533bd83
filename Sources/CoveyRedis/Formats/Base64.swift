/// Base64 (RFC 4648), with padding.
enum Base64 {
  private static let standard = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlSafe = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// Appends bytes in the standard alphabet.
  static func encode(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    encode(bytes, standard, to: &output)
  }

  /// Writes bytes in the alphabet for URLs and file names.
  static func encodeURLSafe(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    encode(bytes.span, urlSafe, to: &output)
    return output
  }

  /// Reads what `encodeURLSafe` writes and nothing else: no blanks, no missing padding, no bits
  /// that belong to no byte.
  static func decodeURLSafe(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    var padding = 0
    while padding < min(2, text.count), text[text.count - 1 - padding] == UInt8(ascii: "=") {
      padding += 1
    }
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for index in 0..<(text.count - padding) {
      guard let digit = digit(text[index]) else { return nil }
      bits = (bits << 6 | digit) & 0xFFFF
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return bits & (1 << UInt32(count) - 1) == 0 ? output : nil
  }

  private static func encode(
    _ bytes: Span<UInt8>, _ alphabet: [UInt8], to output: inout [UInt8]
  ) {
    var index = 0
    while index < bytes.count {
      let size = min(3, bytes.count - index)
      var bits = UInt32(bytes[index]) << 16
      if size > 1 { bits |= UInt32(bytes[index + 1]) << 8 }
      if size > 2 { bits |= UInt32(bytes[index + 2]) }
      for place in 0..<4 {
        let digit = Int(bits >> UInt32(18 - 6 * place) & 63)
        output.append(place <= size ? alphabet[digit] : UInt8(ascii: "="))
      }
      index += size
    }
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
