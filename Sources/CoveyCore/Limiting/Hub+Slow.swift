// Consumers of plain channels that read more slowly than they are sent to.
extension Hub {
  /// There is no room in an outbox: what its channel's policy does about it. Tells whether there is
  /// room now.
  func makeRoom(_ slot: Int, _ bytes: Int) -> Bool {
    guard let watch = consumers[slot].watch, watch.policy != .close else {
      refuseToQueue(slot)
      return false
    }
    var dropped = 0
    if watch.policy == .dropOldest {
      while !fits(slot, bytes), let oldest = consumers[slot].outbox.dropOldest() {
        memoryBytes &-= oldest
        dropped &+= 1
      }
    }
    let isRoom = fits(slot, bytes)
    if !isRoom { dropped &+= 1 }
    counters.dropsSlow &+= UInt64(truncatingIfNeeded: dropped)
    reached(.outbox, UInt64(clamping: limits.outboxBytesMax), slot: slot)
    if watch.drop(dropped) { droppedOf.append(consumers[slot].id) }
    return isRoom
  }

  /// Tells the host of a mark that an outbox has passed.
  @inline(__always)
  func tellMark(_ slot: Int) {
    if let watch = consumers[slot].watch { tellMark(slot, watch) }
  }

  private func tellMark(_ slot: Int, _ watch: OutboxWatch) {
    let bytes = consumers[slot].outbox.bytes
    guard consumers[slot].isReachable, let event = watch.event(at: bytes) else { return }
    effects.append(.outbox(consumers[slot].id, event, bytes: bytes, dropped: 0))
  }

  /// Tells the host of the messages that were dropped in this turn.
  func tellDrops() {
    for id in droppedOf {
      guard let slot = slot(id), let watch = consumers[slot].watch else { continue }
      let dropped = watch.dropped
      watch.dropped = 0
      guard consumers[slot].isReachable else { continue }
      effects.append(
        .outbox(id, .dropped, bytes: consumers[slot].outbox.bytes, dropped: dropped))
    }
    droppedOf.removeAll(keepingCapacity: true)
  }
}
