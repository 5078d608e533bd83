import SeededNumbers
import Testing

@testable import CoveyCore

struct ConsumerIDTests {
  @Test func `an id is its slot and its generation`() {
    let id = ConsumerID(slot: 5, generation: 3)
    #expect(id.raw == 3 << 24 | 5)
    #expect(id.slot == 5)
    #expect(id == ConsumerID(raw: 3 << 24 | 5))
    #expect(id != ConsumerID(slot: 5, generation: 4))
  }

  @Test func `the last slot and the last generation fit`() {
    let id = ConsumerID(slot: Limits.slotsMax - 1, generation: ConsumerID.generationMask)
    #expect(id.raw == .max)
    #expect(id.slot == Limits.slotsMax - 1)
  }

  @Test func `whatever a host passes has a slot in range`() {
    var numbers = SeededNumbers()
    for _ in 0..<1000 {
      #expect((0..<Limits.slotsMax).contains(ConsumerID(raw: numbers.next()).slot))
    }
  }
}
