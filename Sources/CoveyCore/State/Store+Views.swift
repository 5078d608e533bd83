// Who follows what: scopes are made when somebody comes, and outlive a short absence.
extension Store {
  /// Anchors that somebody follows, or did a moment ago.
  package var scopeCount: Int { layers.count { $0.scope != nil && $0.owner == 0 } }

  /// Joins those who follow these anchors as this audience; tells where it stands there.
  func join(
    _ id: ConsumerID, anchors: some Sequence<Int>, user: Name?, dialect: Dialect, isStale: Bool
  ) -> View {
    var places = Array(Set(anchors)).map { Int32(truncatingIfNeeded: $0) }
    places.sort()
    let hasOwners = places.contains { entry(Int($0)).reachesOwners }
    let key = View.Key(
      anchors: places, user: hasOwners ? user : nil, dialect: dialect,
      isStale: isStale && dialect != .own && places.contains { entry(Int($0)).reachesOnes })
    let view = views[key] ?? open(key)
    view.members.append(id)
    view.leftAt = nil
    return view
  }

  private func open(_ key: View.Key) -> View {
    var scopes: ContiguousArray<Scope> = []
    for place in key.anchors {
      let scope = scope(of: Int(place))
      scope.leftAt = nil
      scopes.append(scope)
    }
    // Whoever comes back needs more cures than whoever was there first, but is the same audience.
    let sibling = View.Key(
      anchors: key.anchors, user: key.user, dialect: key.dialect, isStale: !key.isStale)
    let former = views[sibling]
    let view = View(
      key, scopes, since: former?.since ?? version, isNew: former.map(\.isNew) ?? true)
    for scope in scopes { scope.views.append(view) }
    views[key] = view
    return view
  }

  /// Leaves; answers who took the place, if anybody, to be told.
  func leave(_ view: View, at place: Int, now: UInt64) -> ConsumerID? {
    let last = view.members.count &- 1
    guard place <= last else { return nil }
    let moved = view.members[last]
    view.members[place] = moved
    view.members.removeLast()
    if view.members.isEmpty { view.leftAt = now }
    return place == last ? nil : moved
  }

  /// The layers that a user sees of the scopes of a view: stamped, and counted by the stamp.
  func stampLayers(of scopes: ContiguousArray<Scope>, owner: Int32) {
    lastStamp &+= 1
    for scope in scopes {
      layers[Int(scope.common)].stamp = lastStamp
      if owner != 0, let owned = scope.owned[owner] { layers[Int(owned)].stamp = lastStamp }
    }
  }

  func isMember(_ slot: Int) -> Bool {
    guard let links = instances[slot].links else { return false }
    return links.memberships.contains {
      $0.count > 0 && layers[Int($0.layer)].stamp == lastStamp
    }
  }

  /// Whether an instance can be seen by who follows a view.
  func sees(_ view: View, _ model: Int, _ id: InstanceID) -> Bool {
    guard let slot = slot(model, id), instances[slot].row != nil else { return false }
    stampLayers(of: view.scopes, owner: owner(view.key.user) ?? 0)
    return isMember(slot)
  }

  /// Gives up views that nobody has followed since a time, and what hangs on them; only when
  /// nothing is pending. Our own clients have sessions, and longer to come back.
  func closeViews(ownLeftBefore own: UInt64, othersLeftBefore others: UInt64) {
    var isChanged = false
    for (key, view) in views {
      let time = key.dialect == .own ? own : others
      guard let leftAt = view.leftAt, leftAt < time, view.members.isEmpty else { continue }
      views[key] = nil
      isChanged = true
      for scope in view.scopes {
        scope.views.removeAll { $0 === view }
        if scope.views.isEmpty { close(scope) }
      }
    }
    if isChanged { forgetIdle() }
  }

  /// Drops what came through a load and was followed by nobody since a time; who keeps it elsewhere
  /// is not told.
  func dropLoaded(leftBefore time: UInt64) {
    var candidates: ContiguousArray<(slot: Int32, at: UInt64)> = []
    swap(&candidates, &unfollowed)
    let wasTold = isToldOfChanges
    isToldOfChanges = false
    beginCommit()
    for candidate in candidates {
      let slot = Int(candidate.slot)
      guard instances[slot].isLoaded, instances[slot].row != nil,
        instances[slot].links?.memberships.isEmpty ?? true
      else { continue }
      if candidate.at < time { delete(slot) } else { unfollowed.append(candidate) }
    }
    isToldOfChanges = wasTold
    forgetIdle()
  }
}
