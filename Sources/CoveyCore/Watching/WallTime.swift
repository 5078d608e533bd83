/// A moment, as ISO 8601 has it, from whole numbers.
enum WallTime {
  /// `2026-11-21T09:30:00.250Z`, of microseconds since 1970.
  static func text(_ microseconds: UInt64) -> [UInt8] {
    let seconds = microseconds / 1_000_000
    let (year, month, day) = date(days: seconds / 86_400)
    let second = seconds % 86_400
    var text: [UInt8] = []
    put(year, 4, "-", &text)
    put(month, 2, "-", &text)
    put(day, 2, "T", &text)
    put(second / 3600, 2, ":", &text)
    put(second / 60 % 60, 2, ":", &text)
    put(second % 60, 2, ".", &text)
    put(microseconds / 1000 % 1000, 3, "Z", &text)
    return text
  }

  /// The Gregorian date so many days after 1970 began.
  ///
  /// Years are counted from March, so that the day that may be missing is a year's last.
  private static func date(days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let shifted = days &+ 719_468  // since the first of March of the year 0
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let marchMonth = (5 &* dayOfYear &+ 2) / 153
    let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
    let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1)
  }

  private static func put(
    _ number: UInt64, _ digits: Int, _ end: Unicode.Scalar, _ text: inout [UInt8]
  ) {
    var unit: UInt64 = 1
    for _ in 1..<digits { unit &*= 10 }
    // A year past 9999 is cut, not written longer.
    while unit > 0 {
      text.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / unit % 10))
      unit /= 10
    }
    text.append(UInt8(truncatingIfNeeded: end.value))
  }
}
