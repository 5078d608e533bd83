internal import CoveyCore
import Synchronization

// MARK: - turns of the loop

extension Server: UvLoopClient {
  func loopWasWoken() {
    tellTime()
    let code = stopCode.load(ordering: .acquiring)
    if code != 0, !hub.isStopping {
      letGoOfSharedPorts()
      hub.stop(CloseCode(rawValue: code))
    }
    let (commands, refused) = mailbox.takeAll()
    if let refused { hub.countMailboxFull(refused.count, maximum: refused.maximum) }
    for command in commands {
      perform(command)
      pump()
    }
    pump()
  }

  /// Tells the hub both times.
  func tellTime() {
    hub.now = loop.now
    hub.store.wallTime = UvSystem.wallMicroseconds
  }

  func loopHasPolled() {
    beginTurn()
    hub.beginTurn()
    hub.store.wallTime = UvSystem.wallMicroseconds
    hub.advance(to: loop.now)
    endLateArrivals()
    pump()
    // The rest of a message is on its way, most likely there already: what it will cause goes out
    // in the same write.
    if isMidMessage, postponed < Self.postponedMax, hub.hasOutput {
      postponed &+= 1
      loop.isAwake = true
    } else {
      postponed = 0
      loop.isAwake = false
      flush()
    }
    isMidMessage = false
    armDeadline()
  }

  func loopWillWait() {
    endTurn()
    hub.store.wallTime = UvSystem.wallMicroseconds
    hub.advance(to: loop.now)
    endLateArrivals()
    pump()
    if postponed == 0 {
      flush()
      // What handlers sent at the end of it is not to wait for something else to happen.
      if hub.hasEffects || hub.hasOutput { loop.wake() }
    }
    armDeadline()
  }

  private func armDeadline() {
    var next = hub.nextDeadline
    if let dueAt = doorstep.nextDueAt() { next = min(dueAt, next ?? dueAt) }
    guard next != armedDeadline else { return }
    armedDeadline = next
    loop.setDeadline(next)
  }

  /// Carries out effects, also those that handlers cause meanwhile; a host whose handlers go on
  /// causing each other is continued in the next turn.
  func pump() {
    guard hub.hasEffects, !isPumping else { return }
    isPumping = true
    hasWorked = true
    for _ in 0..<64 where hub.hasEffects {
      for effect in hub.takeEffects() { perform(effect) }
    }
    isPumping = false
    if hub.hasEffects { loop.wake() }
  }

