// All that can be seen from an anchor, encoded once for each audience.
extension Store {
  /// Adds what a client that begins is sent: the rows of each anchor, and the ends of them. One
  /// that came back may hold rows that are out of date.
  func appendSnapshots(
    of view: View, _ anchors: some Collection<InstanceID>, model: Int,
    to frames: inout ContiguousArray<Frame>
  ) {
    // The first row that RxDjango's client of a list sees decides what its anchors are.
    if view.key.dialect == .many { frames.append(rootDeletion(model)) }
    if view.key.isStale { appendClearing(of: view, to: &frames) }
    let owner = owner(view.key.user) ?? 0
    var rest = anchors.count
    for id in anchors {
      rest -= 1
      guard let slot = slot(model, id), let scope = instances[slot].links?.scope else { continue }
      if isVisible(scope.anchor, owner) {
        frames.append(contentsOf: snapshot(scope, owner, view.key.dialect).frames)
      } else if view.key.dialect == .single {
        // It was there when this client came.
        var news = News(self, audience(view), view.scopes, isSnapshot: true)
        news.retractKnown(scope.anchor)
        frames.append(contentsOf: news.finish(cursor: 0))
      }
      let cursor = rest == 0 ? version : 0
      frames.append(Self.endMarker(cursor).asState(cursor: cursor))
    }
    if anchors.isEmpty { frames.append(Self.endMarker(version).asState(cursor: version)) }
  }

  /// Says of an anchor that never is that it is gone.
  func rootDeletion(_ model: Int) -> Frame {
    writer.reset()
    writer.append("[{\"id\":0,")
    writer.append(schema.entries[model].typeMember)
    writer.append(",\"_operation\":\"delete\"}]")
    return writer.frame().asState(cursor: 0)
  }

  /// Adds the rows of anchors that a client comes to follow.
  func appendRows(
    of anchors: some Sequence<InstanceID>, model: Int, view: View, seenBefore former: View,
    to frames: inout ContiguousArray<Frame>
  ) {
    let owner = owner(view.key.user) ?? 0
    if view.key.isStale { appendFreshRows(of: anchors, model, view, former, &frames) }
    for id in anchors {
      guard let slot = slot(model, id), let scope = instances[slot].links?.scope else { continue }
      frames.append(contentsOf: snapshot(scope, owner, view.key.dialect).frames)
    }
  }

  /// Says of anchors that they are none, for clients of RxDjango that may have known them before do
  /// not take them up again otherwise.
  func appendAnchorRetraction(
    of anchors: some Sequence<InstanceID>, _ model: Int, _ view: View,
    to frames: inout ContiguousArray<Frame>
  ) {
    guard view.key.dialect == .many else { return }
    var news = News(self, audience(view), view.scopes, isSnapshot: true)
    for id in anchors {
      if let slot = slot(model, id) { news.retractAnchor(Int32(truncatingIfNeeded: slot)) }
    }
    frames.append(contentsOf: news.finish(cursor: 0))
  }

  /// Before the rows of new anchors: those that such a client does not see yet, as if they entered.
  private func appendFreshRows(
    of anchors: some Sequence<InstanceID>, _ model: Int, _ view: View, _ former: View,
    _ frames: inout ContiguousArray<Frame>
  ) {
    let owner = owner(view.key.user) ?? 0
    var rows: ContiguousArray<Int32> = []
    for id in anchors {
      guard let slot = slot(model, id), let scope = instances[slot].links?.scope else { continue }
      rows.append(contentsOf: walk(scope, owner).dropFirst())
    }
    stampLayers(of: former.scopes, owner: owner)
    let fresh = Set(rows).filter { !isMember(Int($0)) }
    stampLayers(of: view.scopes, owner: owner)
    var news = News(self, audience(view), view.scopes, isSnapshot: true)
    news.tell(
      entering: leafFirst(ContiguousArray(fresh.sorted()), isFormer: false), changed: [],
      leaving: [])
    frames.append(contentsOf: news.finish(cursor: 0))
  }

  func snapshot(_ scope: Scope, _ owner: Int32, _ dialect: Dialect) -> Snapshot {
    let owned = owner == 0 ? nil : scope.owned[owner]
    let key = SnapshotKey(owned: owned ?? -1, dialect: dialect)
    if let known = scope.snapshots[key] { return known }
    let made = Snapshot(render(scope, owned == nil ? 0 : owner, dialect))
    // While changes are pending, more of them may come without a sign.
    if !scope.isDirty { scope.snapshots[key] = made }
    return made
  }

