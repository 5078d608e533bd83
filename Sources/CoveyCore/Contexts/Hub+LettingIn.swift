// How a client of a context channel gets in: its first frame, who it is, whether it may.
extension Hub {
  /// A consumer of a context channel is open: it has so long to say who it is.
  func beginFollowing(_ slot: Int) {
    guard consumers[slot].follower != nil else { return }
    deadlines.add(
      .authentication(consumers[slot].id), at: now &+ limits.authenticationTimeoutMilliseconds)
  }

  /// Takes a whole message of a context channel's client.
  func receivedContext(_ slot: Int, _ text: Span<UInt8>) -> Reception {
    guard let follower = consumers[slot].follower else { return .nothing }
    switch follower.phase {
    case .over: return .nothing
    case .authenticating, .authorizing, .opening:
      hold(slot, follower, text)
      return .nothing
    case .waiting:
      begin(slot, follower, text)
      return .nothing
    case .listing, .loading, .following:
      return receivedRequest(slot, follower, text)
    }
  }

  private func hold(_ slot: Int, _ follower: Follower, _ text: Span<UInt8>) {
    let bytes = follower.held.reduce(text.count) { $0 &+ $1.count }
    guard follower.held.count < Limits.heldFramesMax, bytes <= limits.undecidedBytesMax else {
      fail(slot, .tooLarge, .policyViolation)
      return
    }
    memoryBytes &+= text.count
    follower.held.append(text.withUnsafeBytes { Array($0) })
  }

  /// Counts what is no frame of the protocol; it is ignored.
  func ignore(_ slot: Int, _ follower: Follower, _ text: Span<UInt8>) {
    counters.framesIgnored &+= 1
    guard !follower.hasSentNonsense else { return }
    follower.hasSentNonsense = true
    let shown = JSONText.shown(text, 0..<text.count)
    let id = consumers[slot].id
    log(
      .warning, .consumerNonsense, "consumer \(id.raw) sent what is no message: \(shown)",
      ["consumer": .id(id), "message": .text(shown)])
  }

  /// The first frame: a token, and where the client left off.
  private func begin(_ slot: Int, _ follower: Follower, _ text: Span<UInt8>) {
    guard let frame = ClientFrame(text, depthMax: limits.jsonDepthMax) else {
      return ignore(slot, follower, text)
    }
    if let value = frame.lastUpdate?.microseconds(text), value > 0 { follower.lastUpdate = value }
    follower.isReturning = frame.lastUpdate.map { $0.kind != .null } ?? false
    if let covey = frame.covey, covey.kind == .number { follower.dialect = .own }
    if follower.dialect == .own, let asked = frame.session?.string(text) {
      follower.session = sessions[Name(asked)]
    }
    let isPublic = channels[consumers[slot].channel].isPublic
    if consumers[slot].user != nil { return knows(slot, follower) }
    guard let token = frame.token?.string(text) else {
      return isPublic ? knows(slot, follower) : deny(slot, follower, 400, "error/missing-token")
    }
    if follower.context.hasAuthenticate {
      follower.phase = .authenticating
      effects.append(.authenticate(consumers[slot].id, token: Array(token.utf8)))
    } else if isPublic {
      knows(slot, follower)
    } else {
      deny(slot, follower, 401, "error/unauthorized")
    }
  }

  /// Who it is is known: may it?
  private func knows(_ slot: Int, _ follower: Follower) {
    follower.phase = .authorizing
    if follower.context.hasAuthorize {
      effects.append(.authorize(consumers[slot].id))
    } else if channels[consumers[slot].channel].isPublic {
      letIn(slot, follower)
    } else {
      deny(slot, follower, 403, "error/forbidden")
    }
  }

  // MARK: what the host answers

  /// The host says who a client is.
  package func authenticate(_ id: ConsumerID, _ user: String?) throws(Failure) {
    let (slot, follower) = try follower(id)
    guard follower.phase == .authenticating else {
      throw .exists("consumer \(id.raw) does not wait to be authenticated")
    }
    consumers[slot].user = user
    knows(slot, follower)
  }

