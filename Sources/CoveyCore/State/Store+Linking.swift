// References between instances, each known at both ends.
extension Store {
  /// Adds a reference; the scopes of the source gain the target.
  func link(_ source: Int, _ relation: Int, at place: Int, _ target: Int32) {
    keepFormer(source)
    let from = links(source)
    let to = links(Int(target))
    from.lists[relation].insert(
      Links.Edge(target: target, back: Int32(truncatingIfNeeded: to.referrers.count)), at: place)
    to.referrers.append(
      Links.Referrer(
        source: Int32(truncatingIfNeeded: source), relation: Int32(truncatingIfNeeded: relation),
        place: Int32(truncatingIfNeeded: place)))
    renumber(from, relation, from: place &+ 1)
    gain(source, target)
  }

  /// Takes a reference away; the scopes of the source may lose the target.
  func unlink(_ source: Int, _ relation: Int, at place: Int) {
    keepFormer(source)
    let from = links(source)
    let edge = from.lists[relation].remove(at: place)
    forget(edge)
    renumber(from, relation, from: place)
    lose(source, edge.target)
  }

  /// Puts other references in place of those there are; what is in both stays.
  func replace(_ source: Int, _ relation: Int, _ targets: ContiguousArray<Int32>) {
    if targets.isEmpty, instances[source].links == nil { return }
    keepFormer(source)
    let from = links(source)
    var old: ContiguousArray<Links.Edge> = []
    swap(&old, &from.lists[relation])
    var known: [Int32: Int32] = [:]
    for edge in old { known[edge.target] = edge.back }
    var new: ContiguousArray<Int32> = []
    for (place, target) in targets.enumerated() {
      let position = Int32(truncatingIfNeeded: place)
      if let back = known.removeValue(forKey: target) {
        from.lists[relation].append(Links.Edge(target: target, back: back))
        links(Int(target)).referrers[Int(back)].place = position
      } else {
        let to = links(Int(target))
        from.lists[relation].append(
          Links.Edge(target: target, back: Int32(truncatingIfNeeded: to.referrers.count)))
        to.referrers.append(
          Links.Referrer(
            source: Int32(truncatingIfNeeded: source),
            relation: Int32(truncatingIfNeeded: relation), place: position))
        new.append(target)
      }
    }
    var gone: ContiguousArray<Int32> = []
    for edge in old where known[edge.target] != nil {
      forget(edge)
      gone.append(edge.target)
    }
    exchange(source, gaining: new, losing: gone)
  }

  /// Takes an edge out of what its target knows, and tells the one that moved into its place.
  private func forget(_ edge: Links.Edge) {
    let to = links(Int(edge.target))
    let last = to.referrers.count &- 1
    let moved = to.referrers[last]
    to.referrers[Int(edge.back)] = moved
    to.referrers.removeLast()
    if Int(edge.back) != last {
      links(Int(moved.source)).lists[Int(moved.relation)][Int(moved.place)].back = edge.back
    }
    if to.referrers.isEmpty { idle.append(edge.target) }
  }

  private func renumber(_ from: Links, _ relation: Int, from start: Int) {
    guard start < from.lists[relation].count else { return }
    for place in start..<from.lists[relation].count {
      let edge = from.lists[relation][place]
      links(Int(edge.target)).referrers[Int(edge.back)].place = Int32(truncatingIfNeeded: place)
    }
  }

  /// Keeps what clients know of a row's references, before they change.
  private func keepFormer(_ slot: Int) {
    guard let links = instances[slot].links, !links.memberships.isEmpty, links.former == nil else {
      return
    }
    links.former = ContiguousArray(links.lists.map { ContiguousArray($0.map(\.target)) })
    listChange(slot, links)
  }
}

// MARK: - what clients are to be told of

extension Store {
  /// A row changed in these fields.
  func note(_ slot: Int, _ mask: FieldMask) {
    instances[slot].version = currentVersion()
    guard let links = instances[slot].links, !links.memberships.isEmpty else { return }
    links.changed.formUnion(mask)
    listChange(slot, links)
    for position in links.memberships.indices { listPending(slot, links, position) }
  }

  /// What refers to a row shows something else now, since it came, went or changed hands.
  func touchReferrers(_ slot: Int) {
    guard let links = instances[slot].links else { return }
    for referrer in links.referrers {
      let source = Int(referrer.source)
      guard instances[source].row != nil else { continue }
      var mask = FieldMask()
      mask.insert(entry(source).relations[Int(referrer.relation)].field)
      note(source, mask)
    }
  }

  private func listChange(_ slot: Int, _ links: Links) {
    guard !links.isChangeListed else { return }
    links.isChangeListed = true
    changed.append(Int32(truncatingIfNeeded: slot))
  }

  /// Lists a member, or what is about to come or go, for the next delta.
  func listPending(_ slot: Int, _ links: Links, _ position: Int) {
    guard !links.memberships[position].isPending else { return }
    links.memberships[position].isPending = true
    links.memberships[position].wasMember = links.memberships[position].count > 0
    let layer = Int(links.memberships[position].layer)
    layers[layer].pending.append(Int32(truncatingIfNeeded: slot))
    if let scope = layers[layer].scope, !scope.isDirty {
      scope.isDirty = true
      scope.snapshots = [:]
      dirtyScopes.append(scope)
    }
  }
}