  /// The anchor first, then what it refers to, and so on.
  private func render(
    _ scope: Scope, _ owner: Int32, _ dialect: Dialect
  ) -> ContiguousArray<Frame> {
    let audience = Audience(owner: owner, dialect: dialect)
    // RxDjango's client says when it comes back how far it is, and that it is not new only so. This
    // is before all there is: who was cut off from here on can resume from nothing, and has rows.
    let begun = Audience(owner: owner, dialect: dialect, cursor: dialect == .own ? 0 : 1)
    var pieces = Pieces(writer, limit: limits.snapshotPieceBytes, isSnapshot: true)
    let root = instances[Int(scope.anchor)].model
    for slot in walk(scope, owner) {
      // RxDjango's clients take every first load of the anchors' type for an anchor.
      let isAnchor = slot == scope.anchor
      let isLikeAnchor = !isAnchor && instances[Int(slot)].model == root
      pieces.next()
      write(
        Int(slot), allFields(Int(slot)), isLikeAnchor ? .create : .initial,
        isAnchor ? begun : audience)
      noteNulls(Int(slot), allFields(Int(slot)), audience, &pieces)
    }
    pieces.close()
    return pieces.frames
  }

  /// What a user sees of a scope, near before far.
  func walk(_ scope: Scope, _ owner: Int32) -> ContiguousArray<Int32> {
    guard isVisible(scope.anchor, owner) else { return [] }
    lastMark &+= 1
    let seen = lastMark
    var found: ContiguousArray<Int32> = [scope.anchor]
    instances[Int(scope.anchor)].mark = seen
    var next = 0
    while next < found.count {
      let slot = Int(found[next])
      next += 1
      guard let links = instances[slot].links else { continue }
      for list in links.lists {
        for edge in list {
          let target = Int(edge.target)
          guard instances[target].mark != seen, isVisible(edge.target, owner) else { continue }
          instances[target].mark = seen
          found.append(edge.target)
        }
      }
    }
    return found
  }

  /// Remembers which relations of a row show null to RxDjango's clients.
  func noteNulls(_ slot: Int, _ mask: FieldMask, _ audience: Audience, _ pieces: inout Pieces) {
    guard audience.dialect != .own else { return }
    let entry = entry(slot)
    for (position, relation) in entry.relations.enumerated()
    where !relation.isMany && mask.contains(relation.field) {
      if showsNull(slot, position, audience.owner) {
        pieces.showsNull(schema.entries[relation.target].typeMember)
      }
    }
  }

  /// Adds what a client is told that gives up anchors: they are gone, and with them every row that
  /// it sees no more.
  func appendRetraction(
    of anchors: some Sequence<InstanceID>, model: Int, from former: View, to view: View,
    frames: inout ContiguousArray<Frame>
  ) {
    let owner = owner(former.key.user) ?? 0
    _ = stampVersion()
    var given: ContiguousArray<Int32> = []
    var rows: ContiguousArray<Int32> = []
    var seen: Set<Int32> = []
    for id in anchors {
      guard let slot = slot(model, id), let scope = instances[slot].links?.scope else { continue }
      given.append(scope.anchor)
      for member in walk(scope, owner) where seen.insert(member).inserted { rows.append(member) }
    }
    stampLayers(of: view.scopes, owner: owner)
    let leaving = rows.filter { !isMember(Int($0)) && !given.contains($0) }
    var news = News(self, audience(view), former.scopes, isSnapshot: true)
    news.tell(
      entering: [], changed: [],
      leaving: leafFirst(ContiguousArray(leaving), isFormer: false) + given)
    // No anchors any more, but still referred to by others.
    for slot in given where isMember(Int(slot)) { news.reenter(slot) }
    frames.append(contentsOf: news.finish(cursor: 0))
  }

  /// Adds what makes a client of RxDjango forget what it takes to refer to the rows that it is
  /// about to be sent whole.
  private func appendClearing(of view: View, to frames: inout ContiguousArray<Frame>) {
    let owner = owner(view.key.user) ?? 0
    var seen: Set<Int32> = []
    var rows: ContiguousArray<Int32> = []
    for scope in view.scopes {
      for slot in walk(scope, owner) where seen.insert(slot).inserted { rows.append(slot) }
    }
    var news = News(self, audience(view), view.scopes, isSnapshot: true)
    news.clear(rows)
    frames.append(contentsOf: news.finish(cursor: 0))
  }
}
