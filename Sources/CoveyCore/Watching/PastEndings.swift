/// The last consumers that ended, for people who wonder why.
struct PastEndings {
  struct Entry {
    let at: UInt64
    let consumer: ConsumerID
    let channel: Int
    let peer: [UInt8]
    let user: String?
    let ending: Ending
    /// How long it was connected.
    let ageMilliseconds: UInt64
  }

  private let limit: Int
  private var entries: ContiguousArray<Entry> = []
  /// Where the next one goes once all places are taken.
  private var next = 0

  init(_ limit: Int) { self.limit = max(0, limit) }

  mutating func add(_ entry: Entry) {
    if entries.count < limit {
      entries.append(entry)
    } else if limit > 0 {
      entries[next] = entry
      next = (next &+ 1) % limit
    }
  }

  /// The last one first.
  var newestFirst: [Entry] { Array((entries[next...] + entries[..<next]).reversed()) }
}
