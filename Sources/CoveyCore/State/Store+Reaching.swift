// Which instances are in which scopes, kept up to date with every reference.
//
// A member counts the references from members that lead to it, and leaves when none is left. In
// models that can refer to themselves, round about or straight, a count may stay above zero without
// any way from the anchor: there each member also remembers one that it was reached from, and when
// that reference goes, another is looked for among those that do not hang on it.
extension Store {
  /// Where a row with this owner belongs when it is reached from a member of a layer; -1: nowhere.
  func layer(reachedFrom layer: Int32, owner: Int32) -> Int32 {
    if owner == 0 { return layer }
    let from = layers[Int(layer)].owner
    if from != 0 { return from == owner ? layer : -1 }
    guard let scope = layers[Int(layer)].scope else { return -1 }
    if let known = scope.owned[owner] { return known }
    let new = openLayer(of: scope, owner: owner)
    scope.owned[owner] = new
    return new
  }

  func openLayer(of scope: Scope?, owner: Int32) -> Int32 {
    let layer = ScopeLayer(scope: scope, owner: owner)
    if let free = freeLayers.popLast() {
      layers[Int(free)] = layer
      return free
    }
    layers.append(layer)
    return Int32(truncatingIfNeeded: layers.count &- 1)
  }

  // MARK: single references

  /// A reference was added.
  func gain(_ source: Int, _ target: Int32) {
    guard instances[Int(target)].row != nil else { return }
    collect(from: source, to: target, into: &adding)
    if !adding.isEmpty { add() }
  }

  /// References of one row were exchanged. What is gained comes first, so that nothing leaves only
  /// to come back; what is lost is looked up before that, for the row may enter further layers,
  /// which never knew of it.
  func exchange(
    _ source: Int, gaining new: ContiguousArray<Int32>, losing gone: ContiguousArray<Int32>
  ) {
    for target in new where instances[Int(target)].row != nil {
      collect(from: source, to: target, into: &adding)
    }
    for target in gone where instances[Int(target)].row != nil {
      collect(from: source, to: target, into: &removing)
    }
    add()
    remove()
    resolve()
  }

  /// A reference was taken away.
  func lose(_ source: Int, _ target: Int32) {
    guard instances[Int(target)].row != nil else { return }
    collect(from: source, to: target, into: &removing)
    if !removing.isEmpty {
      remove()
      resolve()
    }
  }

  private func collect(from source: Int, to target: Int32, into steps: inout ContiguousArray<Step>)
  {
    guard let links = instances[source].links, instances[source].row != nil else { return }
    let owner = instances[Int(target)].owner
    for membership in links.memberships where membership.count > 0 {
      let layer = layer(reachedFrom: membership.layer, owner: owner)
      if layer >= 0 {
        steps.append(
          Step(slot: target, layer: layer, parent: Int32(truncatingIfNeeded: source)))
      }
    }
  }

  // MARK: whole rows

  /// A row came: it is in every scope that refers to it.
  func attach(_ slot: Int) {
    guard let links = instances[slot].links else { return }
    let target = Int32(truncatingIfNeeded: slot)
    if let scope = links.scope {
      let layer = layer(reachedFrom: scope.common, owner: instances[slot].owner)
      adding.append(Step(slot: target, layer: layer, parent: -1))
    }
    for referrer in links.referrers where Int(referrer.source) != slot {
      collect(from: Int(referrer.source), to: target, into: &adding)
    }
    if !adding.isEmpty { add() }
  }

  /// A row goes: it leaves all scopes, and with it what was reached through it alone.
  func detach(_ slot: Int) {
    guard let links = instances[slot].links else { return }
    for position in links.memberships.indices where links.memberships[position].count > 0 {
      leave(slot, links, position)
    }
    remove()
    resolve()
  }

  // MARK: spreading

