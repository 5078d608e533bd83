import SeededNumbers
import Testing

@testable import CoveyCore

struct SequencerPublishingTests {
  private let room = SequencerHarness.topic

  private func publish(_ texts: String..., to harness: inout SequencerHarness) {
    for text in texts { harness.sequencer.publish(Array(text.utf8), to: room) }
  }

  @Test func `a letter goes out at once, and is counted when the bus has it`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    publish("a", "b", to: &harness)
    #expect(harness.told() == ["publish 1 a room", "publish 2 b room"])
    harness.sequencer.published(1)
    #expect(!harness.sequencer.isIdle)
    harness.sequencer.published(2)
    #expect(harness.told() == ["published: 2"])
    #expect(harness.sequencer.isIdle)
  }

  @Test func `what was not acknowledged goes out again in order with the next connection`() {
    var harness = SequencerHarness()
    publish("a", to: &harness)
    #expect(harness.told().isEmpty)
    harness.sequencer.connected(bus: 1)
    publish("b", "c", to: &harness)
    harness.sequencer.published(2)
    _ = harness.take()
    harness.sequencer.disconnected()
    publish("d", to: &harness)
    harness.sequencer.connected(bus: 2)
    #expect(harness.told() == ["publish 1 a room", "publish 3 c room", "publish 4 d room"])
  }

  @Test func `an acknowledgement twice, or of what was never sent, is nothing`() {
    var harness = SequencerHarness()
    publish("a", "b", to: &harness)
    for number: UInt64 in [0, 3, .max, 2, 2] { harness.sequencer.published(number) }
    for number: UInt64 in [0, 3, .max, 2] { harness.sequencer.refused(number) }
    #expect(harness.told() == ["published: 1"])
    #expect(harness.sequencer.queuedEntries == 2)
    harness.sequencer.published(1)
    #expect(harness.sequencer.isIdle)
    #expect(harness.sequencer.queuedBytes == 0)
  }

  @Test func `what the bus refuses is lost, and told`() {
    var harness = SequencerHarness()
    publish("a", to: &harness)
    harness.sequencer.refused(1)
    #expect(harness.told() == ["unsent room 1", "unsent: 1"])
    #expect(harness.sequencer.isIdle)
  }

  @Test func `at the end what never left is unsent, and what left is unknown`() {
    var harness = SequencerHarness()
    publish("a", to: &harness)
    harness.sequencer.connected(bus: 1)
    publish("b", to: &harness)
    harness.sequencer.published(1)
    harness.sequencer.disconnected()
    publish("c", "d", to: &harness)
    _ = harness.take()
    harness.sequencer.end()
    #expect(harness.told() == ["unknown room 1", "unsent room 2", "unsent: 2"])
    #expect(harness.sequencer.isIdle)
  }

  @Test func `a letter beyond the most entries is dropped, and told once for all of them`() {
    var harness = SequencerHarness { $0.queueEntriesMax = 2 }
    publish("a", "b", to: &harness)
    #expect(harness.told().isEmpty)
    publish("c", to: &harness)
    harness.sequencer.publish([], to: Name("hall"))
    publish("d", to: &harness)
    #expect(harness.told() == ["unsent room 2", "unsent hall 1", "unsent: 3"])
    harness.sequencer.published(1)
    publish("e", to: &harness)
    harness.sequencer.connected(bus: 1)
    #expect(harness.told() == ["publish 2 b room", "publish 3 e room", "published: 1"])
  }

  @Test func `a letter beyond the most bytes is dropped, and a smaller one is not`() {
    var harness = SequencerHarness { $0.queueBytesMax = 4 }
    publish("abc", "de", to: &harness)
    #expect(harness.told() == ["unsent room 1", "unsent: 1"])
    publish("f", to: &harness)
    #expect(harness.told().isEmpty)
    #expect(harness.sequencer.queuedBytes == 4)
  }

  @Test func `a long queue is acknowledged in any order`() {
    var numbers = SeededNumbers()
    var harness = SequencerHarness()
    var waiting: [UInt64] = []
    var next: UInt64 = 1
    for _ in 0..<5_000 {
      if numbers.below(5) > 1 {
        publish("x", to: &harness)
        waiting.append(next)
        next += 1
      } else if !waiting.isEmpty {
        harness.sequencer.published(waiting.remove(at: min(waiting.count - 1, numbers.below(40))))
      }
    }
    _ = harness.take()
    harness.sequencer.connected(bus: 1)
    let sent = harness.take().compactMap {
      if case .publish(let letter, _) = $0 { letter.number } else { nil }
    }
    #expect(sent == waiting, "COVEY_SEED=\(SeededNumbers.seed)")
    #expect(harness.sequencer.queuedBytes == waiting.count)
  }
}
