/// What a sequencer wants done, in order; what it counted and could not send, summed up.
struct SequencerOutputs {
  private var list: [Sequencer.Output] = []
  private var counts = [UInt64](repeating: 0, count: LayerCounter.allCases.count)
  private var hasCounts = false
  private var unsentTopics: [Name] = []
  private var unsentSet: Set<Name> = []
  private var unsentCount: UInt64 = 0

  mutating func append(_ output: Sequencer.Output) { list.append(output) }

  mutating func count(_ counter: LayerCounter, by number: UInt64 = 1) {
    counts[counter.rawValue] &+= number
    hasCounts = true
  }

  mutating func missed(_ topics: [Name]) {
    guard !topics.isEmpty else { return }
    append(.gap(LayerGap(.missed, topics)))
    count(.missed, by: UInt64(topics.count))
  }

  mutating func unsent(_ topic: Name) {
    if unsentSet.insert(topic).inserted { unsentTopics.append(topic) }
    unsentCount &+= 1
    count(.unsent)
  }

  mutating func take() -> [Sequencer.Output] {
    if unsentCount > 0 {
      append(.gap(LayerGap(.unsent, unsentTopics, count: unsentCount)))
      unsentTopics = []
      unsentSet = []
      unsentCount = 0
    }
    if hasCounts {
      for counter in LayerCounter.allCases where counts[counter.rawValue] > 0 {
        append(.counted(counter, counts[counter.rawValue]))
        counts[counter.rawValue] = 0
      }
      hasCounts = false
    }
    var taken: [Sequencer.Output] = []
    swap(&taken, &list)
    return taken
  }
}
