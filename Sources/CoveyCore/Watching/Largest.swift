/// The few largest of many, largest first, without sorting the many.
///
/// Most of the many are compared with the least of those kept, and no more. Those that pass are
/// collected, and cut down to the largest when there are twice as many as wanted. Of equals, those
/// that came first are kept.
struct Largest {
  private let limit: Int
  private var kept: ContiguousArray<Entry> = []
  /// What is not larger is not among the largest any more.
  private var least = -1

  private struct Entry {
    let size: Int
    let position: Int

    func isBefore(_ other: Entry) -> Bool {
      size != other.size ? size > other.size : position < other.position
    }
  }

  init(_ limit: Int) { self.limit = max(0, limit) }

  /// Offers one; positions are offered in rising order.
  mutating func offer(_ size: Int, at position: Int) {
    guard size > least, limit > 0 else { return }
    kept.append(Entry(size: size, position: position))
    if kept.count >= 2 &* limit { cut() }
  }

  /// The positions of the largest.
  var positions: [Int] { kept.sorted { $0.isBefore($1) }.prefix(limit).map(\.position) }

  private mutating func cut() {
    var low = 0
    var high = kept.count &- 1
    // Parts around a middle one, in which the limit's place lies, become smaller and smaller.
    while low < high {
      let middle = middle(kept[low], kept[(low &+ high) / 2], kept[high])
      var left = low
      var right = high
      while left <= right {
        while kept[left].isBefore(middle) { left &+= 1 }
        while middle.isBefore(kept[right]) { right &-= 1 }
        guard left <= right else { break }
        kept.swapAt(left, right)
        left &+= 1
        right &-= 1
      }
      if limit &- 1 <= right {
        high = right
      } else if limit &- 1 >= left {
        low = left
      } else {
        break
      }
    }
    kept.removeLast(kept.count &- limit)
    least = kept.reduce(.max) { min($0, $1.size) }
  }

  private func middle(_ one: Entry, _ two: Entry, _ three: Entry) -> Entry {
    let (first, second) = one.isBefore(two) ? (one, two) : (two, one)
    return three.isBefore(first) ? first : three.isBefore(second) ? three : second
  }
}
