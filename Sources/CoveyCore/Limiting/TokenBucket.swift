/// What is left to somebody of a rate: it is full at first, and fills while time passes.
struct TokenBucket: Sendable, Equatable {
  /// In thousandths: a millisecond adds as many as the rate is a second.
  private var left: UInt64
  private var filledAt: UInt64

  init(_ rate: Rate, at now: UInt64) {
    left = rate.burst &* 1000
    filledAt = now
  }

  /// Takes an amount, all of it or nothing.
  mutating func take(_ amount: UInt64, _ rate: Rate, at now: UInt64) -> Bool {
    fill(rate, at: now)
    let (cost, isTooMuch) = amount.multipliedReportingOverflow(by: 1000)
    guard !isTooMuch, cost <= left else { return false }
    left &-= cost
    return true
  }

  private mutating func fill(_ rate: Rate, at now: UInt64) {
    guard now > filledAt else { return }
    let (gain, isOver) = (now &- filledAt).multipliedReportingOverflow(by: rate.perSecond)
    let full = rate.burst &* 1000
    left = isOver || gain >= full &- left ? full : left &+ gain
    filledAt = now
  }
}
