// Messages of the system, and a server that empties itself so that everybody comes back.
extension Hub {
  /// Tells everybody who was let in on a context channel.
  package func sendSystem(_ source: String, _ message: String) {
    let frame = ServerFrames.system(source, message)
    for slot in consumers.indices {
      if consumers[slot].follower?.isIn == true, consumers[slot].isReachable { queue(frame, slot) }
    }
  }

  /// Ends everybody, each at a moment of its own within a window, and then stops.
  package func drain(over milliseconds: UInt64) {
    guard !isStopping, !isDraining else { return }
    isDraining = true
    drainTotal = occupied
    effects.append(.drainBegan)
    log(
      .info, .drainBegan, "draining \(occupied) consumers within \(milliseconds) ms",
      ["consumers": LogValue(occupied), "window_ms": .number(milliseconds)])
    if occupied == 0 { return endOfDraining() }
    drainIsTold()
    for slot in consumers.indices where consumers[slot].isReachable {
      let id = consumers[slot].id
      deadlines.add(.drain(id), at: now &+ secret.number(id.raw, below: milliseconds &+ 1))
      guard let follower = consumers[slot].follower, follower.isIn, follower.dialect == .own else {
        continue
      }
      // When to come back is spread as well, beyond the window.
      let delay = milliseconds &+ secret.number(~id.raw, below: Limits.drainSpreadMilliseconds)
      queue(ServerFrames.drain(milliseconds: delay), slot)
    }
    deadlines.add(.drained, at: now &+ milliseconds &+ 1)
    advance(to: now)
  }

  /// Tells the host how far it has come, for as long as somebody is there.
  func drainIsTold() {
    guard occupied > 0, !hasStopped else { return }
    effects.append(.drain(remaining: occupied, total: drainTotal))
    deadlines.add(.drainTold, at: now &+ Limits.drainTellMilliseconds)
  }

  /// Nobody is left, and nobody is let in: it need not go on.
  func endOfDraining() {
    log(
      .info, .drainEnded, "drained \(drainTotal) consumers", ["consumers": LogValue(drainTotal)])
    effects.append(.drain(remaining: 0, total: drainTotal))
    stop(.serviceRestart)
  }

  func drainIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), consumers[slot].isReachable else { return }
    turnAway(slot, status: 503, Ending(cause: .stopped, code: .serviceRestart))
  }

  /// A client that stays away after a close frame is dropped without one, once what is queued to it
  /// has gone out.
  func beginDropping(_ slot: Int, _ ending: Ending) {
    let id = consumers[slot].id
    leaveAll(slot)
    leaveContext(slot)
    forgetInput(slot)
    consumers[slot].state = .closing(ending)
    consumers[slot].isDroppedWhenEmpty = true
    consumers[slot].closeDueAt = now &+ limits.closeTimeoutMilliseconds
    deadlines.add(.close(id), at: consumers[slot].closeDueAt)
    effects.append(.phase(id, .closing))
    if consumers[slot].outbox.isEmpty, !consumers[slot].outbox.isBlocked {
      dropNow(slot)
    } else {
      markDirty(slot)
    }
  }

  func dropNow(_ slot: Int) {
    guard consumers[slot].isDroppedWhenEmpty, case .closing(let ending) = consumers[slot].state
    else { return }
    consumers[slot].isDroppedWhenEmpty = false
    answered(slot, ending)
    effects.append(.drop(consumers[slot].id))
  }

  /// Whether a consumer is ended without a close frame.
  func isDroppedRatherThanClosed(_ slot: Int) -> Bool {
    guard case .open = consumers[slot].state, let follower = consumers[slot].follower else {
      return false
    }
    return follower.isIn && follower.dialect != .own
  }

  /// A consumer of a context channel leaves: what it followed, asked for, and will come back to.
  func leaveContext(_ slot: Int) {
    guard let follower = consumers[slot].follower else { return }
    if let session = follower.session, session.consumer == consumers[slot].id {
      keep(session, of: slot)
    }
    follower.session = nil
    leaveView(follower)
    forgetCalls(follower)
    forgetFeed(follower)
    _ = takeHeld(follower)
    follower.reauthorizationDueAt = nil
    follower.phase = .over
    consumers[slot].isHeldBack = false
  }
}
