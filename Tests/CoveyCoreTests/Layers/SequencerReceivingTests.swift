import Testing

@testable import CoveyCore

/// Letters as they come live, and the log where they do not.
struct SequencerReceivingTests {
  private let room = SequencerHarness.topic

  @Test func `a topic is subscribed, asked about, and then live`() {
    var harness = SequencerHarness()
    harness.sequencer.follow(room)
    #expect(harness.told().isEmpty)
    harness.sequencer.connected(bus: 1)
    #expect(harness.told() == ["subscribe room"])
    harness.sequencer.subscribed(room)
    #expect(harness.told() == ["ask where"])
    harness.answer(5)
    harness.receive(6)
    harness.receive(7)
    #expect(harness.told() == ["deliver 6", "deliver 7"])
    #expect(harness.sequencer.position(of: room) == Position(chain: 1, number: 7))
  }

  @Test func `what came live before the first answer is delivered, in order`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(room)
    harness.sequencer.subscribed(room)
    for number: UInt64 in [6, 4, 5] { harness.receive(number) }
    _ = harness.take()
    harness.answer(5)
    #expect(harness.told() == ["deliver 4", "deliver 5", "deliver 6"])
    #expect(harness.sequencer.heldEntries == 0 && harness.sequencer.heldBytes == 0)
  }

  @Test func `a hole in what came before the first answer is asked for`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(room)
    harness.sequencer.subscribed(room)
    harness.receive(4)
    _ = harness.take()
    harness.answer(6)
    #expect(harness.told() == ["deliver 4", "ask 4"])
    harness.answer(6, log: 4...6)
    #expect(harness.told() == ["deliver 5", "deliver 6", "repaired: 2"])
  }

  @Test func `a letter that was seen is dropped`() {
    var harness = SequencerHarness.live()
    harness.receive(6)
    harness.receive(6)
    harness.receive(5)
    #expect(harness.told() == ["deliver 6", "duplicates: 2"])
  }

  @Test func `our own letters are never delivered, and count as seen`() {
    var harness = SequencerHarness.live()
    harness.receive(6, sender: SequencerHarness.own)
    harness.receive(6, sender: SequencerHarness.own)
    harness.receive(7)
    #expect(harness.told() == ["deliver 7"])
  }

  @Test func `a hole is filled from the log`() {
    var harness = SequencerHarness.live()
    harness.receive(8)
    harness.receive(10)
    #expect(harness.told() == ["ask 5"])
    harness.answer(9, log: 5...9)
    #expect(
      harness.told() == [
        "deliver 6", "deliver 7", "deliver 8", "deliver 9", "deliver 10", "repaired: 4",
      ])
  }

  @Test func `a hole behind the answer is asked for once more`() {
    var harness = SequencerHarness.live()
    harness.receive(7)
    harness.receive(10)
    _ = harness.take()
    harness.answer(8, log: 5...8)
    #expect(harness.told().suffix(2) == ["ask 8", "repaired: 3"])
    harness.answer(10, log: 8...10)
    #expect(harness.told() == ["deliver 9", "deliver 10", "repaired: 2"])
  }

  @Test func `a log that begins with the first letter that is missing misses nothing`() {
    var harness = SequencerHarness.live()
    harness.receive(8)
    _ = harness.take()
    harness.answer(8, log: 6...8)
    #expect(harness.told() == ["deliver 6", "deliver 7", "deliver 8", "repaired: 3"])
  }

  @Test func `a log that does not reach back is told of, and what it has is delivered`() {
    var harness = SequencerHarness.live()
    harness.receive(9)
    _ = harness.take()
    harness.answer(9, log: 8...9)
    #expect(
      harness.told() == ["missed room 0", "deliver 8", "deliver 9", "repaired: 2", "missed: 1"])
    harness.receive(10)
    #expect(harness.told() == ["deliver 10"])
  }

  @Test func `without a log what came live is delivered behind the gap`() {
    var harness = SequencerHarness.live()
    harness.receive(9)
    harness.receive(8)
    _ = harness.take()
    harness.answer(9)
    #expect(harness.told() == ["missed room 0", "deliver 8", "deliver 9", "missed: 1"])
  }

  @Test func `numbering that begins anew before our eyes misses nothing`() {
    var harness = SequencerHarness.live()
    harness.receive(1, chain: 2, as: 6)
    harness.receive(2, chain: 2, as: 7)
    #expect(harness.told() == ["deliver 6", "deliver 7"])
  }

  @Test func `numbering that began anew unseen is asked about, and told`() {
    var harness = SequencerHarness.live()
    harness.receive(2, chain: 2, as: 7)
    #expect(harness.told() == ["ask 5"])
    harness.answer(2, chain: 2)
    #expect(harness.told() == ["missed room 0", "deliver 7", "missed: 1"])
    harness.receive(3, chain: 2, as: 8)
    #expect(harness.told() == ["deliver 8"])
  }

  @Test func `the first letters of a topic that was never used are all expected`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(room)
    harness.sequencer.subscribed(room)
    harness.answer(nil)
    _ = harness.take()
    harness.receive(3)
    #expect(harness.told() == ["ask 1"])
    harness.answer(3, log: 1...3)
    #expect(harness.told() == ["deliver 1", "deliver 2", "deliver 3", "repaired: 3"])
  }

  @Test func `a letter of a chain that is over is delivered late rather than asked for forever`() {
    var harness = SequencerHarness.live()
    harness.receive(1, chain: 2, as: 7)
    harness.receive(6, sender: 8)
    #expect(harness.told() == ["deliver 7", "ask 1"])
    harness.answer(1, chain: 2)
    #expect(harness.told() == ["deliver 6"])
  }

  @Test func `letters that the bus no longer knows of are told as a gap, and not asked for again`()
  {
    var harness = SequencerHarness.live()
    harness.receive(9)
    _ = harness.take()
    harness.answer(7, log: 5...7)
    #expect(
      harness.told() == [
        "missed room 0", "deliver 6", "deliver 7", "deliver 9", "repaired: 2", "missed: 1",
      ])
    #expect(harness.sequencer.position(of: room)?.number == 7)
  }

  @Test
  func `when the bus cannot answer it is told once, and the next letter is taken as it comes`() {
    var harness = SequencerHarness.live()
    harness.receive(8)
    _ = harness.take()
    harness.sequencer.unanswered(room)
    #expect(harness.told() == ["missed room 0", "deliver 8", "missed: 1"])
    harness.receive(9)
    #expect(harness.told() == ["deliver 9"])
    harness.reconnect()
    _ = harness.take()
    harness.sequencer.unanswered(room)
    #expect(harness.told() == ["missed room 0", "missed: 1"])
    harness.receive(20)
    harness.receive(21)
    #expect(harness.told() == ["deliver 20", "deliver 21"])
    harness.receive(23)
    #expect(harness.told() == ["ask 21"])
  }

  @Test func `held letters beyond the most entries are dropped, and asked for again`() {
    var harness = SequencerHarness.live { $0.heldEntriesMax = 2 }
    for number: UInt64 in 7...9 { harness.receive(number) }
    #expect(harness.sequencer.heldEntries == 0)
    harness.receive(10)
    #expect(harness.told() == ["ask 5"])
    harness.answer(7, log: 5...7)
    #expect(harness.told() == ["deliver 6", "deliver 7", "ask 7", "repaired: 2"])
    harness.answer(10, log: 7...10)
    #expect(harness.told().first == "deliver 8")
    harness.receive(11)
    #expect(harness.told() == ["deliver 11"])
  }

  @Test func `held letters of all topics together have that many bytes`() {
    var harness = SequencerHarness.live { $0.heldBytesMax = 3 }
    let hall = Name("hall")
    harness.sequencer.follow(hall)
    harness.sequencer.subscribed(hall)
    for number: UInt64 in [7, 8] { harness.receive(number) }
    let letter = SequencerHarness.letter(1)
    harness.sequencer.received(letter, at: Position(chain: 3, number: 1), in: hall)
    #expect(harness.sequencer.heldBytes == 3)
    harness.receive(9)
    #expect(harness.sequencer.heldEntries == 1)
    _ = harness.take()
    harness.sequencer.unfollow(hall)
    #expect(harness.sequencer.heldEntries == 0 && harness.sequencer.heldBytes == 0)
  }

  @Test func `senders that were heard longest ago are forgotten first`() {
    var harness = SequencerHarness.live { $0.sendersPerTopicMax = 2 }
    harness.receive(6, sender: 11, as: 40)
    harness.receive(7, sender: 12, as: 40)
    harness.receive(8, sender: 11, as: 41)
    harness.receive(9, sender: 13, as: 40)
    _ = harness.take()
    harness.receive(10, sender: 11, as: 41)
    harness.receive(11, sender: 12, as: 40)
    #expect(harness.told() == ["deliver 40", "duplicates: 1"])
  }
}
