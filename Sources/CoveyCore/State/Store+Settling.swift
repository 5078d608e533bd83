// What changed since the last delta, for everybody who follows it.
extension Store {
  package var hasPending: Bool { !dirtyScopes.isEmpty || !changed.isEmpty || !idle.isEmpty }
  var hasUnfollowed: Bool {
    !unfollowed.isEmpty || views.values.contains { $0.leftAt != nil }
  }

  /// Which audiences see the same of what changed.
  private struct Sharing: Hashable {
    let anchors: [Int32]
    let owned: [Int32]
    let dialect: Dialect
    let isStale: Bool
  }

  /// Hands out the frames for each view that saw a change, and writes the log.
  func settle(_ deliver: (View, ContiguousArray<Frame>) -> Void) {
    var listed: ContiguousArray<View> = []
    for scope in dirtyScopes {
      for view in scope.views where !view.isListed && !view.members.isEmpty {
        view.isListed = true
        listed.append(view)
      }
    }
    var known: [Sharing: ContiguousArray<Frame>] = [:]
    for view in listed {
      view.isListed = false
      let owner = owner(view.key.user) ?? 0
      var frames: ContiguousArray<Frame>
      if listed.count == 1 {
        frames = delta(view, owner)
      } else {
        let owned = owner == 0 ? [] : view.scopes.compactMap { $0.owned[owner] }
        let key = Sharing(
          anchors: view.key.anchors, owned: owned, dialect: view.key.dialect,
          isStale: view.key.isStale)
        if let shared = known[key] {
          frames = shared
        } else {
          frames = delta(view, owned.isEmpty ? 0 : owner)
          known[key] = frames
        }
      }
      if !frames.isEmpty { deliver(view, frames) }
    }
    lostAnchors = listed.filter { view in
      let owner = owner(view.key.user) ?? 0
      return view.scopes.contains { $0.isDirty && !isVisible($0.anchor, owner) }
    }
    forgetPending()
  }

  /// Writes what happened into the log, and begins anew.
  private func forgetPending() {
    var scopes: ContiguousArray<Scope> = []
    swap(&scopes, &dirtyScopes)
    for scope in scopes {
      scope.isDirty = false
      writeLog(scope.common)
      closePending(Int(scope.common))
      for layer in scope.owned.values {
        writeLog(layer)
        closePending(Int(layer))
      }
    }
    for slot in changed {
      guard let links = instances[Int(slot)].links else { continue }
      links.changed = FieldMask()
      links.former = nil
      links.isChangeListed = false
    }
    changed.removeAll(keepingCapacity: changed.count < 1024)
    log.trim(at: wallTime)
    if !idle.isEmpty { forgetIdle() }
  }

  private func writeLog(_ layer: Int32) {
    for slot in layers[Int(layer)].pending {
      let instance = instances[Int(slot)]
      layers[Int(layer)].lastEntry = log.append(
        version, model: instance.model, instance.id, after: layers[Int(layer)].lastEntry)
    }
  }

  // MARK: deltas

  /// What happened to the rows that an audience sees.
  private struct Happening {
    var entering: ContiguousArray<Int32> = []
    var changed: ContiguousArray<Int32> = []
    var leaving: ContiguousArray<Int32> = []
  }

  private func happening(_ view: View, _ owner: Int32) -> Happening {
    stampLayers(of: view.scopes, owner: owner)
    lastMark &+= 1
    let seen = lastMark
    var happening = Happening()
    for scope in view.scopes where scope.isDirty {
      var own = [scope.common]
      if owner != 0, let owned = scope.owned[owner] { own.append(owned) }
      for layer in own {
        for slot in layers[Int(layer)].pending where instances[Int(slot)].mark != seen {
          instances[Int(slot)].mark = seen
          guard let links = instances[Int(slot)].links else { continue }
          var was = false
          var isMember = false
          for membership in links.memberships
          where layers[Int(membership.layer)].stamp == lastStamp {
            isMember = isMember || membership.count > 0
            was = was || (membership.isPending ? membership.wasMember : membership.count > 0)
          }
          switch (was, isMember) {
          case (false, true): happening.entering.append(slot)
          case (true, false): happening.leaving.append(slot)
          case (true, true): if !links.changed.isEmpty { happening.changed.append(slot) }
          case (false, false): break
          }
        }
      }
    }
    return happening
  }

