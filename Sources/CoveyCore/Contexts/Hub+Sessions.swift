// What is kept of our own clients while they are away.
extension Hub {
  /// Takes up the session that a client asked for, or begins another. Tells whether what it holds
  /// can be brought up to date; then that waits in `resumption`.
  func takeUpSession(_ slot: Int, _ follower: Follower) -> Bool {
    let asked = follower.session
    let id = consumers[slot].id
    let session: Session
    var isResumed = false
    if let asked, !asked.isForgotten, asked.user == consumers[slot].user,
      asked.channel == consumers[slot].channel
    {
      session = asked
      if let former = asked.consumer, let old = self.slot(former), former != id {
        // It came back before its old connection was noticed to be gone.
        consumers[old].follower?.session = nil
        keep(asked, of: old)
        if consumers[old].isReachable {
          answered(old, .lost)
          effects.append(.drop(former))
        }
      }
      // It may have run out since its client named it.
      sessions[Name(asked.name)] = asked
      // What the host said before it let this client in is newer.
      var variables = asked.variables
      for variable in follower.variables {
        if let known = variables.firstIndex(where: { $0.name == variable.name }) {
          variables[known] = variable
        } else {
          variables.append(variable)
        }
      }
      follower.variables = variables
      isResumed = prepareResumption(slot, follower, asked)
    } else {
      // Past the limit it does without: it can come back, but not resume.
      guard sessions.count < Limits.sessionsMax else {
        follower.session = nil
        return false
      }
      sessionCount &+= 1
      session = Session(
        name: secret.name(sessionCount), user: consumers[slot].user,
        channel: consumers[slot].channel, consumer: id)
      sessions[Name(session.name)] = session
    }
    session.consumer = id
    session.expiresAt = .max
    session.view = nil
    follower.session = session
    return isResumed
  }

  private func prepareResumption(_ slot: Int, _ follower: Follower, _ session: Session) -> Bool {
    guard let cursor = follower.lastUpdate, let view = session.view,
      store.views[view.key] === view, cursor >= session.editedAt,
      isAnchorSame(slot, follower, session)
    else { return false }
    settle()
    guard let frames = store.catchUp(view, since: cursor) else { return false }
    counters.resumes &+= 1
    follower.anchors = session.anchors
    follower.editedAt = session.editedAt
    follower.resumption = frames
    enter(slot, follower, view)
    if follower.context.isMany { giveUpLostAnchors(slot) }
    // Deltas of what comes meanwhile wait behind it.
    follower.isBehind = true
    follower.queuedCursor = store.version
    consumers[slot].isHeldBack = true
    return true
  }

  /// A URL that names an anchor resumes only what followed the same.
  private func isAnchorSame(_ slot: Int, _ follower: Follower, _ session: Session) -> Bool {
    guard let parameter = follower.context.parameter else { return true }
    guard let value = consumers[slot].request?.parameter(parameter),
      let id = try? InstanceID(url: value, idKind(follower.context))
    else { return false }
    return session.anchors.elementsEqual(CollectionOfOne(id))
  }

  func resumeFollowing(_ slot: Int, _ follower: Follower) {
    let frames = follower.resumption ?? []
    follower.resumption = nil
    follower.phase = .following
    feed(slot, follower, frames)
  }

  /// Keeps what a client of ours had, for when it comes back.
  func keep(_ session: Session, of slot: Int) {
    guard let follower = consumers[slot].follower else { return }
    session.consumer = nil
    session.anchors = follower.anchors
    session.variables = follower.variables
    session.view = follower.view
    session.editedAt = follower.editedAt
    // It is no way to outlive the time that its client was given.
    session.expiresAt = min(
      now &+ limits.sessionTimeoutMilliseconds, consumers[slot].expiresAt)
    deadlines.add(.session(Name(session.name)), at: session.expiresAt)
  }

  /// A client shall not come back to what it had.
  func forgetSession(_ follower: Follower) {
    guard let session = follower.session else { return }
    follower.session = nil
    forget(session)
  }

  func forget(_ session: Session) {
    session.isForgotten = true
    sessions[Name(session.name)] = nil
  }

  func sessionIsDue(_ name: Name) {
    guard let session = sessions[name], session.expiresAt <= now else { return }
    sessions[name] = nil
  }
}