  /// Adds what waits in `adding`, and whatever follows from it.
  func add() {
    while let step = adding.popLast() {
      let slot = Int(step.slot)
      let links = links(slot)
      if let position = links.membership(in: step.layer) {
        let isMember = links.memberships[position].count > 0
        if isMember {
          links.memberships[position].count &+= 1
          // An anchor is held by nobody else.
          if step.parent < 0 { links.memberships[position].parent = -1 }
          continue
        }
        listPending(slot, links, position)
        links.memberships[position].count = 1
        links.memberships[position].parent = step.parent
      } else {
        links.memberships.append(
          Links.Membership(layer: step.layer, count: 0, parent: step.parent))
        let position = links.memberships.count &- 1
        listPending(slot, links, position)
        links.memberships[position].count = 1
      }
      for list in links.lists {
        for edge in list { follow(edge.target, from: step, into: &adding) }
      }
    }
  }

  /// Removes what waits in `removing`, and whatever follows from it; then see `resolve`.
  private func remove() {
    while let step = removing.popLast() {
      let slot = Int(step.slot)
      guard let links = instances[slot].links, let position = links.membership(in: step.layer),
        links.memberships[position].count > 0
      else { continue }
      if links.memberships[position].count == 1 {
        leave(slot, links, position)
        continue
      }
      links.memberships[position].count &-= 1
      if links.memberships[position].parent == step.parent, entry(slot).isCyclic {
        suspects.append(Node(slot: step.slot, layer: step.layer))
      }
    }
  }

  private func leave(_ slot: Int, _ links: Links, _ position: Int) {
    listPending(slot, links, position)
    links.memberships[position].count = 0
    let step = Step(
      slot: Int32(truncatingIfNeeded: slot), layer: links.memberships[position].layer, parent: 0)
    for list in links.lists {
      for edge in list { follow(edge.target, from: step, into: &removing) }
    }
  }

  @inline(__always)
  private func follow(_ target: Int32, from step: Step, into steps: inout ContiguousArray<Step>) {
    guard instances[Int(target)].row != nil else { return }
    let layer = layer(reachedFrom: step.layer, owner: instances[Int(target)].owner)
    if layer >= 0 { steps.append(Step(slot: target, layer: layer, parent: step.slot)) }
  }

  // MARK: circles

  /// Looks after members that lost the reference they were reached over, but not all of them.
  private func resolve() {
    while let suspect = suspects.popLast() {
      guard let links = instances[Int(suspect.slot)].links,
        let position = links.membership(in: suspect.layer), links.memberships[position].count > 0,
        links.memberships[position].parent >= 0
      else { continue }
      cutLoose(suspect)
      remove()
    }
  }

  private func cutLoose(_ suspect: Node) {
    // What hangs on the suspect, in the order in which it was found.
    var hanging: ContiguousArray<Node> = [suspect]
    var loose: Set<Node> = [suspect]
    var next = 0
    while next < hanging.count {
      let node = hanging[next]
      next &+= 1
      forEachReached(from: node) { reached, membership in
        if membership.parent == node.slot, entry(Int(reached.slot)).isCyclic,
          loose.insert(reached).inserted
        {
          hanging.append(reached)
        }
      }
    }
    // Whatever is still referred to from elsewhere holds itself, and what hangs on it.
    var held: ContiguousArray<Node> = []
    for node in hanging where loose.contains(node) {
      guard let source = holder(of: node, outside: loose) else { continue }
      setParent(of: node, source)
      loose.remove(node)
      held.append(node)
      while let holder = held.popLast() {
        forEachReached(from: holder) { reached, _ in
          guard loose.remove(reached) != nil else { return }
          setParent(of: reached, holder.slot)
          held.append(reached)
        }
      }
    }
    for node in hanging where loose.contains(node) {
      guard let links = instances[Int(node.slot)].links,
        let position = links.membership(in: node.layer)
      else { continue }
      leave(Int(node.slot), links, position)
    }
  }

