import SeededNumbers
import Testing

@testable import CoveyCore

/// Compares groups with a dictionary of sets, through the hub, which keeps the places.
struct GroupTableTests {
  @Test func `random joins and leaves agree with a dictionary of sets`() throws {
    var numbers = SeededNumbers()
    let hub = try Hub.public()
    let names = (0..<12).map { Name("g\($0)") }
    var consumers: [ConsumerID] = (0..<30).map { _ in hub.connect() }
    var model: [Name: Set<ConsumerID>] = [:]
    for step in 0..<20_000 {
      let position = numbers.below(consumers.count)
      let (id, name) = (consumers[position], names[numbers.below(names.count)])
      switch numbers.below(20) {
      case 0:
        hub.end(id)
        consumers[position] = hub.connect()
        for name in names { model[name]?.remove(id) }
      case 1..<10:
        try hub.discard(id, from: name)
        model[name]?.remove(id)
      default:
        try hub.add(id, to: name)
        model[name, default: []].insert(id)
      }
      let members = hub.memberList(of: name)
      let expected = model[name] ?? []
      guard members.count == expected.count, Set(members) == expected,
        hub.memberCount(of: name) == expected.count,
        hub.statistics.groups == UInt64(model.values.count { !$0.isEmpty })
      else {
        Issue.record("COVEY_SEED=\(SeededNumbers.seed) step \(step): \(name.text)")
        return
      }
    }
  }

  @Test func `every member but the last moves the last into its place`() {
    for leaving in 0..<4 {
      var table = GroupTable()
      let ids = (0..<4).map { ConsumerID(slot: $0, generation: 1) }
      let places = ids.map { table.add($0, to: Name("g")) }
      #expect(table.remove(places[leaving]) == (leaving == 3 ? nil : ids[3]))
      #expect(Set(table.members(of: Name("g"))) == Set(ids).subtracting([ids[leaving]]))
      if leaving < 3 { #expect(table.members(of: Name("g"))[leaving] == ids[3]) }
    }
  }

  @Test func `an emptied group is forgotten and its place used again`() {
    var table = GroupTable()
    let id = ConsumerID(slot: 0, generation: 1)
    let first = table.add(id, to: Name("a"))
    #expect(table.remove(first) == nil)
    #expect(table.count == 0)
    #expect(table.position(of: Name("a")) == nil)
    #expect(table.add(id, to: Name("b")).group == first.group)
    #expect(table.members(of: Name("a")).isEmpty)
  }
}
