// What a client sees: its first anchors, what happens to its list, and what changes.
extension Hub {
  func idKind(_ context: Context) -> InstanceID.Kind {
    store.schema.entries[context.model].model.idKind
  }

  // MARK: the first anchors

  /// Shows a client its first anchors, once those that must be loaded are there.
  func showFirst(_ slot: Int, _ follower: Follower, _ anchors: [InstanceID]) {
    follower.anchors = ContiguousArray(anchors)
    follower.phase = .loading
    request(slot, follower, anchors)
    if follower.missing.isEmpty { showAnchors(slot, follower) }
  }

  /// Asks for what the store lacks, where it can be loaded.
  private func request(_ slot: Int, _ follower: Follower, _ ids: [InstanceID]) {
    let model = follower.context.model
    guard store.schema.entries[model].model.hasLoader else { return }
    for id in ids where !store.has(model, id) {
      guard follower.missing.insert(id).inserted else { continue }
      load(model, id, for: consumers[slot].id)
    }
    if follower.phase == .loading, !follower.missing.isEmpty {
      deadlines.add(
        .loading(consumers[slot].id), at: now &+ 2 &* limits.authenticationTimeoutMilliseconds)
    }
  }

  /// A load that was waited for is over.
  func loaded(_ slot: Int, _ follower: Follower, _ id: InstanceID, isFailed: Bool) {
    follower.missing.remove(id)
    switch follower.phase {
    case .loading:
      if isFailed { return deny(slot, follower, 500, "error/load-failed") }
      guard follower.missing.isEmpty else { return }
      showAnchors(slot, follower)
    case .following: break
    default: return
    }
    carryOutEdits(slot, follower)
  }

  /// Edits the list in the order of asking; one that needs a load waits for it, and all behind it.
  private func carryOutEdits(_ slot: Int, _ follower: Follower) {
    while let edit = follower.edits.first, follower.phase == .following,
      consumers[slot].isReachable
    {
      if !follower.isEditRequested {
        follower.isEditRequested = true
        request(slot, follower, edit.ids)
      }
      // What was asked for and is not there now does not exist.
      guard follower.missing.isEmpty else { return }
      follower.edits.removeFirst()
      follower.isEditRequested = false
      apply(edit, slot, follower)
    }
  }

  /// The anchors of these ids that are there for this client's user.
  private func visible(_ ids: some Sequence<InstanceID>, _ slot: Int, _ model: Int) -> [Int] {
    let owner = store.owner(consumers[slot].user.map { Name($0) }) ?? 0
    return ids.compactMap { id in
      store.slot(model, id).flatMap {
        store.isVisible(Int32(truncatingIfNeeded: $0), owner) ? $0 : nil
      }
    }
  }

  private func showAnchors(_ slot: Int, _ follower: Follower) {
    settle()
    let places = visible(follower.anchors, slot, follower.context.model)
    if !follower.context.isMany {
      guard places.count == 1 else {
        queue(
          ServerFrames.initialAnchors(follower.anchors, follower.dialect, isReset: true), slot)
        return deny(slot, follower, 404, "error/not-found")
      }
    }
    follower.anchors = ContiguousArray(places.map { store.instances[$0].id })
    follower.phase = .following
    // Who has been here before may hold what is out of date.
    follower.isStale = follower.isReturning
    // Until it has been sent all of it, what it holds is of another list, or another user's.
    if follower.dialect == .own, follower.lastUpdate != nil {
      follower.editedAt = store.stampVersion()
    }
    let view = follow(slot, follower, places)
    show(slot, follower, view, since: follower.context.isMany ? nil : follower.lastUpdate)
  }

