/// Who is in which group.
///
/// A group is a plain array of members, so that sending walks memory in order; each consumer knows
/// its position in each of its groups, so that leaving moves one other member and no more.
struct GroupTable {
  struct Group {
    var name: Name
    var members: ContiguousArray<ConsumerID> = []
  }

  private var positions: [Name: Int] = [:]
  private var groups: ContiguousArray<Group> = []
  private var free: [Int] = []

  /// Groups with at least one member.
  var count: Int { positions.count }

  func position(of name: Name) -> Int? { positions[name] }

  func members(of name: Name) -> ContiguousArray<ConsumerID> {
    positions[name].map { groups[$0].members } ?? []
  }

  /// The groups with most members, largest first.
  func largest(_ limit: Int) -> [(name: Name, count: Int)] {
    var largest = Largest(limit)
    for position in groups.indices where !groups[position].members.isEmpty {
      largest.offer(groups[position].members.count, at: position)
    }
    return largest.positions.map { (groups[$0].name, groups[$0].members.count) }
  }

  /// Adds a member that is not in the group yet; returns where it stands.
  mutating func add(_ id: ConsumerID, to name: Name) -> Membership {
    let position = positions[name] ?? open(name)
    groups[position].members.append(id)
    return Membership(
      group: Int32(truncatingIfNeeded: position),
      place: Int32(truncatingIfNeeded: groups[position].members.count &- 1))
  }

  /// The group that is gone once this member has left; nil when others are in it.
  func closed(by membership: Membership) -> Name? {
    let position = Int(membership.group)
    return groups[position].members.count == 1 ? groups[position].name : nil
  }

  /// Takes a member out. Returns who took its place, to be told, if anybody.
  mutating func remove(_ membership: Membership) -> ConsumerID? {
    let position = Int(membership.group)
    let place = Int(membership.place)
    let last = groups[position].members.count &- 1
    let moved = groups[position].members[last]
    groups[position].members[place] = moved
    groups[position].members.removeLast()
    if last == 0 { close(position) }
    return place == last ? nil : moved
  }

  private mutating func open(_ name: Name) -> Int {
    let position = free.popLast() ?? groups.count
    if position == groups.count {
      groups.append(Group(name: name))
    } else {
      groups[position].name = name
    }
    positions[name] = position
    return position
  }

  private mutating func close(_ position: Int) {
    positions[groups[position].name] = nil
    groups[position] = Group(name: Name(""))
    free.append(position)
  }
}

/// A consumer's place in one group.
struct Membership {
  let group: Int32
  var place: Int32
}