  private func delta(_ view: View, _ owner: Int32) -> ContiguousArray<Frame> {
    let happening = happening(view, owner)
    let entering = leafFirst(happening.entering, isFormer: false)
    let leaving = leafFirst(happening.leaving, isFormer: true)
    func tell(cursor: UInt64) -> ContiguousArray<Frame> {
      var news = News(self, audience(view, cursor: cursor), view.scopes)
      news.tell(entering: entering, changed: happening.changed, leaving: leaving)
      return news.finish(cursor: cursor)
    }
    let frames = tell(cursor: version)
    guard frames.count > 1 else { return frames }
    // It takes several: then none of them but the last may say how far the client is complete.
    return tell(cursor: 0) + [Self.endMarker(version).asState(cursor: version, isSnapshot: false)]
  }

  /// What is referred to before what refers to it, as far as there are no circles.
  func leafFirst(
    _ slots: ContiguousArray<Int32>, isFormer: Bool
  ) -> ContiguousArray<Int32> {
    guard slots.count > 1 else { return slots }
    let waiting = lastMark &+ 1
    let done = lastMark &+ 2
    lastMark &+= 2
    for slot in slots { instances[Int(slot)].mark = waiting }
    var order: ContiguousArray<Int32> = []
    var stack: ContiguousArray<(slot: Int32, isOpen: Bool)> = []
    for slot in slots {
      stack.append((slot, false))
      while let (next, isOpen) = stack.popLast() {
        if isOpen {
          order.append(next)
          continue
        }
        guard instances[Int(next)].mark == waiting else { continue }
        instances[Int(next)].mark = done
        stack.append((next, true))
        guard let links = instances[Int(next)].links else { continue }
        if isFormer, let former = links.former {
          for list in former { for target in list { stack.append((target, false)) } }
        } else {
          for list in links.lists { for edge in list { stack.append((edge.target, false)) } }
        }
      }
    }
    return order
  }

  // MARK: catching up

  /// What changed for a view since a version; nil when that is not known any more.
  func catchUp(_ view: View, since cursor: UInt64) -> ContiguousArray<Frame>? {
    guard cursor <= version, cursor >= log.completeSince,
      view.scopes.allSatisfy({ cursor >= $0.since })
    else { return nil }
    let owner = owner(view.key.user) ?? 0
    stampLayers(of: view.scopes, owner: owner)
    var happening = Happening()
    var gone: [(model: Int, id: InstanceID)] = []
    var seen: Set<LoadKey> = []
    for scope in view.scopes {
      var own = [scope.common]
      if owner != 0, let owned = scope.owned[owner] { own.append(owned) }
      for layer in own {
        log.read(from: layers[Int(layer)].lastEntry, above: cursor) { entry in
          let model = Int(entry.model)
          guard seen.insert(LoadKey(model: model, id: entry.id)).inserted else { return }
          if let slot = slot(model, entry.id), instances[slot].row != nil, isMember(slot) {
            happening.changed.append(Int32(truncatingIfNeeded: slot))
          } else {
            gone.append((model, entry.id))
          }
        }
      }
    }
    var news = News(self, audience(view), view.scopes)
    news.tellAgain(
      leafFirst(happening.changed, isFormer: false), anchors: Set(view.key.anchors), gone: gone,
      curing: cured(view, owner, happening.changed, gone))
    return news.finish(cursor: 0)
      + [Self.endMarker(version).asState(cursor: version, isSnapshot: false)]
  }

  /// The rows that RxDjango's clients may take to be referred to by what changed or is gone: which,
  /// is not known any more, so all that could be.
  private func cured(
    _ view: View, _ owner: Int32, _ changed: ContiguousArray<Int32>,
    _ gone: [(model: Int, id: InstanceID)]
  ) -> ContiguousArray<Int32> {
    guard view.key.dialect != .own else { return [] }
    var targets: Set<Int> = []
    for model in Set(changed.map { Int(instances[Int($0)].model) } + gone.map(\.model)) {
      for relation in schema.entries[model].relations where !relation.isMany {
        targets.insert(relation.target)
      }
    }
    guard !targets.isEmpty else { return [] }
    var found: ContiguousArray<Int32> = []
    for scope in view.scopes {
      for slot in walk(scope, owner) where targets.contains(Int(instances[Int(slot)].model)) {
        found.append(slot)
      }
    }
    return leafFirst(found, isFormer: false)
  }

  /// Looks for what nobody follows any more.
  func sweep(_ time: UInt64) {
    now = time
    let own = time &- min(time, limits.sessionTimeoutMilliseconds)
    let others = time &- min(time, limits.unfollowedTimeoutMilliseconds)
    closeViews(ownLeftBefore: own, othersLeftBefore: others)
    dropLoaded(leftBefore: others)
  }
}
