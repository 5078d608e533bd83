/// Whether to log what a peer can cause at will: it must not flood the log, nor fall silent.
package struct RareLog {
  /// At most one line in so long.
  static let gapMilliseconds: UInt64 = 10_000

  package private(set) var total: UInt64 = 0
  private var toldTotal: UInt64 = 0
  private var toldAt: UInt64?

  package init() {}

  /// It happened so often; answers how often since the last line, if it is time for another one.
  package mutating func happened(_ times: UInt64 = 1, at now: UInt64) -> UInt64? {
    total &+= times
    if let toldAt, now &- toldAt < Self.gapMilliseconds { return nil }
    toldAt = now
    defer { toldTotal = total }
    return total &- toldTotal
  }
}