  func pumpAll() {
    for _ in 0..<1000 where hub.hasEffects { pump() }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .phase(let id, let phase):
      slots.set(id, phase)
    case .message(let id, let kind, let bytes):
      guard hub.isReachable(id), let channel = hub.channel(of: id) else { return }
      timed(.message) {
        bytes.withUnsafeBytes { host?.message(id, channel: channel, kind, $0) }
      }
    case .event(let event, let members):
      // At the very end only farewells are said, so that there is an end.
      guard !hasStopped else { return }
      timedEvents { host?.event(event, members) }
    case .authenticate(let id, let token):
      tell(.connect, id) { $0.authenticate(id, channel: $1, token: token) }
    case .authorize(let id): tell(.connect, id) { $0.authorize(id, channel: $1) }
    case .open(let id, let lastUpdate):
      tell(.connect, id) { $0.open(id, channel: $1, lastUpdate: lastUpdate) }
      hub.opened(id)
    case .list(let id): tell(.connect, id) { $0.list(id, channel: $1) }
    case .action(let id, let call, let handler, let parameters):
      guard hub.isOpen(call) else { return }
      openCalls.open(call)
      timed(.action) {
        parameters.withUnsafeBytes { host?.action(id, call, handler: handler, $0) }
      }
    case .write(let id, let call, let request):
      guard hub.isOpen(call) else { return }
      openCalls.open(call)
      tell(.write, id) { $0.write(id, channel: $1, call, request) }
    case .load(let load, let model, let id):
      openLoads.withLock { _ = $0.insert(load.raw) }
      timed(.load) { host?.load(load, model: model, id) }
    case .loadOver(let load): openLoads.withLock { _ = $0.remove(load.raw) }
    case .callOver(let call): openCalls.close(call)
    case .storeChanged(let change): timed(.change) { host?.storeChanged(change) }
    case .disconnect(let id, let ending):
      guard let channel = hub.channel(of: id) else { return }
      timed(.disconnect) { host?.disconnect(id, channel: channel, ending) }
    case .released(let id):
      // In this order: what a destructor of the host's may still attach would be the next one's.
      hub.release(id)
      host?.released(id)
    case .pauseReading(let id): connection(id)?.pauseReading()
    case .resumeReading(let id): connection(id)?.resumeReading()
    case .drop(let id): connection(id)?.shutDown()
    case .timer(let timer): fire(timer)
    case .log(let record): host?.log(record)
    case .limit(let reached): host?.reached(reached)
    case .outbox(let id, let event, let bytes, let dropped):
      tell(.message, id) { $0.outbox(id, channel: $1, event, bytes: bytes, dropped: dropped) }
    case .layer(let request): layer?.perform(request)
    case .layerGap(let gap): host?.layerGap(gap)
    case .layerState(let isConnected, let reason):
      host?.layerState(isConnected: isConnected, reason)
    case .drainBegan: letGoOfSharedPorts()
    case .drain(let remaining, let total): host?.drain(remaining: remaining, total: total)
    case .stopped:
      hasStopped = true
      if layer == nil { finish() }
    }
  }

  /// Calls the host about a consumer that is still there.
  private func tell(
    _ kind: HandlerKind, _ id: ConsumerID, _ body: (any Host, Int) -> Void
  ) {
    guard hub.isReachable(id), let channel = hub.channel(of: id), let host else { return }
    timed(kind) { body(host, channel) }
  }

  private func fire(_ id: UInt64) {
    guard let timer = timers.timer(id) else { return }
    if let again = timer.repeatMilliseconds {
      hub.startTimer(id, after: again)
    } else {
      _ = timers.remove(id)
    }
    timed(.task) { timer.task.run() }
    host?.endLending()
  }

  func connection(_ id: ConsumerID) -> LwsConnection? {
    let slot = id.slot
    guard slot < connections.count, let connection = connections[slot], connection.tag == id.raw
    else { return nil }
    return connection
  }

  /// Writes every outbox that has something, each at once, and ends the turn.
  private func flush() {
    hub.settle()
    writeDirty()
    hub.endTurn()
    // Farewells of those who were ended to make room.
    writeDirty()
    // Whoever was to be dropped once all was written has been.
    pump()
    layer?.endTurn()
    finishWithLayer()
  }

  private func writeDirty() {
    guard !hub.dirty.isEmpty else { return }
    hasWorked = true
    var position = 0
    // Nothing here adds to the list, but a bound that moves is safe and one that does not is not.
    while position < hub.dirty.count {
      let slot = Int(hub.dirty[position])
      position &+= 1
      if slot < connections.count, let connection = connections[slot] { write(slot, connection) }
    }
    hub.endOfWriting()
  }

  private func write(_ slot: Int, _ connection: LwsConnection) {
    while true {
      let bytes: Int
      let isSound: Bool
      switch hub.nextWrite(slot) {
      case .nothing: return
      case .frame(let frame):
        bytes = frame.count
        isSound = frame.withBytes { connection.write($0) }
      case .gathered:
        bytes = hub.gathered.count
        isSound = hub.gathered.withBytes { connection.write($0) }
      }
      guard isSound else {
        connection.shutDown()
        return
      }
      if connection.isBuffered {
        hub.buffered(slot, bytes: bytes)
        connection.askForWritable()
        return
      }
    }
  }
}
