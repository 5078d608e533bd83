import CoveyCore

/// A process on the bus: the sequencer under test, and what is known of it.
final class BusProcess {
  let sender: UInt64
  var sequencer: Sequencer
  var line: BusLine?
  var listening: [Listening?]
  var hasConnected = false
  var attempts: UInt64 = 0
  var published: UInt64 = 0
  var unsent: UInt64 = 0
  /// As the gaps tell it.
  var unsentTold: UInt64 = 0

  init(sender: UInt64, topics: Int, limits: Sequencer.Limits) {
    self.sender = sender
    sequencer = Sequencer(sender: sender, limits: limits)
    listening = Array(repeating: nil, count: topics)
  }

  var name: String { "p\(sender)" }
}
