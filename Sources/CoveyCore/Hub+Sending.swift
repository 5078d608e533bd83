extension Hub {
  /// Queues a message to one consumer.
  package func send(
    _ kind: MessageKind, _ payload: Span<UInt8>, to id: ConsumerID
  ) throws(Failure) {
    let slot = try reachable(id)
    let bytes = Frame.bytes(forPayload: payload.count)
    guard fits(slot, bytes) || makeRoom(slot, bytes) else { return }
    memoryBytes &+= bytes
    consumers[slot].outbox.append(kind, payload)
    if !consumers[slot].isDirty { markDirty(slot) }
  }

  /// Queues a frame to one consumer.
  package func send(_ frame: Frame, to id: ConsumerID) throws(Failure) {
    queue(frame, try reachable(id))
  }

  /// Closes a consumer after what is queued to it. One that is undecided is refused so.
  package func close(
    _ id: ConsumerID, _ code: CloseCode, reason: [UInt8]
  ) throws(Failure) {
    let slot = try reachable(id)
    let ending = Ending(cause: .host, code: code, reason: reason)
    switch consumers[slot].state {
    case .deciding(.none) where !consumers[slot].isAnswered:
      try reject(id, status: 403, code: code, reason: reason)
    case .deciding:
      // Accepted, and whatever was sent goes out before.
      closeOnceUpgraded(slot, ending)
    default:
      beginClosing(slot, ending)
    }
  }

  func fits(_ slot: Int, _ bytes: Int) -> Bool {
    if consumers[slot].follower != nil {
      // State has a bound of its own, and is never the reason to turn anybody away.
      return bytes <= limits.contextBytesMax &- consumers[slot].outbox.otherBytes
    }
    return bytes <= limits.outboxBytesMax &- consumers[slot].outbox.bytes
  }

  func queue(_ frame: Frame, _ slot: Int) {
    guard fits(slot, frame.count) || makeRoom(slot, frame.count) else { return }
    memoryBytes &+= frame.count
    consumers[slot].outbox.append(frame)
    if !consumers[slot].isDirty { markDirty(slot) }
  }

  func queue(
    _ frame: Frame, to members: ContiguousArray<ConsumerID>, except: ConsumerID?
  ) {
    for id in members where id != except {
      // A member that was too slow for an earlier frame of this call has left already.
      if consumers[id.slot].id == id { queue(frame, id.slot) }
    }
  }

  func markDirty(_ slot: Int) {
    guard consumers[slot].isWritable, !consumers[slot].isDirty else { return }
    consumers[slot].isDirty = true
    dirty.append(Int32(truncatingIfNeeded: slot))
  }

  // MARK: ending

  /// Ends a consumer for what its peer did.
  func fail(_ slot: Int, _ cause: Ending.Cause, _ code: CloseCode) {
    fail(slot, Ending(cause: cause, code: code))
  }

  func fail(_ slot: Int, _ ending: Ending) {
    // Clients of RxDjango stay away after a close frame; let in or not, they are to come back.
    if case .open = consumers[slot].state, let follower = consumers[slot].follower,
      follower.dialect != .own
    {
      return beginDropping(slot, ending)
    }
    beginClosing(slot, ending)
  }

  func refuseToQueue(_ slot: Int) {
    counters.dropsQueued &+= 1
    guard consumers[slot].isReachable else { return }
    dropWaiting(slot)
    let isContext = consumers[slot].follower != nil
    reached(
      .outbox, UInt64(clamping: isContext ? limits.contextBytesMax : limits.outboxBytesMax),
      slot: slot)
    turnAway(slot, status: 503, .told(.slow, limits.slowCloseCode, .slow))
  }

  /// Queues our close frame, and from then on waits for the peer's and no longer.
  func beginClosing(_ slot: Int, _ ending: Ending) {
    if isDroppedRatherThanClosed(slot) { return beginDropping(slot, ending) }
    let id = consumers[slot].id
    leaveAll(slot)
    leaveContext(slot)
    if case .undecided = consumers[slot].state {
      // What waits for an acceptance that will not come is for nobody to see.
      dropWaiting(slot)
    }
    forgetInput(slot)
    consumers[slot].state = .closing(ending)
    let frame = Frame.close(ending.code, reason: isTold(ending, slot) ? ending.reason : [])
    memoryBytes &+= frame.count
    consumers[slot].outbox.append(frame)
    consumers[slot].closeDueAt = now &+ limits.closeTimeoutMilliseconds
    deadlines.add(.close(id), at: consumers[slot].closeDueAt)
    effects.append(.phase(id, .closing))
    if consumers[slot].isPaused {
      consumers[slot].isPaused = false
      effects.append(.resumeReading(id))
    }
    markDirty(slot)
  }

  /// Words of ours are for clients of ours: others get the code alone, as they always have.
  private func isTold(_ ending: Ending, _ slot: Int) -> Bool {
    switch ending.cause {
    case .slow, .tooFast, .expired, .shed:
      consumers[slot].follower.map { $0.dialect == .own } ?? true
    default: true
    }
  }

  /// Nothing more is written: the peer closed, or it is given up.
  func answered(_ slot: Int, _ ending: Ending) {
    let id = consumers[slot].id
    leaveAll(slot)
    leaveContext(slot)
    dropWaiting(slot)
    forgetInput(slot)
    consumers[slot].state = .answered(ending)
    consumers[slot].closeDueAt = now &+ limits.closeTimeoutMilliseconds
    deadlines.add(.close(id), at: consumers[slot].closeDueAt)
    effects.append(.phase(id, .closing))
  }

  // MARK: writing

  /// Takes what is to be written next to a dirty slot; gathered bytes are in `gathered`.
  package func nextWrite(_ slot: Int) -> Write {
    consumers[slot].isDirty = false
    guard consumers[slot].isWritable else { return .nothing }
    guard !consumers[slot].outbox.isBlocked else {
      tellMark(slot)
      return .nothing
    }
    if consumers[slot].outbox.isEmpty {
      tellMark(slot)
      guard consumers[slot].isHeldBack else {
        if consumers[slot].isDroppedWhenEmpty { dropNow(slot) }
        return .nothing
      }
      guard continueFeeding(slot) else { return .nothing }
    }
    let before = consumers[slot].outbox.waitingBytes
    let write = consumers[slot].outbox.next(gatheringInto: &gathered, counting: &sent)
    memoryBytes &-= before &- consumers[slot].outbox.waitingBytes
    return write
  }

  /// Every dirty slot was seen to.
  package func endOfWriting() {
    dirty.removeAll(keepingCapacity: true)
    gathered.forget()
  }

  /// The socket did not take all of the last write; `drained` follows when it has.
  package func buffered(_ slot: Int, bytes: Int) {
    consumers[slot].outbox.buffered(bytes)
    memoryBytes &+= bytes
    if consumers[slot].isShed { leavingBytes &+= bytes }
    tellMark(slot)
  }

  /// The socket took everything it was given.
  package func drained(_ id: ConsumerID) {
    guard let slot = slot(id), consumers[slot].outbox.isBlocked else { return }
    forgetBuffered(slot)
    tellMark(slot)
    // A peer that takes bytes is alive.
    consumers[slot].heardAt = now
    consumers[slot].closeDueAt = max(
      consumers[slot].closeDueAt, now &+ limits.closeTimeoutMilliseconds)
    if !consumers[slot].outbox.isEmpty || consumers[slot].isHeldBack
      || consumers[slot].isDroppedWhenEmpty
    {
      markDirty(slot)
    }
  }
}
