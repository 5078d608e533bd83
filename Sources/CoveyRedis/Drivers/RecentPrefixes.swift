/// The random bytes that the last messages of a mailbox began with: what comes twice is dropped.
struct RecentPrefixes {
  private static let countMax = 4_096
  private var known: Set<[UInt8]> = []
  private var ring: [[UInt8]] = []
  private var next = 0

  /// Whether it is new.
  mutating func insert(_ prefix: ArraySlice<UInt8>) -> Bool {
    let prefix = Array(prefix)
    guard known.insert(prefix).inserted else { return false }
    if ring.count < Self.countMax {
      ring.append(prefix)
    } else {
      known.remove(ring[next])
      ring[next] = prefix
      next = (next + 1) % Self.countMax
    }
    return true
  }
}
