import Testing

@testable import CoveyCore

/// The last endings are kept, and no more of them.
struct PastEndingsTests {
  private func ids(of endings: PastEndings) -> [UInt64] {
    endings.newestFirst.map(\.consumer.raw)
  }

  @Test(arguments: [
    (3, 0, []), (3, 2, [2, 1]), (3, 3, [3, 2, 1]), (3, 4, [4, 3, 2]), (3, 7, [7, 6, 5]),
    (1, 5, [5]), (0, 5, []),
  ])
  func `the newest come first`(_ limit: Int, _ count: Int, _ kept: [UInt64]) {
    var endings = PastEndings(limit)
    for number in 0..<count {
      endings.add(
        PastEndings.Entry(
          at: 0, consumer: ConsumerID(raw: UInt64(number) + 1), channel: 0, peer: [], user: nil,
          ending: .lost, ageMilliseconds: 0))
    }
    #expect(ids(of: endings) == kept)
  }
}
