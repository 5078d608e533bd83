// Consumers that may stay for a while only, and users who may stay no longer.
extension Hub {
  /// Says how long a consumer may stay; nil: for ever.
  package func setExpiry(_ id: ConsumerID, after seconds: UInt32?) throws(Failure) {
    let slot = try reachable(id)
    guard let seconds else {
      consumers[slot].expiresAt = .max
      return
    }
    let time = now &+ UInt64(seconds) &* 1000
    consumers[slot].expiresAt = time
    guard seconds > 0 else { return expire(slot) }
    // A deadline that looks before will see that it is later now.
    guard time < consumers[slot].expiryLookAt else { return }
    if consumers[slot].expiryLookAt < .max { retire(1) }
    consumers[slot].expiryLookAt = time
    deadlines.add(.expiry(id), at: time)
  }

  func expiryIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), consumers[slot].expiryLookAt <= now else { return }
    consumers[slot].expiryLookAt = .max
    let time = consumers[slot].expiresAt
    guard consumers[slot].isReachable, time < .max else { return }
    guard time > now else { return expire(slot) }
    consumers[slot].expiryLookAt = time
    deadlines.add(.expiry(id), at: time)
  }

  private func expire(_ slot: Int) {
    if let follower = consumers[slot].follower { forgetSession(follower) }
    end(slot, status: 401, .told(.expired, limits.expiredCloseCode, .expired))
  }

  /// Ends everybody who is this user, and forgets what is kept for who of them may come back.
  package func disconnect(user: String, _ code: CloseCode, reason: [UInt8]) {
    let ending = Ending(cause: .host, code: code, reason: reason)
    for slot in consumers.indices
    where consumers[slot].user == user && consumers[slot].isReachable {
      if let follower = consumers[slot].follower { forgetSession(follower) }
      end(slot, status: 403, ending)
    }
    for session in sessions.values where session.user == user { forget(session) }
  }

  /// Ends a consumer in whatever state; clients of RxDjango's that could have been let in without a
  /// close frame, so that they come back and say who they are.
  private func end(_ slot: Int, status: Int, _ ending: Ending) {
    guard case .deciding = consumers[slot].state else { return fail(slot, ending) }
    turnAway(slot, status: status, ending)
  }

  // MARK: asking again

  /// Has the host asked once more whether a client that is in may be.
  package func reauthorize(_ id: ConsumerID) throws(Failure) {
    let (slot, follower) = try follower(id)
    guard follower.reauthorizationDueAt == nil, follower.phase != .authorizing else {
      throw .busy("consumer \(id.raw) is being asked about")
    }
    // Before that it will be asked about in any case.
    guard follower.context.hasAuthorize, follower.isIn else { return }
    let due = now &+ limits.authenticationTimeoutMilliseconds
    follower.reauthorizationDueAt = due
    deadlines.add(.reauthorization(id), at: due)
    effects.append(.authorize(consumers[slot].id))
  }

  func reauthorizationIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), let follower = consumers[slot].follower,
      let due = follower.reauthorizationDueAt, due <= now, consumers[slot].isReachable
    else { return }
    follower.reauthorizationDueAt = nil
    forgetSession(follower)
    fail(slot, Ending(cause: .undecided, code: limits.undecidedCloseCode))
  }

  /// A client that was in may be no longer: ours are told why, as at first, others come back to
  /// hear it then.
  func denyAgain(_ slot: Int, _ follower: Follower, _ code: Int, _ error: String) {
    follower.reauthorizationDueAt = nil
    retire(1)
    forgetSession(follower)
    guard follower.dialect == .own else {
      return fail(slot, Ending(cause: .refused, code: .normal))
    }
    deny(slot, follower, code, error)
  }
}
