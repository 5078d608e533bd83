/// Gaps of one kind, put together until the end of a turn.
struct GapsOfTurn {
  private(set) var groups: [Name] = []
  private(set) var count: UInt64 = 0
  private var known: Set<Name> = []
  private var isCounted = true

  mutating func add(_ gap: LayerGap) {
    for group in gap.groups where known.insert(group).inserted { groups.append(group) }
    // One that could not be counted makes the sum unknown.
    isCounted = isCounted && gap.count > 0
    count = isCounted ? count &+ gap.count : 0
  }
}
