package import CoveyCore

// What the host calls. On the loop's thread it takes effect at once; from another thread it is
// checked as far as it can be, and put into the mailbox.
extension Server {
  // MARK: consumers

  package func send(
    _ kind: MessageKind, _ payload: Span<UInt8>, to id: ConsumerID
  ) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      let frame = Frame(kind, payload)
      return try mail(.send(id, frame), bytes: frame.count)
    }
    try hub.send(kind, payload, to: id)
    touched()
  }

  package func close(
    _ id: ConsumerID, _ code: CloseCode, reason: [UInt8]
  ) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(.close(id, code, reason: reason), bytes: reason.count)
    }
    try hub.close(id, code, reason: reason)
    touched()
  }

  package func accept(_ id: ConsumerID, subprotocol: String?) throws(Failure) {
    guard isOnLoop else {
      guard subprotocol == nil else {
        throw .invalid("a subprotocol can only be chosen inside on_connect")
      }
      return try mailDecision(.accept(id), id)
    }
    try hub.accept(id, subprotocol: subprotocol)
    touched()
  }

  package func reject(_ id: ConsumerID, status: Int, code: CloseCode?) throws(Failure) {
    guard isOnLoop else {
      return try mailDecision(.reject(id, status: status, code), id)
    }
    try hub.reject(id, status: status, code: code)
    touched()
  }

  package func setUser(_ user: String?, of id: ConsumerID) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(.setUser(id, user), bytes: user?.utf8.count ?? 0)
    }
    try hub.setUser(user, of: id)
  }

  package func setExpiry(_ id: ConsumerID, after seconds: UInt32?) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(.setExpiry(id, after: seconds), bytes: 0)
    }
    loop.updateTime()
    hub.now = loop.now
    try hub.setExpiry(id, after: seconds)
    touched()
  }

  package func disconnect(
    user: String, _ code: CloseCode, reason: [UInt8]
  ) throws(Failure) {
    guard isOnLoop else {
      do {
        return try mail(
          .disconnectUser(user, code, reason: reason), bytes: user.utf8.count &+ reason.count)
      } catch {
        // Of a server that has stopped nobody is left.
        if error.kind == .stopped { return }
        throw error
      }
    }
    hub.disconnect(user: user, code, reason: reason)
    touched()
  }

  /// A header of a consumer's request, by its name in lower case.
  package func header(_ name: String, of id: ConsumerID) -> [UInt8]? {
    if let handshake, handshake.id == id { return handshake.connection.header(name) }
    return hub.request(of: id)?.header(name).map(Array.init)
  }

  // MARK: groups

  package func add(_ id: ConsumerID, to group: Name) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(.add(id, group: group), bytes: group.bytes.count)
    }
    try hub.add(id, to: group)
    if layer != nil { touched() }
  }

  package func discard(_ id: ConsumerID, from group: Name) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(.discard(id, group: group), bytes: group.bytes.count)
    }
    try hub.discard(id, from: group)
    if layer != nil { touched() }
  }

  package func send(_ given: Event, toGroup group: Name) throws(Failure) {
    try requireNotStopping()
    var event = given
    try layer?.carry(&event)
    guard isOnLoop else {
      return try mail(.event(event, group: group), bytes: event.bytes &+ group.bytes.count)
    }
    hub.send(event, toGroup: group)
    touched()
  }

  /// Sends to a consumer here or elsewhere, or to whatever else the layer reaches by such a name.
  package func send(_ given: Event, toAddress address: Name) throws(Failure) {
    if let id = hub.consumer(addressed: address) {
      if isOnLoop {
        guard hub.isReachable(id) else { throw .gone("consumer \(id.raw) is gone") }
      } else {
        try requireReachable(id)
      }
      return try send(given, toGroup: address)
    }
    try requireNotStopping()
    let quoted = Failure.quote(address.text)
    guard let layer else {
      throw .notFound("address \(quoted) is not of this server, and there is no layer")
    }
    guard layer.reaches(address) else {
      throw .notFound("address \(quoted) is of a form that the layer does not reach")
    }
    var event = given
    try layer.carry(&event)
    guard isOnLoop else {
      return try mail(
        .addressed(event, address), bytes: event.bytes &+ address.bytes.count)
    }
    hub.send(event, toAddress: address)
    touched()
  }

  package func broadcast(
    _ frame: Frame, toGroup group: Name, except: ConsumerID?
  ) throws(Failure) {
    try requireNotStopping()
    guard isOnLoop else {
      return try mail(
        .broadcast(frame, group: group, except: except),
        bytes: frame.count &+ group.bytes.count)
    }
    hub.broadcast(frame, toGroup: group, except: except)
    touched()
  }

  // MARK: tasks

  /// Runs a task in a later turn, whoever asks.
  package func post(_ task: HostTask) throws(Failure) {
    try requireRunning()
    try mail(.task(task), bytes: 0)
  }

  package func startTimer(
    _ task: HostTask, after milliseconds: UInt64, every repeatMilliseconds: UInt64?
  ) throws(Failure) -> UInt64 {
    try requireRunning()
    let timer = Timers.Timer(task: task, repeatMilliseconds: repeatMilliseconds)
    guard let id = timers.add(timer) else {
      throw .full("there are \(Limits.timersMax) timers, the limit")
    }
    if isOnLoop {
      loop.updateTime()
      hub.now = loop.now
      hub.startTimer(id, after: milliseconds)
      touched()
      return id
    }
    do {
      try mail(.startTimer(id, after: milliseconds), bytes: 0)
    } catch {
      _ = timers.remove(id)
      throw error
    }
    return id
  }

  package func stopTimer(_ id: UInt64) throws(Failure) {
    guard timers.remove(id) != nil else { throw .gone("timer \(id) is gone") }
    if isOnLoop {
      hub.stopTimer(id)
    } else {
      // Only to forget its deadline early: a mailbox that has no room for this does no harm.
      let outcome = mailbox.add(.stopTimer(id), bytes: 0, isOptional: true)
      if case .queued(mustWake: true) = outcome { loop.wake() }
    }
  }

  // MARK: from other threads

  func requireReachable(_ id: ConsumerID) throws(Failure) {
    switch slots.phase(id) {
    case .deciding, .undecided, .open: return
    case .closing, nil: throw .gone("consumer \(id.raw) is gone")
    }
  }

  private func mailDecision(_ command: Command, _ id: ConsumerID) throws(Failure) {
    guard let phase = slots.claimDecision(id) else {
      try requireReachable(id)
      throw .exists("consumer \(id.raw) is decided already")
    }
    do {
      try mail(command, bytes: 0)
    } catch {
      slots.unclaimDecision(id, phase)
      throw error
    }
  }

  func requireNotStopping() throws(Failure) {
    if isStopping { throw .stopped("the server is stopping") }
  }

  func mail(_ command: Command, bytes: Int) throws(Failure) {
    switch mailbox.add(command, bytes: bytes) {
    case .queued(let mustWake): if mustWake { loop.wake() }
    case .full: throw .full("the mailbox is full")
    case .closed: throw .stopped("the server has stopped")
    }
  }

  /// Between services nobody would notice otherwise.
  func touched() {
    if !isInHandler { loop.wake() }
  }

  /// Carries out what another thread asked for.
  func perform(_ command: Command) {
    do {
      if try performState(command) { return }
      switch command {
      case .send(let id, let frame): try hub.send(frame, to: id)
      case .close(let id, let code, let reason): try hub.close(id, code, reason: reason)
      case .accept(let id): try acceptLate(id)
      case .reject(let id, let status, let code): try hub.reject(id, status: status, code: code)
      case .setUser(let id, let user): try hub.setUser(user, of: id)
      case .setExpiry(let id, let seconds): try hub.setExpiry(id, after: seconds)
      case .disconnectUser(let user, let code, let reason):
        hub.disconnect(user: user, code, reason: reason)
      case .add(let id, let group): try hub.add(id, to: group)
      case .discard(let id, let group): try hub.discard(id, from: group)
      case .event(let event, let group): hub.send(event, toGroup: group)
      case .addressed(let event, let address): hub.send(event, toAddress: address)
      case .broadcast(let frame, let group, let except):
        hub.broadcast(frame, toGroup: group, except: except)
      case .startTimer(let id, let milliseconds): hub.startTimer(id, after: milliseconds)
      case .stopTimer(let id): hub.stopTimer(id)
      case .task(let task):
        timed(.task) { task.run() }
        host?.endLending()
      default: break
      }
    } catch {
      // Who asked is not there to be told.
      if error.kind == .gone {
        hub.countGone()
      } else {
        hub.log(.warning, .callFailed, error.message)
      }
    }
  }

  private func acceptLate(_ id: ConsumerID) throws(Failure) {
    do {
      try hub.accept(id, subprotocol: nil)
    } catch {
      if error.kind != .gone { try hub.reject(id, status: 403, code: nil) }
      throw error
    }
  }
}
