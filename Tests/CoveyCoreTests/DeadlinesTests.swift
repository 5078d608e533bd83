import SeededNumbers
import Testing

@testable import CoveyCore

struct DeadlinesTests {
  private func timer(_ subject: Deadlines.Subject?) -> UInt64? {
    if case .timer(let number) = subject { number } else { nil }
  }

  @Test func `nothing is due before its time`() {
    var deadlines = Deadlines()
    #expect(deadlines.next == nil)
    #expect(deadlines.pop(dueAt: .max) == nil)
    deadlines.add(.timer(1), at: 10)
    #expect(deadlines.next == 10)
    #expect(deadlines.pop(dueAt: 9) == nil)
    #expect(timer(deadlines.pop(dueAt: 10)) == 1)
    #expect(deadlines.next == nil)
  }

  @Test func `the ends of time are times`() {
    var deadlines = Deadlines()
    deadlines.add(.timer(2), at: .max)
    deadlines.add(.timer(1), at: 0)
    #expect(timer(deadlines.pop(dueAt: 0)) == 1)
    #expect(deadlines.pop(dueAt: .max - 1) == nil)
    #expect(timer(deadlines.pop(dueAt: .max)) == 2)
  }

  @Test func `random deadlines come in the order of a sort`() {
    var numbers = SeededNumbers()
    var deadlines = Deadlines()
    var model: [UInt64] = []
    var now: UInt64 = 0
    for round in 0..<20_000 {
      if numbers.below(5) < 3 {
        // Few different times, so that many are equal.
        let time = now + UInt64(numbers.below(50))
        deadlines.add(.timer(time), at: time)
        model.append(time)
        continue
      }
      now += UInt64(numbers.below(4))
      let due = model.filter { $0 <= now }.sorted()
      model.removeAll { $0 <= now }
      var got: [UInt64] = []
      while let time = timer(deadlines.pop(dueAt: now)) { got.append(time) }
      guard got == due, deadlines.next == model.min() else {
        Issue.record("COVEY_SEED=\(SeededNumbers.seed) round \(round): \(got), not \(due)")
        return
      }
    }
  }

  @Test func `deadlines of timers that were stopped are swept out`() {
    let hub = Hub(limits: Limits(), token: 1, secret: Secret(1, 2))
    for timer in 1...10_000 as ClosedRange<UInt64> {
      hub.startTimer(timer, after: 3_600_000)
      hub.stopTimer(timer)
    }
    #expect(hub.deadlines.count <= 2048)
    hub.startTimer(20_000, after: 5)
    hub.advance(to: 5)
    let due = hub.takeEffects().filter { if case .timer(20_000) = $0 { true } else { false } }
    #expect(due.count == 1)
  }
}
