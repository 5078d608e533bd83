/// How long handlers run and how long the loop is busy, as the transport measures them.
///
/// Reading a clock costs as much as a good part of a small message. So of each kind only the first
/// call in each millisecond of the loop's time is measured: all of them on a quiet server, a sample
/// of a busy one's.
package struct Timings: Sendable {
  private(set) var handlers: [Histogram]
  private(set) var turns = Histogram.ofMilliseconds
  /// When one of each kind was last measured.
  private var measuredAt: [UInt64]

  package init() {
    handlers = HandlerKind.allCases.map { _ in Histogram.ofMicroseconds }
    measuredAt = HandlerKind.allCases.map { _ in UInt64.max }
  }

  /// Whether a call at this time is to be measured.
  package mutating func measures(_ kind: HandlerKind, at now: UInt64) -> Bool {
    guard measuredAt[kind.rawValue] != now else { return false }
    measuredAt[kind.rawValue] = now
    return true
  }

  /// Counts calls of a kind that took so long together.
  package mutating func count(_ kind: HandlerKind, calls: UInt64 = 1, nanoseconds: UInt64) {
    guard calls > 0 else { return }
    handlers[kind.rawValue].count(nanoseconds: nanoseconds / calls, times: calls)
  }

  /// Counts a turn of the loop.
  package mutating func countTurn(milliseconds: UInt64) { turns.count(milliseconds: milliseconds) }
}
