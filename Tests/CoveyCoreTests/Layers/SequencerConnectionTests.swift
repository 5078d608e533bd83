import SeededNumbers
import Testing

@testable import CoveyCore

/// What a lost connection, another bus, and a change of mind do to topics.
struct SequencerConnectionTests {
  private let room = SequencerHarness.topic

  @Test func `after a lost connection the log fills what was missed`() {
    var harness = SequencerHarness.live()
    harness.receive(6)
    harness.reconnect()
    #expect(harness.told() == ["deliver 6", "subscribe room", "ask 6"])
    harness.receive(9)
    harness.answer(8, log: 6...8)
    #expect(harness.told() == ["deliver 7", "deliver 8", "deliver 9", "repaired: 2"])
  }

  @Test(
    arguments: [
      ("forgotten", nil, 1, nil, 0), ("of another chain", 6, 2, 6...6, 0),
      ("set back", 5, 1, nil, 0), ("set back and gone on", 8, 1, 6...8, 1),
      ("beyond its log", 9, 1, 8...9, 0),
    ] as [(String, UInt64?, UInt64, ClosedRange<UInt64>?, UInt64)])
  func `a topic that meanwhile was lost in part is told of`(
    _ what: String, _ number: UInt64?, _ chain: UInt64, _ log: ClosedRange<UInt64>?,
    _ shift: UInt64
  ) {
    var harness = SequencerHarness.live()
    harness.receive(6)
    harness.reconnect()
    _ = harness.take()
    harness.answer(number, chain: chain, log: log, shiftedBy: shift)
    #expect(harness.told().first == "missed room 0", "\(what)")
    #expect(harness.sequencer.position(of: room)?.number == number)
  }

  @Test func `where reception begins is recognised by the letter, once that is known`() {
    var harness = SequencerHarness.live()
    harness.receive(5)
    harness.reconnect()
    _ = harness.take()
    harness.answer(6, log: 5...6, shiftedBy: 1)
    #expect(harness.told().first == "missed room 0")
  }

  @Test func `what a bus that was set back is given again is not delivered again`() {
    var harness = SequencerHarness.live()
    for number: UInt64 in 6...8 { harness.receive(number) }
    harness.reconnect()
    _ = harness.take()
    harness.answer(6, log: 6...6)
    _ = harness.take()
    harness.receive(7, as: 7)
    harness.receive(8, as: 9)
    #expect(harness.told() == ["deliver 9", "duplicates: 1"])
  }

