import Testing

@testable import CoveyCore

struct TokenBucketTests {
  private final class Bucket {
    private let rate: Rate
    private var bucket: TokenBucket

    init(_ rate: Rate, at now: UInt64) {
      (self.rate, bucket) = (rate, TokenBucket(rate, at: now))
    }

    func take(_ amount: UInt64, at now: UInt64) -> Bool { bucket.take(amount, rate, at: now) }
  }

  @Test func `a burst is there at once, and one more is not`() {
    let rate = Rate(perSecond: 2, burst: 3)
    let bucket = Bucket(rate, at: 5)
    let taken = (0..<4).map { _ in bucket.take(1, at: 5) }
    #expect(taken == [true, true, true, false])
  }

  @Test func `it fills while time passes, and no millisecond early`() {
    let rate = Rate(perSecond: 2, burst: 3)
    let bucket = Bucket(rate, at: 0)
    #expect(bucket.take(3, at: 0))
    #expect(!bucket.take(1, at: 499))
    #expect(bucket.take(1, at: 500))
    #expect(!bucket.take(1, at: 999))
    #expect(bucket.take(1, at: 1000))
  }

  @Test func `it never holds more than its burst`() {
    let rate = Rate(perSecond: 10, burst: 3)
    let bucket = Bucket(rate, at: 0)
    #expect(!bucket.take(4, at: 1_000_000))
    #expect(bucket.take(3, at: 1_000_000))
  }

  @Test func `what is too much takes nothing away`() {
    let rate = Rate(perSecond: 1, burst: 3)
    let bucket = Bucket(rate, at: 0)
    #expect(!bucket.take(.max, at: 0))
    #expect(bucket.take(3, at: 0))
  }

  @Test(arguments: [(UInt64.max, UInt64.max), (0, 0), (1, .max), (.max, 1)])
  func `no number overflows`(_ perSecond: UInt64, _ burst: UInt64) {
    let rate = Rate(perSecond: perSecond, burst: burst)
    let bucket = Bucket(rate, at: 0)
    for now in [0, 1, 1 << 40, UInt64.max, 0] {
      for amount in [0, 1, 1 << 40, UInt64.max] { _ = bucket.take(amount, at: now) }
    }
    #expect(rate.fillMilliseconds > 0)
  }
}
