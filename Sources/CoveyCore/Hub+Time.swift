extension Hub {
  /// When the hub wants to be told the time again; nil: nothing is due ever.
  package var nextDeadline: UInt64? { deadlines.next }

  /// Does what is due.
  package func advance(to time: UInt64) {
    now = max(now, time)
    while let dueAt = deadlines.next, let subject = deadlines.pop(dueAt: now) {
      lateness.count(milliseconds: now &- dueAt)
      switch subject {
      case .connect(let id): connectIsDue(id)
      case .close(let id): closeIsDue(id)
      case .silence(let id): silenceIsDue(id)
      case .timer(let timer): if timers.remove(timer) != nil { effects.append(.timer(timer)) }
      case .stop: finishStopping()
      case .authentication(let id): authenticationIsDue(id)
      case .loading(let id): loadingIsDue(id)
      case .calls: callsAreDue()
      case .load(let load): loadIsDue(load)
      case .session(let name): sessionIsDue(name)
      case .sweep: sweepIsDue()
      case .drain(let id): drainIsDue(id)
      case .drained: stop(.serviceRestart)
      case .drainTold: drainIsTold()
      case .expiry(let id): expiryIsDue(id)
      case .reauthorization(let id): reauthorizationIsDue(id)
      // Told at the end of the turn.
      case .gaps: isGapDue = false
      }
    }
  }

  /// Asks to be told `.timer` once.
  package func startTimer(_ timer: UInt64, after milliseconds: UInt64) {
    timers.insert(timer)
    deadlines.add(.timer(timer), at: now &+ milliseconds)
  }

  /// `.timer` is not wanted any more.
  package func stopTimer(_ timer: UInt64) {
    if timers.remove(timer) != nil { retire(1) }
  }

  /// Counts deadlines that nobody waits for; when they are most of all, they are swept out.
  func retire(_ count: Int) {
    retired &+= count
    guard retired > 1024, retired > deadlines.count / 2 else { return }
    retired = 0
    deadlines.keep { subject in
      switch subject {
      case .connect(let id), .close(let id), .silence(let id), .loading(let id), .drain(let id):
        slot(id) != nil
      // It lets in within a moment, or not at all.
      case .authentication(let id):
        slot(id).map { !(consumers[$0].follower?.isIn ?? false) } ?? false
      case .timer(let timer): timers.contains(timer)
      case .load(let load): loads[load] != nil
      case .session(let name): sessions[name].map { $0.expiresAt < .max } ?? false
      case .expiry(let id):
        slot(id).map { consumers[$0].expiryLookAt < .max } ?? false
      case .reauthorization(let id):
        slot(id).map { consumers[$0].follower?.reauthorizationDueAt != nil } ?? false
      case .stop, .calls, .sweep, .drained, .drainTold, .gaps: true
      }
    }
  }

  private func connectIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), case .undecided = consumers[slot].state else { return }
    beginClosing(slot, Ending(cause: .undecided, code: limits.undecidedCloseCode))
  }

  private func closeIsDue(_ id: ConsumerID) {
    guard let slot = slot(id) else { return }
    switch consumers[slot].state {
    case .closing, .answered:
      if consumers[slot].closeDueAt > now {
        deadlines.add(.close(id), at: consumers[slot].closeDueAt)
      } else {
        // Once more later, should the transport not manage.
        consumers[slot].closeDueAt = now &+ limits.closeTimeoutMilliseconds
        deadlines.add(.close(id), at: consumers[slot].closeDueAt)
        effects.append(.drop(id))
      }
    case .free, .deciding, .undecided, .open, .gone: return
    }
  }

  var firstSilenceCheck: UInt64? {
    guard let ping = limits.pingIntervalMilliseconds else {
      return limits.silenceTimeoutMilliseconds
    }
    return min(ping, limits.silenceTimeoutMilliseconds ?? ping)
  }

  /// Nobody is dropped unasked because the host serviced the loop late, or the machine slept.
  private func forgiveLateLoop(_ slot: Int) {
    guard let interval = limits.pingIntervalMilliseconds,
      let silence = limits.silenceTimeoutMilliseconds, interval < silence,
      now &- consumers[slot].heardAt >= silence, !consumers[slot].outbox.isBlocked,
      consumers[slot].pingedAt <= consumers[slot].heardAt
    else { return }
    consumers[slot].heardAt = now &- interval
  }

  private func silenceIsDue(_ id: ConsumerID) {
    guard let slot = slot(id) else { return }
    switch consumers[slot].state {
    case .open: break
    // It cannot be pinged yet; connect has a deadline of its own.
    case .undecided: consumers[slot].heardAt = now
    case .free, .deciding, .closing, .answered, .gone: return
    }
    forgiveLateLoop(slot)
    let heardAt = consumers[slot].heardAt
    if let silence = limits.silenceTimeoutMilliseconds, now &- heardAt >= silence {
      answered(slot, .silent)
      effects.append(.drop(id))
      return
    }
    var next = limits.silenceTimeoutMilliseconds.map { heardAt &+ $0 } ?? .max
    if let interval = limits.pingIntervalMilliseconds {
      let quietSince = max(heardAt, consumers[slot].pingedAt)
      if now &- quietSince >= interval {
        consumers[slot].pingedAt = now
        // To one that is blocked, a ping says nothing new.
        if case .open = consumers[slot].state, !consumers[slot].outbox.isBlocked,
          fits(slot, Frame.ping.count)
        {
          queue(.ping, slot)
        }
        next = min(next, now &+ interval)
      } else {
        next = min(next, quietSince &+ interval)
      }
    }
    deadlines.add(.silence(id), at: max(next, now &+ 1))
  }
}
