@testable import CoveyCore

/// A sequencer with one topic to look at, spoken to in few words.
struct SequencerHarness {
  static let topic = Name("room")
  static let own: UInt64 = 1

  var sequencer: Sequencer
  private var topic: Name { Self.topic }

  init(_ change: (inout Sequencer.Limits) -> Void = { _ in }) {
    var limits = Sequencer.Limits()
    change(&limits)
    sequencer = Sequencer(sender: Self.own, limits: limits)
  }

  /// Connected, following the topic, live at the number 5 of chain 1.
  static func live(at number: UInt64 = 5, _ change: (inout Sequencer.Limits) -> Void = { _ in })
    -> SequencerHarness
  {
    var harness = SequencerHarness(change)
    harness.sequencer.connected(bus: 1)
    harness.sequencer.follow(topic)
    harness.sequencer.subscribed(topic)
    harness.answer(number)
    _ = harness.take()
    return harness
  }

  mutating func take() -> [Sequencer.Output] { sequencer.takeOutputs() }

  /// What it had to say, in short: `deliver a`, `ask 5`, `missed`, `duplicates 1`.
  mutating func told() -> [String] { take().map(Self.text) }

  static func text(_ output: Sequencer.Output) -> String {
    switch output {
    case .subscribe(let topic): "subscribe \(topic.text)"
    case .unsubscribe(let topic): "unsubscribe \(topic.text)"
    case .publish(let letter, let topic):
      "publish \(letter.number) \(String(decoding: letter.contents, as: UTF8.self)) \(topic.text)"
    case .ask(_, let since): "ask \(since.map { "\($0)" } ?? "where")"
    case .deliver(let contents, _): "deliver \(String(decoding: contents, as: UTF8.self))"
    case .gap(let gap):
      "\(gap.kind) \(gap.groups.map(\.text).joined(separator: ",")) \(gap.count)"
    case .counted(let counter, let number): "\(counter.label): \(number)"
    }
  }

  /// The letter that the others send with this number: each has one sender's number of its own.
  static func letter(_ number: UInt64, sender: UInt64 = 9) -> Letter {
    Letter(sender: sender, number: number, contents: Array("\(number)".utf8))
  }

  mutating func receive(
    _ number: UInt64, chain: UInt64 = 1, sender: UInt64 = 9, as letter: UInt64? = nil
  ) {
    sequencer.received(
      Self.letter(letter ?? number, sender: sender), at: Position(chain: chain, number: number),
      in: topic)
  }

  /// The bus stands at a number, and has the letters of a range.
  mutating func answer(
    _ number: UInt64?, chain: UInt64 = 1, log: ClosedRange<UInt64>? = nil,
    shiftedBy shift: UInt64 = 0
  ) {
    sequencer.answered(
      TopicAnswer(
        position: number.map { Position(chain: chain, number: $0) },
        firstNumber: log?.lowerBound ?? 1,
        letters: (log.map(Array.init) ?? []).map { Self.letter($0 + shift) }),
      for: topic)
  }

  /// The connection is lost and made again, and all of it is subscribed.
  mutating func reconnect(bus: UInt64 = 1) {
    sequencer.disconnected()
    sequencer.connected(bus: bus)
    sequencer.subscribed(topic)
  }
}
