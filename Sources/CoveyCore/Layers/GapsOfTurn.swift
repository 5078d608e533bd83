/// Gaps of one kind, put together until they are told.
struct GapsOfTurn {
  private(set) var groups: [Name] = []
  /// Messages of each group, in the same order; 0: unknown.
  private(set) var counts: [UInt64] = []
  private var places: [Name: Int] = [:]

  /// Of all groups; 0 when that of one is unknown.
  var count: UInt64 { counts.contains(0) ? 0 : counts.reduce(0, &+) }

  mutating func add(_ gap: LayerGap) {
    // One message for each time that a group is named, or all of them for the only one.
    let each =
      gap.groups.count == 1 ? gap.count : gap.count == UInt64(gap.groups.count) ? 1 : 0
    for group in gap.groups {
      if let place = places[group] {
        counts[place] = counts[place] == 0 || each == 0 ? 0 : counts[place] &+ each
      } else {
        places[group] = groups.count
        groups.append(group)
        counts.append(each)
      }
    }
  }
}