  /// The host says that a client may see what it asked for.
  package func authorize(_ id: ConsumerID) throws(Failure) {
    let (slot, follower) = try follower(id)
    if follower.reauthorizationDueAt != nil {
      follower.reauthorizationDueAt = nil
      return retire(1)
    }
    guard follower.phase == .authorizing else {
      throw .exists("consumer \(id.raw) does not wait to be authorized")
    }
    letIn(slot, follower)
  }

  /// The host refuses a client.
  package func deny(_ id: ConsumerID, _ code: Int?, _ error: String?) throws(Failure) {
    let (slot, follower) = try follower(id)
    let isAskedAgain = follower.reauthorizationDueAt != nil
    switch follower.phase {
    case .authenticating, .authorizing, .listing: break
    case _ where isAskedAgain: break
    default: throw .exists("consumer \(id.raw) does not wait to be let in")
    }
    let code = code ?? (follower.phase == .authenticating ? 401 : 403)
    let fallback =
      switch code {
      case 401: "error/unauthorized"
      case 403: "error/forbidden"
      case 404: "error/not-found"
      default: "error/refused"
      }
    if isAskedAgain {
      denyAgain(slot, follower, code, error ?? fallback)
    } else {
      deny(slot, follower, code, error ?? fallback)
    }
  }

  func follower(_ id: ConsumerID) throws(Failure) -> (Int, Follower) {
    let slot = try reachable(id)
    guard let follower = consumers[slot].follower else {
      throw .invalid("consumer \(id.raw) is none of a context channel")
    }
    return (slot, follower)
  }

  /// Tells a client why it is refused, and sees it off as its kind expects.
  func deny(_ slot: Int, _ follower: Follower, _ code: Int, _ error: String) {
    queue(ServerFrames.authError(code, error), slot)
    guard consumers[slot].isReachable else { return }
    follower.phase = .over
    beginClosing(slot, Ending(cause: .refused, code: .normal))
  }

  // MARK: in

  private func letIn(_ slot: Int, _ follower: Follower) {
    follower.phase = .opening
    let id = consumers[slot].id
    var isResumed = false
    if follower.dialect == .own { isResumed = takeUpSession(slot, follower) }
    queue(
      ServerFrames.auth(
        session: follower.session, isResumed: isResumed,
        retry: Limits.retryMinMilliseconds...Limits.retryMaxMilliseconds), slot)
    for variable in follower.variables {
      queue(ServerFrames.variable(variable.name, variable.json), slot)
    }
    effects.append(.open(id, lastUpdate: follower.lastUpdate ?? 0))
  }

  /// on_open has returned.
  package func opened(_ id: ConsumerID) {
    guard let slot = slot(id), consumers[slot].isReachable, let follower = consumers[slot].follower,
      follower.phase == .opening
    else { return }
    if follower.resumption != nil {
      resumeFollowing(slot, follower)
    } else if let parameter = follower.context.parameter {
      if let value = consumers[slot].request?.parameter(parameter),
        let anchor = try? InstanceID(url: value, idKind(follower.context))
      {
        showFirst(slot, follower, [anchor])
      } else {
        deny(slot, follower, 404, "error/not-found")
      }
    } else if follower.context.hasList {
      follower.phase = .listing
      deadlines.add(.loading(id), at: now &+ 2 &* limits.authenticationTimeoutMilliseconds)
      effects.append(.list(id))
    } else {
      showFirst(slot, follower, [])
    }
    let held = takeHeld(follower)
    for text in held where consumers[slot].isReachable {
      if case .action(let call, let handler, let parameters) = receivedContext(slot, text.span) {
        effects.append(.action(id, call, handler: handler, Array(text[parameters])))
      }
    }
  }

  func authenticationIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), let follower = consumers[slot].follower,
      follower.phase < .opening, consumers[slot].isReachable
    else { return }
    beginClosing(slot, Ending(cause: .undecided, code: limits.undecidedCloseCode))
  }

  func loadingIsDue(_ id: ConsumerID) {
    guard let slot = slot(id), let follower = consumers[slot].follower,
      consumers[slot].isReachable
    else { return }
    switch follower.phase {
    case .listing, .loading: deny(slot, follower, 500, "error/load-failed")
    default: return
    }
  }
}
