/// Pieces of JSON text: quoting, comparing, and taking whitespace out.
package enum JSONText {
  /// A text in quotes; only what must be escaped is.
  package static func quoted(_ name: Name) -> [UInt8] {
    var quoted: [UInt8] = []
    quoted.reserveCapacity(name.bytes.count &+ 2)
    quoted.append(UInt8(ascii: "\""))
    for byte in name.bytes { escape(byte) { quoted.append($0) } }
    quoted.append(UInt8(ascii: "\""))
    return quoted
  }

  /// Hands out one byte of a text as it stands in a JSON string.
  @inline(__always)
  package static func escape(_ byte: UInt8, _ put: (UInt8) -> Void) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      put(UInt8(ascii: "\\"))
      put(byte)
    case 0..<0x20:
      for piece in "\\u00".utf8 { put(piece) }
      put(hexDigit(byte >> 4))
      put(hexDigit(byte & 15))
    default: put(byte)
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ value &- 10
  }

  /// Where a value is in its text: without the whitespace around it.
  static func withoutSpace(_ text: [UInt8]) -> Range<Int> {
    let isValue = { (byte: UInt8) in ![0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    guard let first = text.firstIndex(where: isValue), let last = text.lastIndex(where: isValue)
    else { return 0..<0 }
    return first..<(last + 1)
  }

  /// Whether a scalar has the bytes of a literal, or as a string its text.
  static func isEqual(_ text: Span<UInt8>, _ range: Range<Int>, _ literal: [UInt8]) -> Bool {
    if range.count == literal.count {
      var isSame = true
      for offset in literal.indices where text[range.lowerBound &+ offset] != literal[offset] {
        isSame = false
        break
      }
      if isSame { return true }
    }
    let quote = UInt8(ascii: "\"")
    guard range.count >= 2, text[range.lowerBound] == quote, literal.first == quote,
      let value = try? JSONScanner.text(
        of: (range.lowerBound &+ 1)..<(range.upperBound &- 1), in: text),
      let expected = try? JSONScanner.text(of: 1..<(literal.count &- 1), in: literal.span)
    else { return false }
    return value.utf8.elementsEqual(expected.utf8)
  }

  /// A value as an error shows it: short, and in one line.
  static func shown(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
    let isLong = range.count > 60
    let end = isLong ? range.lowerBound &+ 60 : range.upperBound
    var bytes: [UInt8] = []
    for position in range.lowerBound..<end {
      let byte = text[position]
      bytes.append(byte < 0x20 || byte == 0x7F ? UInt8(ascii: "?") : byte)
    }
    return String(decoding: bytes, as: UTF8.self) + (isLong ? "..." : "")
  }

  /// Hands out the bytes of a value that was scanned, without whitespace between its tokens.
  static func compact(_ text: Span<UInt8>, _ range: Range<Int>, _ put: (UInt8) -> Void) {
    var isInString = false
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text[position]
      position &+= 1
      if isInString {
        put(byte)
        if byte == UInt8(ascii: "\\"), position < range.upperBound {
          put(text[position])
          position &+= 1
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: continue
      case UInt8(ascii: "\""): isInString = true
      default: break
      }
      put(byte)
    }
  }
}
