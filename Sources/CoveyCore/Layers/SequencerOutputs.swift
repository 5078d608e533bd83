/// What a sequencer wants done, in order; what it counted and could not send, summed up.
struct SequencerOutputs {
  private var list: [Sequencer.Output] = []
  private var counts = [UInt64](repeating: 0, count: LayerCounter.allCases.count)
  private var hasCounts = false
  private var unsentTopics: [Name] = []
  private var unsentCounts: [Name: UInt64] = [:]

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
    if unsentCounts[topic] == nil { unsentTopics.append(topic) }
    unsentCounts[topic, default: 0] &+= 1
    count(.unsent)
  }

  mutating func take() -> [Sequencer.Output] {
    if !unsentTopics.isEmpty {
      for topic in unsentTopics {
        append(.gap(LayerGap(.unsent, [topic], count: unsentCounts[topic] ?? 0)))
      }
      unsentTopics = []
      unsentCounts = [:]
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
