/// The forms of dates, times and decimals in strings (RFC 3339, and what Django REST writes).
enum DateText {
  /// `2026-11-21`.
  static func isDate(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    range.count == 10 && hasDate(text, range.lowerBound)
  }

  /// `2026-11-21T09:30:00.25+01:00`; seconds, fraction and zone may be missing.
  static func isDatetime(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count >= 16, hasDate(text, range.lowerBound) else { return false }
    let separator = text[range.lowerBound &+ 10]
    guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: " ") else { return false }
    var position = range.lowerBound &+ 11
    guard let hour = number(text, position, 2), hour < 24,
      text[position &+ 2] == UInt8(ascii: ":"),
      let minute = number(text, position &+ 3, 2), minute < 60
    else { return false }
    position &+= 5
    if position < range.upperBound, text[position] == UInt8(ascii: ":") {
      guard range.upperBound &- position >= 3, let second = number(text, position &+ 1, 2),
        second <= 60
      else { return false }
      position &+= 3
      if position < range.upperBound, text[position] == UInt8(ascii: ".") {
        let start = position &+ 1
        position = start
        while position < range.upperBound, Converter.isDigit(text[position]) { position &+= 1 }
        guard (1...9).contains(position &- start) else { return false }
      }
    }
    return isZone(text, position..<range.upperBound)
  }

  /// Nothing, `Z`, `+01:00` or `-0100`.
  private static func isZone(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard let first = range.first else { return true }
    if text[first] == UInt8(ascii: "Z") { return range.count == 1 }
    guard text[first] == UInt8(ascii: "+") || text[first] == UInt8(ascii: "-") else { return false }
    let hasColon = range.count == 6 && text[first &+ 3] == UInt8(ascii: ":")
    guard hasColon || range.count == 5, let hour = number(text, first &+ 1, 2), hour < 24,
      let minute = number(text, first &+ (hasColon ? 4 : 3), 2)
    else { return false }
    return minute < 60
  }

  /// `-12.50`.
  static func isDecimal(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var position = range.lowerBound
    if position < range.upperBound, text[position] == UInt8(ascii: "-") { position &+= 1 }
    var digits = 0
    var points = 0
    while position < range.upperBound {
      if Converter.isDigit(text[position]) {
        digits &+= 1
      } else if text[position] == UInt8(ascii: "."), digits > 0, points == 0 {
        points = 1
        digits = 0
      } else {
        return false
      }
      position &+= 1
    }
    return digits > 0
  }

  private static func hasDate(_ text: Span<UInt8>, _ start: Int) -> Bool {
    guard let year = number(text, start, 4), year > 0, text[start &+ 4] == UInt8(ascii: "-"),
      let month = number(text, start &+ 5, 2), (1...12).contains(month),
      text[start &+ 7] == UInt8(ascii: "-"), let day = number(text, start &+ 8, 2)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month &- 1]).contains(day)
  }

  private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for position in start..<(start &+ count) {
      guard position < text.count, Converter.isDigit(text[position]) else { return nil }
      value = value &* 10 &+ Int(text[position] &- UInt8(ascii: "0"))
    }
    return value
  }
}
