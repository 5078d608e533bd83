/// How often something took how long: counts in buckets whose bounds double.
///
/// Its room is made once; counting allocates nothing.
package struct Histogram: Sendable {
  /// The bound of the first bucket; each bucket takes what is at most its bound.
  let firstBoundNanoseconds: UInt64
  /// By bucket; the last one takes what is over all bounds.
  private(set) var counts: [UInt64]
  private(set) var sumNanoseconds: UInt64 = 0

  init(firstBoundNanoseconds: UInt64, bounds: Int) {
    self.firstBoundNanoseconds = max(1, firstBoundNanoseconds)
    counts = [UInt64](repeating: 0, count: max(1, bounds) &+ 1)
  }

  /// For what a function takes: from a microsecond to four seconds.
  static var ofMicroseconds: Histogram { Histogram(firstBoundNanoseconds: 1_000, bounds: 23) }

  /// For what is measured in whole milliseconds: from one of them to half a minute.
  static var ofMilliseconds: Histogram { Histogram(firstBoundNanoseconds: 1_000_000, bounds: 16) }

  /// Counts several that took so long each.
  mutating func count(nanoseconds: UInt64, times: UInt64 = 1) {
    // Rounded up, so that a bound is the most that its bucket takes.
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(
      dividingBy: firstBoundNanoseconds)
    let units = quotient &+ (remainder > 0 ? 1 : 0)
    let bucket = units <= 1 ? 0 : UInt64.bitWidth &- (units &- 1).leadingZeroBitCount
    counts[min(bucket, counts.count &- 1)] &+= times
    sumNanoseconds &+= nanoseconds &* times
  }

  mutating func count(milliseconds: UInt64) {
    count(nanoseconds: milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
  }

  var boundCount: Int { counts.count &- 1 }
  func boundNanoseconds(_ bucket: Int) -> UInt64 { firstBoundNanoseconds &<< UInt64(bucket) }
  var total: UInt64 { counts.reduce(0, &+) }
}
