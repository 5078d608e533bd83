internal import CoveyCore

/// Writes MessagePack from JSON text that the scanner has passed.
struct Packer {
  private struct Level {
    /// Where its head is, of one byte until the count is known.
    let start: Int
    /// Names count as well as values.
    var count = 0
  }

  private(set) var output: [UInt8] = []
  private var levels: [Level] = []

  init(capacity: Int) {
    output.reserveCapacity(capacity)
  }

  mutating func document(_ text: Span<UInt8>) throws(Failure) {
    var position = 0
    while position < text.count {
      let byte = text[position]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"):
        position += 1
        continue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        try close(isMap: byte == UInt8(ascii: "}"))
        position += 1
        continue
      default: break
      }
      if let last = levels.indices.last { levels[last].count += 1 }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        levels.append(Level(start: output.count))
        output.append(0)
        position += 1
      case UInt8(ascii: "\""): position = try string(text, at: position + 1)
      case UInt8(ascii: "n"):
        output.append(0xC0)
        position += 4
      case UInt8(ascii: "f"):
        output.append(0xC2)
        position += 5
      case UInt8(ascii: "t"):
        output.append(0xC3)
        position += 4
      default: position = try number(text, at: position)
      }
    }
  }

  /// Writes the head where its byte was left free; most containers are small enough for that.
  private mutating func close(isMap: Bool) throws(Failure) {
    guard let level = levels.popLast(), level.start < output.count else { return }
    var head: [UInt8] = []
    if isMap {
      try PackedHead.put(mapOf: level.count / 2, to: &head)
    } else {
      try PackedHead.put(arrayOf: level.count, to: &head)
    }
    output.replaceSubrange(level.start..<(level.start + 1), with: head)
  }

  /// Packs a string that begins here, and returns where what follows it begins.
  private mutating func string(_ text: Span<UInt8>, at start: Int) throws(Failure) -> Int {
    var end = start
    var hasEscape = false
    while end < text.count, text[end] != UInt8(ascii: "\"") {
      let isEscape = text[end] == UInt8(ascii: "\\")
      if isEscape { hasEscape = true }
      end += isEscape ? 2 : 1
    }
    end = min(end, text.count)
    if hasEscape {
      let decoded = try JSONScanner.text(of: start..<end, in: text)
      try PackedHead.put(stringOf: decoded.utf8.count, to: &output)
      output.append(contentsOf: decoded.utf8)
    } else {
      try PackedHead.put(stringOf: end - start, to: &output)
      text.extracting(start..<end).withUnsafeBufferPointer { output.append(contentsOf: $0) }
    }
    return end + 1
  }

  /// Packs the number that begins here, and returns where what follows it begins.
  private mutating func number(_ text: Span<UInt8>, at start: Int) throws(Failure) -> Int {
    var end = start
    var isInteger = true
    var magnitude: UInt64 = 0
    var isTooLarge = false
    let isNegative = text[start] == UInt8(ascii: "-")
    loop: while end < text.count {
      switch text[end] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (product, isOver) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, isOverToo) = product.addingReportingOverflow(UInt64(text[end] & 0x0F))
        magnitude = sum
        if isOver || isOverToo { isTooLarge = true }
      case UInt8(ascii: "-"), UInt8(ascii: "+"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isInteger = false
      default: break loop
      }
      end += 1
    }
    if !isInteger {
      try double(text, start..<end)
    } else if isTooLarge || (isNegative && magnitude > 1 << 63) {
      let shown = Self.shown(text, start..<end)
      throw .invalid("integer \(shown) at byte \(start) is outside -2^63...2^64-1")
    } else {
      append(magnitude, isNegative: isNegative)
    }
    return max(end, start + 1)
  }

  private mutating func double(_ text: Span<UInt8>, _ range: Range<Int>) throws(Failure) {
    let digits = text.extracting(range).withUnsafeBufferPointer {
      String(decoding: $0, as: UTF8.self)
    }
    guard let value = Double(digits), value.isFinite else {
      let shown = Self.shown(text, range)
      throw .invalid("number \(shown) at byte \(range.lowerBound) is too large for a double")
    }
    append(0xCB, value.bitPattern, bytes: 8)
  }

  private mutating func append(_ magnitude: UInt64, isNegative: Bool) {
    switch (isNegative && magnitude > 0, magnitude) {
    case (false, 0...0x7F): output.append(UInt8(truncatingIfNeeded: magnitude))
    case (false, 0...0xFF): append(0xCC, magnitude, bytes: 1)
    case (false, 0...0xFFFF): append(0xCD, magnitude, bytes: 2)
    case (false, 0...0xFFFF_FFFF): append(0xCE, magnitude, bytes: 4)
    case (false, _): append(0xCF, magnitude, bytes: 8)
    case (true, 0...0x20): output.append(UInt8(truncatingIfNeeded: 0 &- magnitude))
    case (true, 0...0x80): append(0xD0, 0 &- magnitude, bytes: 1)
    case (true, 0...0x8000): append(0xD1, 0 &- magnitude, bytes: 2)
    case (true, 0...0x8000_0000): append(0xD2, 0 &- magnitude, bytes: 4)
    case (true, _): append(0xD3, 0 &- magnitude, bytes: 8)
    }
  }

  private mutating func append(_ first: UInt8, _ value: UInt64, bytes count: Int) {
    output.append(first)
    PackedHead.put(value, bytes: count, to: &output)
  }

  private static func shown(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
    let digits = text.extracting(range).extracting(first: 41)
    let shown = digits.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    return digits.count > 40 ? shown.prefix(40) + "..." : shown
  }
}