  @Test func `a bus that lost everything is told once for all topics that had a position`() {
    var harness = SequencerHarness.live()
    harness.receive(6)
    harness.sequencer.follow(Name("hall"))
    harness.sequencer.subscribed(Name("hall"))
    harness.sequencer.answered(
      TopicAnswer(position: nil, firstNumber: 1, letters: []), for: Name("hall"))
    _ = harness.take()
    harness.reconnect(bus: 2)
    #expect(
      harness.told() == [
        "missed room,hall 0", "subscribe room", "subscribe hall", "ask 1", "missed: 2",
      ])
    harness.answer(nil)
    #expect(harness.told().isEmpty)
    harness.receive(1, chain: 2, as: 6)
    harness.receive(2, chain: 2, as: 7)
    #expect(harness.told() == ["deliver 7", "duplicates: 1"])
  }

  @Test func `what a new bus had before it was asked is fetched`() {
    var harness = SequencerHarness.live()
    harness.reconnect(bus: 2)
    _ = harness.take()
    harness.receive(3, chain: 2, as: 8)
    harness.answer(3, chain: 2, log: 1...3, shiftedBy: 5)
    #expect(harness.told() == ["deliver 6", "deliver 7", "deliver 8", "repaired: 3"])
  }

  @Test func `what a new bus had and has no more is told once more`() {
    var harness = SequencerHarness.live()
    harness.reconnect(bus: 2)
    _ = harness.take()
    harness.answer(3, chain: 2, log: 2...3, shiftedBy: 5)
    #expect(
      harness.told() == ["missed room 0", "deliver 7", "deliver 8", "repaired: 2", "missed: 1"])
  }

  @Test func `what came live from the first on misses nothing on a new bus`() {
    var harness = SequencerHarness.live()
    harness.reconnect(bus: 2)
    _ = harness.take()
    harness.receive(1, chain: 2, as: 6)
    harness.answer(1, chain: 2, log: 1...1, shiftedBy: 5)
    #expect(harness.told() == ["deliver 6", "repaired: 1"])
  }

  @Test func `a bus that was set back is noticed by a letter that there was no room for, too`() {
    var harness = SequencerHarness.live { $0.heldEntriesMax = 1 }
    harness.reconnect()
    harness.receive(6)
    harness.receive(7)
    harness.answer(7)
    #expect(harness.told().suffix(3) == ["missed room 0", "ask 7", "missed: 1"])
    harness.reconnect()
    _ = harness.take()
    harness.answer(8, log: 7...8, shiftedBy: 10)
    #expect(
      harness.told() == ["missed room 0", "deliver 17", "deliver 18", "repaired: 2", "missed: 1"])
  }

  @Test func `a bus that loses everything twice is told twice`() {
    var harness = SequencerHarness.live()
    harness.reconnect(bus: 2)
    harness.reconnect(bus: 3)
    #expect(harness.told().count { $0 == "missed room 0" } == 2)
    harness.answer(nil)
    #expect(harness.told() == [])
  }

  @Test(arguments: [true, false])
  func `whoever listens while the first attempts fail has missed something`(isBefore: Bool) {
    var harness = SequencerHarness()
    if isBefore { harness.sequencer.follow(SequencerHarness.topic) }
    harness.sequencer.disconnected()
    if !isBefore { harness.sequencer.follow(SequencerHarness.topic) }
    harness.sequencer.disconnected()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.subscribed(SequencerHarness.topic)
    harness.answer(5)
    #expect(harness.told() == ["subscribe room", "ask where", "missed room 0", "missed: 1"])
  }

  @Test func `the first connection is told to nobody`() {
    var harness = SequencerHarness()
    harness.sequencer.follow(room)
    harness.sequencer.connected(bus: 1)
    harness.sequencer.subscribed(room)
    _ = harness.take()
    harness.answer(7)
    #expect(harness.told().isEmpty)
  }

  @Test func `who began to listen while the bus was away is told`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.disconnected()
    harness.sequencer.follow(room)
    harness.sequencer.connected(bus: 1)
    harness.sequencer.subscribed(room)
    #expect(harness.told() == ["subscribe room", "ask where"])
    harness.answer(7)
    #expect(harness.told() == ["missed room 0", "missed: 1"])
  }

  @Test func `who listened while the first question was lost is told`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(room)
    harness.sequencer.subscribed(room)
    harness.receive(4)
    harness.reconnect()
    _ = harness.take()
    #expect(harness.sequencer.heldEntries == 0)
    harness.answer(4)
    #expect(harness.told() == ["missed room 0", "missed: 1"])
  }

  @Test func `topics are subscribed again in the order in which they were followed`() {
    var harness = SequencerHarness()
    let names = (0..<50).map { "g\($0)" }
    for name in names { harness.sequencer.follow(Name(name)) }
    harness.sequencer.connected(bus: 1)
    #expect(harness.told() == names.map { "subscribe \($0)" })
  }

  // MARK: changes of mind

  @Test func `following twice is following once`() {
    var harness = SequencerHarness.live()
    harness.sequencer.follow(room)
    harness.receive(6)
    #expect(harness.told() == ["deliver 6"])
  }

  @Test func `what is not followed is not delivered`() {
    var harness = SequencerHarness.live()
    harness.sequencer.unfollow(room)
    harness.sequencer.unfollow(room)
    harness.receive(6)
    harness.sequencer.subscribed(room)
    harness.answer(6)
    harness.sequencer.unanswered(room)
    #expect(harness.told() == ["unsubscribe room"])
  }

  @Test func `an answer to an earlier subscription is not taken for that to the last`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(room)
    harness.sequencer.subscribed(room)
    harness.sequencer.unfollow(room)
    harness.sequencer.follow(room)
    #expect(
      harness.told() == ["subscribe room", "ask where", "unsubscribe room", "subscribe room"])
    harness.receive(3)
    harness.sequencer.subscribed(room)
    #expect(harness.told() == ["ask where"])
    harness.answer(3)
    harness.receive(5)
    #expect(harness.told().isEmpty)
    harness.answer(4)
    #expect(harness.told() == ["deliver 5"])
  }

  @Test func `of several subscriptions the last one counts`() {
    var harness = SequencerHarness()
    harness.sequencer.connected(bus: 1)
    for _ in 0..<3 {
      harness.sequencer.follow(room)
      harness.sequencer.unfollow(room)
    }
    harness.sequencer.follow(room)
    _ = harness.take()
    for _ in 0..<3 { harness.sequencer.subscribed(room) }
    #expect(harness.told().isEmpty)
    harness.sequencer.subscribed(room)
    #expect(harness.told() == ["ask where"])
  }

  @Test func `what was asked before the connection was lost is no answer after it`() {
    var harness = SequencerHarness.live()
    harness.receive(8)
    harness.sequencer.disconnected()
    harness.sequencer.connected(bus: 1)
    harness.answer(8, log: 5...8)
    harness.receive(9)
    #expect(harness.told() == ["ask 5", "subscribe room"])
  }

  // MARK: nonsense

  @Test(arguments: [
    TopicAnswer(position: nil, firstNumber: 1, letters: [SequencerHarness.letter(1)]),
    TopicAnswer(position: Position(chain: 1, number: 0), firstNumber: 0, letters: []),
    TopicAnswer(
      position: Position(chain: 1, number: 8), firstNumber: 8,
      letters: [SequencerHarness.letter(8), SequencerHarness.letter(9)]),
    TopicAnswer(
      position: Position(chain: 1, number: 0), firstNumber: .max,
      letters: [SequencerHarness.letter(8), SequencerHarness.letter(9)]),
    TopicAnswer(
      position: Position(chain: 1, number: 1), firstNumber: 0,
      letters: [SequencerHarness.letter(8), SequencerHarness.letter(9)]),
  ])
  func `an answer that contradicts itself is none`(_ answer: TopicAnswer) {
    var harness = SequencerHarness.live()
    harness.receive(8)
    _ = harness.take()
    harness.sequencer.answered(answer, for: room)
    #expect(harness.told() == ["missed room 0", "deliver 8", "foreign: 1", "missed: 1"])
  }

  @Test func `a letter without a number is none of ours`() {
    var harness = SequencerHarness.live()
    harness.receive(0)
    #expect(harness.told() == ["foreign: 1"])
  }

  @Test func `behind the last number there is none`() {
    var harness = SequencerHarness.live(at: .max - 1)
    harness.receive(.max)
    harness.receive(1)
    #expect(harness.told() == ["deliver \(UInt64.max)", "duplicates: 1"])
    harness.reconnect()
    #expect(harness.told().last == "ask \(UInt64.max)")
    harness.answer(.max, log: .max ... .max)
    #expect(harness.told().isEmpty)
  }

  @Test func `no input whatever traps, and none is held for good`() {
    var numbers = SeededNumbers()
    let values: [UInt64] = [0, 1, 2, 3, 4, .max - 1, .max]
    let names = [Name("a"), Name("b")]
    var harness = SequencerHarness {
      $0.heldEntriesMax = 4
      $0.sendersPerTopicMax = 2
      $0.queueEntriesMax = 3
    }
    for _ in 0..<50_000 {
      let name = names[numbers.below(2)]
      func value() -> UInt64 { values[numbers.below(values.count)] }
      func letter() -> Letter { Letter(sender: value(), number: value(), contents: [1]) }
      func position() -> Position { Position(chain: value(), number: value()) }
      switch numbers.below(14) {
      case 0: harness.sequencer.follow(name)
      case 1: if numbers.below(3) == 0 { harness.sequencer.unfollow(name) }
      case 2: if numbers.below(4) == 0 { harness.sequencer.disconnected() }
      case 3: harness.sequencer.connected(bus: UInt64(numbers.below(2)))
      case 4, 5: harness.sequencer.subscribed(name)
      case 6, 7, 8:
        let letters = (0..<numbers.below(4)).map { _ in letter() }
        let position = numbers.below(5) == 0 ? nil : position()
        var first = value()
        if numbers.below(2) == 0, let position {
          first = position.number &- UInt64(letters.count) &+ 1
        }
        harness.sequencer.answered(
          TopicAnswer(position: position, firstNumber: first, letters: letters), for: name)
      case 9: if numbers.below(4) == 0 { harness.sequencer.unanswered(name) }
      case 10: harness.sequencer.publish([1, 2], to: name)
      case 11: harness.sequencer.published(value())
      case 12: harness.sequencer.refused(value())
      default: harness.sequencer.received(letter(), at: position(), in: name)
      }
      #expect(harness.sequencer.heldEntries <= 4, "COVEY_SEED=\(SeededNumbers.seed)")
      _ = harness.take()
    }
    for name in names { harness.sequencer.unfollow(name) }
    #expect(harness.sequencer.heldEntries == 0 && harness.sequencer.heldBytes == 0)
  }
}