  /// Sends the anchors and what is below them: what changed since a version, or all of it.
  private func show(_ slot: Int, _ follower: Follower, _ view: View, since cursor: UInt64?) {
    // Only where somebody of this audience was before can the cursor be one of its own.
    let isNew = view.isNew
    view.isNew = false
    guard let cursor, follower.dialect != .own, !isNew, cursor >= view.since,
      let caughtUp = store.catchUp(view, since: cursor)
    else { return startAnew(slot, follower) }
    counters.resumes &+= 1
    let anchors = ServerFrames.initialAnchors(follower.anchors, follower.dialect, isReset: false)
    feed(slot, follower, [anchors.asState(cursor: 0)] + caughtUp)
  }

  // MARK: views

  /// Makes a client a member of a view that it has not joined yet.
  func enter(_ slot: Int, _ follower: Follower, _ view: View) {
    view.members.append(consumers[slot].id)
    view.leftAt = nil
    for scope in view.scopes { scope.leftAt = nil }
    settleIn(slot, follower, view)
  }

  /// Makes a client see these anchors, and no others.
  private func follow(_ slot: Int, _ follower: Follower, _ places: [Int]) -> View {
    leaveView(follower)
    let view = store.join(
      consumers[slot].id, anchors: places, user: consumers[slot].user.map { Name($0) },
      dialect: follower.dialect, isStale: follower.isStale)
    settleIn(slot, follower, view)
    return view
  }

  private func settleIn(_ slot: Int, _ follower: Follower, _ view: View) {
    follower.view = view
    follower.place = view.members.count &- 1
  }

  func leaveView(_ follower: Follower) {
    guard let view = follower.view else { return }
    follower.view = nil
    if let moved = store.leave(view, at: follower.place, now: now) {
      consumers[moved.slot].follower?.place = follower.place
    }
    if view.members.isEmpty { sweepLater() }
  }

  // MARK: the list of anchors

  /// The host edits a client's anchors.
  package func edit(_ id: ConsumerID, _ asked: AnchorEdit<[UInt8]>) throws(Failure) {
    let (slot, follower) = try follower(id)
    let kind = idKind(follower.context)
    let edit = try asked.map { text throws(Failure) in try InstanceID(text: text, kind) }
    let ids = edit.ids
    guard ids.count <= limits.anchorsPerConsumerMax else {
      throw .tooLarge("\(ids.count) anchors, limit \(limits.anchorsPerConsumerMax)")
    }
    switch edit {
    case .append(let id), .prepend(let id):
      guard follower.anchors.count < limits.anchorsPerConsumerMax || follower.anchors.contains(id)
      else {
        throw .tooLarge("\(follower.anchors.count) anchors, limit \(limits.anchorsPerConsumerMax)")
      }
    case .remove, .clear, .replace: break
    }
    if !follower.context.isMany {
      guard case .replace = edit, ids.count == 1, follower.context.parameter == nil else {
        throw .invalid("consumer \(id.raw) shows one anchor")
      }
      if follower.phase > .listing { throw .exists("the anchor was said already") }
    }
    switch follower.phase {
    case .waiting, .authenticating, .authorizing, .opening:
      throw .busy("consumer \(id.raw) is not asked for anchors yet")
    case .over: throw .gone("consumer \(id.raw) is gone")
    case .listing:
      guard case .replace = edit else { throw .busy("the first anchors are not known yet") }
      var seen: Set<InstanceID> = []
      showFirst(slot, follower, ids.filter { seen.insert($0).inserted })
    case .loading, .following:
      guard follower.edits.count < Limits.heldEditsMax else {
        throw .full("\(Limits.heldEditsMax) edits wait for a load, the limit")
      }
      follower.edits.append(edit)
      carryOutEdits(slot, follower)
    }
  }

