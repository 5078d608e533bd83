/// So much a second, and so much at once.
package struct Rate: Sendable, Equatable {
  package let perSecond: UInt64
  package let burst: UInt64

  /// What neither passes, so that no sum comes near overflow.
  package static let ceiling: UInt64 = 1 << 40

  package init(perSecond: UInt64, burst: UInt64) {
    self.perSecond = min(max(perSecond, 1), Self.ceiling)
    self.burst = min(max(burst, 1), Self.ceiling)
  }

  /// After so many milliseconds an empty bucket is full again.
  var fillMilliseconds: UInt64 {
    (burst &* 1000 &+ perSecond &- 1) / perSecond
  }
}
