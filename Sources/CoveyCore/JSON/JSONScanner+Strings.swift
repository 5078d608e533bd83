extension JSONScanner {
  /// Moves past a string whose opening quote is at the position.
  mutating func string(_ text: Span<UInt8>) throws(Failure) {
    position += 1
    while true {
      // Most of a string is plain; a local index keeps this loop in registers.
      var index = position
      while index < text.count, Self.isPlain(text[index]) { index += 1 }
      position = index
      guard index < text.count else { throw unexpected(text) }
      switch text[index] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        try escape(text)
      case 0x80...:
        try character(text)
      default:
        throw unexpected(text)
      }
    }
  }

  /// Tells whether a byte of a string is a character that stands for itself.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Moves past a backslash and what belongs to it.
  private mutating func escape(_ text: Span<UInt8>) throws(Failure) {
    position += 1
    guard position < text.count else { throw unexpected(text) }
    switch text[position] {
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard position < text.count, Self.hexDigit(text[position]) != nil else {
          throw unexpected(text)
        }
        position += 1
      }
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    default:
      throw unexpected(text)
    }
  }

  /// Moves past a UTF-8 character of two to four bytes (Unicode, table 3-7).
  private mutating func character(_ text: Span<UInt8>) throws(Failure) {
    var second: ClosedRange<UInt8> = 0x80...0xBF
    let count: Int
    switch text[position] {
    case 0xC2...0xDF: count = 2
    case 0xE0: (count, second) = (3, 0xA0...0xBF)
    case 0xED: (count, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: count = 3
    case 0xF0: (count, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: count = 4
    case 0xF4: (count, second) = (4, 0x80...0x8F)
    default: throw unexpected(text)
    }
    position += 1
    for index in 1..<count {
      let allowed = index == 1 ? second : 0x80...0xBF
      guard position < text.count, allowed.contains(text[position]) else {
        throw unexpected(text)
      }
      position += 1
    }
  }

  static func hexDigit(_ byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}

extension JSONScanner {
  /// Decodes what stands between the quotes of a string that was scanned.
  ///
  /// - Throws: invalid, when an escape is a lone surrogate, which no UTF-8 text can hold.
  package static func text(
    of contents: Range<Int>, in text: Span<UInt8>
  ) throws(Failure) -> String {
    let contents = contents.clamped(to: 0..<text.count)
    if !hasEscape(contents, in: text),
      let whole = try? UTF8Span(validating: text.extracting(contents))
    {
      return String(copying: whole)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(contents.count)
    var index = contents.lowerBound
    while index < contents.upperBound {
      guard text[index] == UInt8(ascii: "\\") else {
        decoded.append(text[index])
        index += 1
        continue
      }
      guard let (scalar, count) = escapedScalar(at: index, in: text) else {
        throw .invalid("json string has a lone surrogate at byte \(index)")
      }
      if let encoded = UTF8.encode(scalar) { decoded.append(contentsOf: encoded) }
      index += count
    }
    return String(decoding: decoded, as: UTF8.self)
  }

  /// Tells whether a string that was scanned has this text, however it is escaped.
  package static func isEqual(
    _ contents: Range<Int>, in text: Span<UInt8>, to expected: String
  ) -> Bool {
    let contents = contents.clamped(to: 0..<text.count)
    let expected = expected.utf8
    // One byte takes at most six to write, so a long name is never decoded.
    guard contents.count >= expected.count, contents.count / 6 <= expected.count else {
      return false
    }
    if hasEscape(contents, in: text) {
      return (try? Self.text(of: contents, in: text))?.utf8.elementsEqual(expected) ?? false
    }
    guard contents.count == expected.count else { return false }
    for (index, byte) in zip(contents, expected) where text[index] != byte { return false }
    return true
  }

  private static func hasEscape(_ contents: Range<Int>, in text: Span<UInt8>) -> Bool {
    for index in contents where text[index] == UInt8(ascii: "\\") { return true }
    return false
  }

  /// Reads an escape, or two that make a surrogate pair, and says how many bytes it takes.
  private static func escapedScalar(
    at start: Int, in text: Span<UInt8>
  ) -> (scalar: Unicode.Scalar, count: Int)? {
    guard let first = escapedUnit(at: start, in: text) else { return nil }
    if let scalar = Unicode.Scalar(first.unit) { return (scalar, first.count) }
    guard UTF16.isLeadSurrogate(first.unit),
      let second = escapedUnit(at: start + first.count, in: text),
      UTF16.isTrailSurrogate(second.unit)
    else { return nil }
    let low = UInt32(second.unit & 0x3FF)
    guard let scalar = Unicode.Scalar(0x10000 + (UInt32(first.unit & 0x3FF) << 10 | low)) else {
      return nil
    }
    return (scalar, first.count + second.count)
  }

  private static func escapedUnit(
    at start: Int, in text: Span<UInt8>
  ) -> (unit: UInt16, count: Int)? {
    guard text.count - start >= 2, text[start] == UInt8(ascii: "\\") else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "b"): return (0x08, 2)
    case UInt8(ascii: "t"): return (0x09, 2)
    case UInt8(ascii: "n"): return (0x0A, 2)
    case UInt8(ascii: "f"): return (0x0C, 2)
    case UInt8(ascii: "r"): return (0x0D, 2)
    case UInt8(ascii: "u"):
      guard text.count - start >= 6 else { return nil }
      var unit: UInt16 = 0
      for index in (start + 2)..<(start + 6) {
        guard let digit = hexDigit(text[index]) else { return nil }
        unit = unit << 4 | digit
      }
      return (unit, 6)
    case let byte: return (UInt16(byte), 2)
    }
  }
}