  private func apply(_ edit: AnchorEdit<InstanceID>, _ slot: Int, _ follower: Follower) {
    let model = follower.context.model
    // First everybody is told of what happened so far: a client that exchanges its view must not
    // miss what was pending in the old one.
    settle()
    let old = follower.anchors
    var new = old
    switch edit {
    case .append(let id) where !old.contains(id): new.append(id)
    case .prepend(let id) where !old.contains(id): new.insert(id, at: 0)
    case .append, .prepend: return
    case .remove(let id): new.removeAll { $0 == id }
    case .clear: new = []
    case .replace(let ids):
      var seen: Set<InstanceID> = []
      new = ContiguousArray(ids.filter { seen.insert($0).inserted })
    }
    let places = visible(new, slot, model)
    new = ContiguousArray(places.map { store.instances[$0].id })
    guard new != old, let former = follower.view else { return }
    follower.anchors = new
    let view = follow(slot, follower, places)
    var frames: ContiguousArray<Frame> = []
    let kept = Set(new)
    let removed = old.filter { !kept.contains($0) }
    if !removed.isEmpty {
      store.appendRetraction(of: removed, model: model, from: former, to: view, frames: &frames)
    }
    let known = Set(old)
    let added = new.filter { !known.contains($0) }
    if follower.isStale || edit.appends {
      store.appendAnchorRetraction(of: added, model, view, to: &frames)
    }
    switch edit {
    case .append, .remove, .clear: break
    case .prepend(let id):
      if !added.isEmpty { frames.append(ServerFrames.prependAnchor(id).asState(cursor: 0)) }
    case .replace:
      frames.append(
        ServerFrames.initialAnchors(new, follower.dialect, isReset: false).asState(cursor: 0))
      if new.isEmpty, follower.dialect != .own { frames.append(store.rootDeletion(model)) }
    }
    store.appendRows(of: added, model: model, view: view, seenBefore: former, to: &frames)
    if follower.dialect == .own {
      // What our own client resumes from must lie behind this.
      follower.editedAt = store.stampVersion()
      frames.append(Store.endMarker(follower.editedAt).asState(cursor: follower.editedAt))
    }
    if follower.isHeldBack {
      // It has not seen what went before: it starts anew with the anchors it has now.
      follower.isStale = true
      startAnew(slot, follower)
    } else {
      feed(slot, follower, frames)
    }
  }

  // MARK: feeding

  /// Sends state, as much of it as there is room for; the rest follows when there is more.
  func feed(_ slot: Int, _ follower: Follower, _ frames: ContiguousArray<Frame>) {
    hold(frames, follower)
    refill(slot, follower)
  }

  private func refill(_ slot: Int, _ follower: Follower) {
    while follower.isFeeding {
      let frame = follower.feed[follower.feedStart]
      guard
        consumers[slot].outbox.stateBytes &+ frame.count <= limits.stateBytesMax
          || consumers[slot].outbox.stateBytes == 0
      else { break }
      follower.feedStart &+= 1
      follower.feedBytes &-= frame.count
      memoryBytes &-= frame.count
      append(frame, slot, follower)
    }
    if !follower.isFeeding {
      forgetFeed(follower)
    }
    consumers[slot].isHeldBack = follower.isHeldBack
  }

  private func append(_ frame: Frame, _ slot: Int, _ follower: Follower) {
    memoryBytes &+= frame.count
    consumers[slot].outbox.append(frame)
    if frame.cursor > 0 { follower.queuedCursor = frame.cursor }
    if !consumers[slot].isDirty { markDirty(slot) }
  }

  /// There is room again for a client that was held back: the rest of what it is fed, then what it
  /// missed. Tells whether there is something to write.
  func continueFeeding(_ slot: Int) -> Bool {
    guard let follower = consumers[slot].follower, follower.phase == .following,
      consumers[slot].isReachable
    else { return false }
    if !follower.isFeeding, follower.isBehind { catchUp(slot, follower) }
    refill(slot, follower)
    return !consumers[slot].outbox.isEmpty
  }

