import SeededNumbers
import Testing

@testable import CoveyCore

/// The largest of many are those that sorting would find.
struct LargestTests {
  @Test(arguments: [0, 1, 2, 7, 100, 1000])
  func `it finds what sorting finds`(_ limit: Int) {
    var numbers = SeededNumbers()
    for count in [0, 1, 3, 99, 500] {
      let sizes = (0..<count).map { _ in numbers.below(20) }
      var largest = Largest(limit)
      for (position, size) in sizes.enumerated() { largest.offer(size, at: position) }
      let sorted = sizes.indices.sorted {
        sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1
      }
      #expect(largest.positions == Array(sorted.prefix(limit)))
    }
  }

  @Test func `a limit that is none keeps nothing`() {
    var largest = Largest(-1)
    largest.offer(1, at: 0)
    #expect(largest.positions.isEmpty)
  }
}
