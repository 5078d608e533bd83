/// What all topics of a sequencer share.
struct SequencerCommons {
  /// Whose letters are our own.
  let sender: UInt64
  let limits: Sequencer.Limits
  var outputs = SequencerOutputs()
  private(set) var heldEntries = 0
  private(set) var heldBytes = 0

  init(sender: UInt64, limits: Sequencer.Limits) {
    self.sender = sender
    self.limits = limits
  }

  /// Takes room for a letter to be held, if there is any.
  mutating func takeRoom(for letter: Letter) -> Bool {
    let bytes = letter.contents.count
    guard heldEntries < limits.heldEntriesMax, bytes <= limits.heldBytesMax,
      heldBytes <= limits.heldBytesMax &- bytes
    else { return false }
    heldEntries &+= 1
    heldBytes &+= bytes
    return true
  }

  mutating func giveBackRoom(of held: HeldLetters) {
    heldEntries &-= held.entries.count
    heldBytes &-= held.bytes
  }
}