  private func catchUp(_ slot: Int, _ follower: Follower) {
    follower.isBehind = false
    guard let view = follower.view else { return }
    if follower.queuedCursor == store.version, follower.queuedCursor > 0 { return }
    if follower.queuedCursor > 0, follower.queuedCursor >= follower.editedAt,
      let frames = store.catchUp(view, since: follower.queuedCursor)
    {
      counters.catchUps &+= 1
      hold(frames, follower)
    } else {
      follower.isStale = true
      startAnew(slot, follower)
    }
  }

  /// Sends all of it.
  private func startAnew(_ slot: Int, _ follower: Follower) {
    let model = follower.context.model
    // Who shows one anchor goes on waiting for it when it is gone.
    let places =
      follower.context.isMany
      ? visible(follower.anchors, slot, model)
      : follower.anchors.compactMap { store.slot(model, $0) }
    let view = follow(slot, follower, places)
    follower.isBehind = false
    forgetFeed(follower)
    follower.queuedCursor = 0
    counters.snapshots &+= 1
    var frames: ContiguousArray<Frame> = [
      ServerFrames.initialAnchors(follower.anchors, follower.dialect, isReset: true)
        .asState(cursor: 0)
    ]
    store.appendSnapshots(of: view, follower.anchors, model: follower.context.model, to: &frames)
    feed(slot, follower, frames)
  }

  /// A client that follows already is somebody else now: where rows have owners, it is shown
  /// everything as that user.
  func changeUser(_ slot: Int, _ follower: Follower) {
    if let session = follower.session {
      sessions[Name(session.name)] = nil
      follower.session = nil
    }
    guard follower.phase == .following,
      store.schema.entries[follower.context.model].reachesOwners
    else { return }
    settle()
    dropState(slot)
    follower.isStale = true
    startAnew(slot, follower)
  }

  /// It reads too slowly: what waits is dropped, and caught up with later.
  func fallBehind(_ slot: Int, _ follower: Follower) {
    counters.fallsBehind &+= 1
    dropState(slot)
    // What catching up does not repeat.
    if follower.isFeedingSnapshot { consumers[slot].outbox.forgetCursor() }
    forgetFeed(follower)
    follower.queuedCursor = consumers[slot].outbox.handedCursor
    follower.isBehind = true
    consumers[slot].isHeldBack = true
    // If nothing else waits either, this is the moment.
    if !consumers[slot].isDirty { markDirty(slot) }
  }

  // MARK: deltas

  /// Turns what changed into frames for those who follow it; at the end of a turn, and before
  /// anybody comes or goes.
  package func settle() {
    guard store.hasPending else { return }
    store.settle { view, frames in
      counters.deltas &+= 1
      let bytes = frames.reduce(0) { $0 &+ $1.count }
      for id in view.members {
        let slot = id.slot
        if consumers[slot].isHeldBack {
          consumers[slot].follower?.isBehind = true
          continue
        }
        guard let follower = consumers[slot].follower else { continue }
        guard consumers[slot].outbox.stateBytes &+ bytes <= limits.stateBytesMax else {
          fallBehind(slot, follower)
          continue
        }
        for frame in frames { append(frame, slot, follower) }
      }
    }
    var lost: ContiguousArray<View> = []
    swap(&lost, &store.lostAnchors)
    for view in lost {
      for id in view.members { giveUpLostAnchors(id.slot) }
    }
  }

  /// An anchor that is gone leaves its client's list for good, as its client takes it.
  func giveUpLostAnchors(_ slot: Int) {
    guard let follower = consumers[slot].follower, follower.context.isMany else { return }
    // Who was not told before it was cut off cannot resume with the shorter list.
    follower.editedAt = store.version
    // The frames of the list it had say nothing of a shorter one.
    if consumers[slot].isHeldBack {
      forgetFeed(follower)
      follower.isBehind = true
      follower.queuedCursor = 0
    }
    let places = visible(follower.anchors, slot, follower.context.model)
    follower.anchors = ContiguousArray(places.map { store.instances[$0].id })
    _ = follow(slot, follower, places)
  }
}
