import Testing

@testable import CoveyCore

/// What takes how long is counted in the right bucket.
struct HistogramTests {
  @Test(arguments: [
    (0, 0), (1, 0), (1_000, 0), (1_001, 1), (2_000, 1), (2_001, 2), (4_000, 2), (4_001, 3),
    (1_000_000, 10), (1_024_000, 10), (1_024_001, 11),
  ])
  func `a bucket takes what is at most its bound`(_ nanoseconds: Int, _ bucket: Int) {
    var histogram = Histogram.ofMicroseconds
    histogram.count(nanoseconds: UInt64(nanoseconds))
    #expect(histogram.counts[bucket] == 1)
    #expect(histogram.total == 1)
    #expect(histogram.sumNanoseconds == UInt64(nanoseconds))
  }

  @Test func `every bound is in its bucket, and what is one over it in the next`() {
    let empty = Histogram.ofMilliseconds
    for bucket in 0..<empty.boundCount {
      var histogram = empty
      histogram.count(nanoseconds: histogram.boundNanoseconds(bucket))
      histogram.count(nanoseconds: histogram.boundNanoseconds(bucket) + 1)
      #expect(histogram.counts[bucket] == 1)
      #expect(histogram.counts[bucket + 1] == 1)
    }
  }

  @Test func `what is over all bounds is in the last bucket, however much it is`() {
    var histogram = Histogram.ofMicroseconds
    histogram.count(nanoseconds: .max)
    histogram.count(milliseconds: .max)
    histogram.count(nanoseconds: 5_000_000_000)
    #expect(histogram.counts.last == 3)
  }

  @Test func `several are counted at once`() {
    var histogram = Histogram.ofMilliseconds
    histogram.count(nanoseconds: 3_000_000, times: 5)
    #expect(histogram.counts[2] == 5)
    #expect(histogram.sumNanoseconds == 15_000_000)
  }

  @Test func `of a kind one call in a millisecond is timed`() {
    var timings = Timings()
    let measured = [0, 0, 1, 1, 7, 7, 7].map { timings.measures(.message, at: $0) }
    #expect(measured == [true, false, true, false, true, false, false])
    let isOtherKindMeasured = timings.measures(.event, at: 7)
    #expect(isOtherKindMeasured)
  }

  @Test func `calls that were timed together share their time`() {
    var timings = Timings()
    timings.count(.event, calls: 4, nanoseconds: 40_000)
    timings.count(.event, calls: 0, nanoseconds: 9_000)
    let events = timings.handlers[HandlerKind.event.rawValue]
    #expect(events.total == 4)
    #expect(events.sumNanoseconds == 40_000)
    #expect(events.counts[4] == 4)
  }
}
