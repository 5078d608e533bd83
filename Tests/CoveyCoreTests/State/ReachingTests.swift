import SeededNumbers
import Testing

@testable import CoveyCore

/// Who is in which scope, against a search from the anchor, over random changes with circles.
struct ReachingTests {
  private static func schema() throws -> Schema {
    try Schema([
      Model(
        "r.Node", .integer,
        [
          Field("next", .one(model: "r.Node"), isNullable: true),
          Field("children", .many(model: "r.Node", inverse: nil)),
          Field("parent", .integer, isNullable: true),
          Field("kids", .many(model: "r.Node", inverse: "parent")),
          Field("owner", .string, isNullable: true),
        ], owner: "owner")
    ])
  }

  private static let users = ["ann", "bob"]
  private static let count = 9

  private struct Row {
    var next: Int?
    var children: [Int] = []
    var parent: Int?
    var owner: String?
  }

  /// What a user sees of an anchor.
  private func search(_ rows: [Int: Row], from anchor: Int, _ user: String) -> Set<Int> {
    func isVisible(_ id: Int) -> Bool {
      rows[id].map { $0.owner == nil || $0.owner == user } ?? false
    }
    var found: Set<Int> = []
    var waiting = [anchor]
    while let id = waiting.popLast() {
      guard isVisible(id), let row = rows[id], found.insert(id).inserted else { continue }
      if let next = row.next { waiting.append(next) }
      waiting += row.children
      waiting += rows.filter { $0.value.parent == id }.map(\.key)
    }
    return found
  }

  @Test func `the members of a scope are what can be reached, whatever happens`() throws {
    var numbers = SeededNumbers()
    for round in 0..<40 {
      let store = Store(try Self.schema(), limits: Limits())
      store.wallTime = 1
      var rows: [Int: Row] = [:]
      var views: [(anchor: Int, user: String, View)] = []
      for step in 0..<150 {
        try change(store, &rows, &numbers)
        if step % 25 == 5 {
          let anchor = numbers.below(Self.count)
          let user = Self.users[numbers.below(2)]
          let place = store.place(0, .integer(Int64(anchor)))
          views.append(
            (
              anchor, user,
              store.join(
                ConsumerID(raw: UInt64(step + 1)), anchors: [place], user: Name(user),
                dialect: .own, isStale: false)
            ))
        }
        if numbers.below(3) == 0 { store.settle { _, _ in } }
        for (anchor, user, view) in views {
          let expected = search(rows, from: anchor, user)
          let got = Set((0..<Self.count).filter { store.sees(view, 0, .integer(Int64($0))) })
          #expect(
            got == expected,
            "seed \(SeededNumbers.seed), round \(round), step \(step), anchor \(anchor), \(user)")
          guard got == expected else { return }
        }
      }
    }
  }

  private func change(
    _ store: Store, _ rows: inout [Int: Row], _ numbers: inout SeededNumbers
  ) throws {
    var changes: [Store.Change] = []
    for _ in 0...numbers.below(3) {
      let id = numbers.below(Self.count)
      if numbers.below(4) == 0 {
        rows[id] = nil
        changes.append(.delete(model: 0, .integer(Int64(id))))
        continue
      }
      var row = Row()
      if numbers.below(2) == 0 { row.next = numbers.below(Self.count) }
      if numbers.below(3) == 0 { row.parent = numbers.below(Self.count) }
      for _ in 0..<numbers.below(3) { row.children.append(numbers.below(Self.count)) }
      if numbers.below(4) == 0 { row.owner = Self.users[numbers.below(2)] }
      rows[id] = row
      let next = row.next.map(String.init) ?? "null"
      let parent = row.parent.map(String.init) ?? "null"
      let owner = row.owner.map { "\"\($0)\"" } ?? "null"
      let json = """
        {"id":\(id),"next":\(next),"children":\(row.children),"parent":\(parent),"owner":\(owner)}
        """
      changes.append(
        .put(try Draft(store.schema, model: 0, Array(json.utf8).span, isMerge: false)))
    }
    try store.commit(changes)
  }
}