  private func forEachReached(from node: Node, _ body: (Node, Links.Membership) -> Void) {
    guard let links = instances[Int(node.slot)].links else { return }
    for list in links.lists {
      for edge in list where instances[Int(edge.target)].row != nil {
        let layer = layer(reachedFrom: node.layer, owner: instances[Int(edge.target)].owner)
        guard layer >= 0, let to = instances[Int(edge.target)].links,
          let position = to.membership(in: layer), to.memberships[position].count > 0
        else { continue }
        body(Node(slot: edge.target, layer: layer), to.memberships[position])
      }
    }
  }

  /// A member that refers to this one and does not hang on the suspect.
  private func holder(of node: Node, outside loose: Set<Node>) -> Int32? {
    guard let links = instances[Int(node.slot)].links else { return nil }
    let owner = instances[Int(node.slot)].owner
    for referrer in links.referrers {
      guard let source = instances[Int(referrer.source)].links else { continue }
      for membership in source.memberships where membership.count > 0 {
        if layers[Int(membership.layer)].scope === layers[Int(node.layer)].scope,
          layer(reachedFrom: membership.layer, owner: owner) == node.layer,
          !loose.contains(Node(slot: referrer.source, layer: membership.layer))
        {
          return referrer.source
        }
      }
    }
    return nil
  }

  private func setParent(of node: Node, _ parent: Int32) {
    guard let links = instances[Int(node.slot)].links,
      let position = links.membership(in: node.layer)
    else { return }
    links.memberships[position].parent = parent
  }
}

// MARK: - scopes

extension Store {
  /// The scope of an anchor, made when nobody follows it yet.
  func scope(of slot: Int) -> Scope {
    let links = links(slot)
    if let scope = links.scope { return scope }
    let common = openLayer(of: nil, owner: 0)
    let scope = Scope(anchor: Int32(truncatingIfNeeded: slot), common: common, since: version)
    layers[Int(common)].scope = scope
    links.scope = scope
    if instances[slot].row != nil {
      let layer = layer(reachedFrom: common, owner: instances[slot].owner)
      adding.append(Step(slot: scope.anchor, layer: layer, parent: -1))
      add()
    }
    // Nobody holds any of it yet: what is there is no news.
    forgetPending(of: scope)
    return scope
  }

  private func forgetPending(of scope: Scope) {
    for layer in [scope.common] + scope.owned.values { closePending(Int(layer)) }
    if scope.isDirty {
      scope.isDirty = false
      dirtyScopes.removeAll { $0 === scope }
    }
  }

  /// What is pending in a layer was told.
  func closePending(_ layer: Int) {
    var pending: ContiguousArray<Int32> = []
    swap(&pending, &layers[layer].pending)
    for slot in pending {
      guard let links = instances[Int(slot)].links,
        let position = links.membership(in: Int32(truncatingIfNeeded: layer))
      else { continue }
      links.memberships[position].isPending = false
      if links.memberships[position].count == 0 {
        links.memberships.remove(at: position)
        if instances[Int(slot)].row == nil { idle.append(slot) }
      }
    }
  }

  /// Nobody follows an anchor any more.
  func close(_ scope: Scope) {
    var waiting = [scope.anchor]
    let own = Set([scope.common] + scope.owned.values)
    while let slot = waiting.popLast() {
      guard let links = instances[Int(slot)].links else { continue }
      let count = links.memberships.count
      links.memberships.removeAll { own.contains($0.layer) }
      guard links.memberships.count < count else { continue }
      if instances[Int(slot)].isLoaded { unfollowed.append((slot, 0)) }
      for list in links.lists { waiting.append(contentsOf: list.lazy.map(\.target)) }
    }
    for layer in own {
      layers[Int(layer)] = ScopeLayer(scope: nil, owner: 0)
      freeLayers.append(layer)
    }
    instances[Int(scope.anchor)].links?.scope = nil
    idle.append(scope.anchor)
  }
}
