package import CoveyCore
import Synchronization

/// One engine with its loop: carries inputs from the sockets and from other threads into the hub,
/// and its effects out again.
///
/// Everything but what is atomic, or behind a lock of its own, belongs to the loop's thread.
package final class Server: @unchecked Sendable {
  package let hub: Hub
  package let limits: Limits
  let loop: UvLoop
  private(set) var lws: LwsContext?
  let slots = SlotTable()
  let mailbox: Mailbox
  let timers = Timers()
  /// Owns this, and so outlives it. Set before anything else is called.
  package unowned(unsafe) var host: (any Host)?

  var connections: ContiguousArray<LwsConnection?> = []
  /// The connection whose request is being decided on: its headers can be asked for.
  var handshake: (id: ConsumerID, connection: LwsConnection)?
  var files = Files()
  package var healthPath: [UInt8]?
  var addressCounts: [[UInt8]: Int] = [:]
  var addresses: [Int: [UInt8]] = [:]
  private(set) var isListening = false
  private var isPumping = false
  private var armedDeadline: UInt64?
  /// A message arrived in part since the loop last polled.
  var isMidMessage = false
  /// For how many turns writing was put off; bounded, so that nobody can put it off for good.
  private var postponed = 0
  private static let postponedMax = 16
  /// The last turn did something that the next one must carry to the system.
  private var hasWorked = false

  private let loopThread = Atomic<UInt>(UvThread.current)
  private let isDriven = Atomic<Bool>(false)
  private let stopCode = Atomic<UInt16>(0)
  private let isOver = Atomic<Bool>(false)
  private var hasFinished = false
  private let finished = UvGate()
  private let thread = UvLocked<UvThread?>(nil)
  private let wasStarted = Atomic<Bool>(false)

  /// Makes a server that does nothing yet.
  package init(limits: Limits) throws(Failure) {
    guard let loop = UvLoop() else { throw .system("no event loop: out of descriptors or memory") }
    var limits = limits
    let descriptors = UvSystem.descriptorLimit
    if descriptors > 64 {
      limits.connectionsMax = min(limits.connectionsMax, Int(clamping: descriptors - 64))
    }
    limits.connectionsMax = min(limits.connectionsMax, Limits.slotsMax)
    self.loop = loop
    self.limits = limits
    mailbox = Mailbox(entriesMax: limits.mailboxEntriesMax, bytesMax: limits.mailboxBytesMax)
    hub = Hub(limits: limits, token: UvSystem.randomToken)
    // So that a wake-up is seen from the first poll of the descriptor on.
    loop.serviceWithoutWaiting()
    hub.now = loop.now
    let seconds = (limits.handshakeTimeoutMilliseconds + 999) / 1000
    lws = LwsContext(
      loop: loop.raw, server: self, handshakeTimeoutSeconds: UInt32(clamping: seconds),
      headerBytesMax: limits.headerBytesMax, receiveBufferBytes: limits.receiveBufferBytes)
    guard lws != nil else {
      throw .system(
        "libwebsockets did not start on libuv; install its plugin "
          + "(on Debian: apt-get install libwebsockets-evlib-uv)")
    }
    loop.client = self
    if descriptors > 10_000_000 {
      hub.log(
        .warning,
        "the descriptor limit is \(descriptors): libwebsockets uses 2560 of them when it is over "
          + "ten million; lower it with ulimit -n")
    }
  }
}

// MARK: - setup

extension Server {
  /// Throws unless this is the loop's thread and nothing listens yet.
  package func requireSetup() throws(Failure) {
    try requireLoop()
    if isListening { throw .busy("the server listens already") }
  }

  package func serve(directory: String, at prefix: String) throws(Failure) {
    try files.add(directory: directory, at: prefix)
  }

  package func serve(file: String, at pattern: Pattern) throws(Failure) {
    try files.add(page: file, at: pattern)
  }

  /// Listens on a numeric address; answers the port.
  package func listen(_ address: String, port: UInt16) throws(Failure) -> UInt16 {
    try requireLoop()
    if isInHandler { throw .busy("inside a handler") }
    try requireNotStopping()
    guard let isIPv6 = UvSystem.isIPv6(address) else {
      throw .invalid("address \(Failure.quote(address)) is not numeric")
    }
    let place = isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    if let problem = UvSystem.bindProblem(address, port: port, on: loop) {
      throw .system("cannot listen on \(place): \(problem)")
    }
    guard let chosen = lws?.listen(address: address, port: port, isIPv6: isIPv6) else {
      throw .system("cannot listen on \(place)")
    }
    isListening = true
    loop.wake()
    return chosen
  }
}

// MARK: - threads

extension Server {
  package var isOnLoop: Bool { loopThread.load(ordering: .relaxed) == UvThread.current }
  var isStopping: Bool { stopCode.load(ordering: .acquiring) != 0 }
  /// On the loop's thread: whether a service is under way, so that this is inside a handler.
  var isInHandler: Bool { isDriven.load(ordering: .relaxed) }

  package func requireLoop() throws(Failure) {
    guard isOnLoop else { throw .wrongThread("not the loop's thread") }
  }

  package func requireRunning() throws(Failure) {
    if isOver.load(ordering: .acquiring) { throw .stopped("the server has stopped") }
  }

  private func beginDriving() throws(Failure) {
    try requireRunning()
    guard !isDriven.exchange(true, ordering: .acquiringAndReleasing) else {
      throw .busy("the server is driven already")
    }
    guard !isOver.load(ordering: .acquiring) else {
      isDriven.store(false, ordering: .releasing)
      throw .stopped("the server has stopped")
    }
    loopThread.store(UvThread.current, ordering: .releasing)
    host?.endLending()
  }

  private func endDriving() {
    let isLast = hasFinished
    if isLast { tearDown() }
    isDriven.store(false, ordering: .releasing)
    if isLast { finished.open() }
  }

  /// Runs on this thread until the server has stopped.
  package func run() throws(Failure) {
    try beginDriving()
    while !hasFinished { loop.run() }
    endDriving()
  }

  /// Services once, waiting at most so long; nil: as long as it takes.
  package func service(atMost milliseconds: UInt64?) throws(Failure) {
    try beginDriving()
    hasWorked = false
    if milliseconds == 0 {
      loop.serviceWithoutWaiting()
    } else {
      loop.service(atMost: milliseconds)
    }
    // What the turn's end did is known to the system only after another one; and libuv may have
    // more to do at once.
    for _ in 0..<16 where !hasFinished && (hasWorked || loop.timeout == 0) {
      hasWorked = false
      loop.serviceWithoutWaiting()
    }
    endDriving()
  }

  package func descriptor() throws(Failure) -> Int32 {
    try requireLoop()
    try requireRunning()
    return loop.descriptor
  }

  package func timeoutMilliseconds() throws(Failure) -> Int32 {
    try requireLoop()
    try requireRunning()
    return hub.hasEffects || !hub.dirty.isEmpty ? 0 : loop.timeout
  }

  /// Runs on a thread of its own.
  package func start() throws(Failure) {
    try beginDriving()
    wasStarted.store(true, ordering: .releasing)
    // Until the thread says who it is, nobody is on the loop's thread.
    loopThread.store(0, ordering: .releasing)
    let started = UvThread { [self] in
      loopThread.store(UvThread.current, ordering: .releasing)
      while !hasFinished { loop.run() }
      endDriving()
    }
    guard let started else {
      wasStarted.store(false, ordering: .releasing)
      loopThread.store(UvThread.current, ordering: .releasing)
      isDriven.store(false, ordering: .releasing)
      throw .system("no thread could be made")
    }
    thread.withLock { $0 = started }
  }

  /// Waits for a server that was started; false: it still runs.
  package func wait(atMost milliseconds: UInt64?) throws(Failure) -> Bool {
    guard wasStarted.load(ordering: .acquiring) else {
      throw .invalid("the server was not started")
    }
    guard !isOnLoop || isOver.load(ordering: .acquiring) else {
      throw .busy("the loop's thread cannot wait for itself")
    }
    return finished.wait(atMost: milliseconds)
  }

  /// Asks for the end. Nothing here allocates or locks: it may run in a signal handler.
  package func stop(_ code: CloseCode) {
    let exchanged = stopCode.compareExchange(
      expected: 0, desired: code.rawValue, ordering: .acquiringAndReleasing
    ).exchanged
    if exchanged, !isOver.load(ordering: .acquiring) { loop.wake() }
  }

  /// Ends everything, so that the server can be forgotten.
  package func end() throws(Failure) {
    if wasStarted.load(ordering: .acquiring) {
      guard !isOnLoop || isOver.load(ordering: .acquiring) else { throw .busy("inside a handler") }
      stop(.goingAway)
      let running = thread.withLock { thread in
        defer { thread = nil }
        return thread
      }
      running?.join()
      return
    }
    do {
      try beginDriving()
    } catch {
      if error.kind == .stopped { return }
      throw error
    }
    hasFinished = true
    endDriving()
  }

  private func tearDown() {
    stopCode.store(max(stopCode.load(ordering: .acquiring), 1), ordering: .releasing)
    hub.stopNow()
    // libwebsockets closes one descriptor here, and again when the loop runs: until then no handler
    // may open another, which would get the same number.
    isPumping = true
    lws?.destroy()
    loop.closeHandles()
    isPumping = false
    pumpAll()
    lws?.destroyAgain()
    lws = nil
    pumpAll()
    // Dropped outside of any lock: destructors of the host run here, and may not end the server.
    _ = mailbox.close()
    _ = timers.removeAll()
    isOver.store(true, ordering: .releasing)
  }
}

// MARK: - turns of the loop

extension Server: UvLoopClient {
  func loopWasWoken() {
    hub.now = loop.now
    let code = stopCode.load(ordering: .acquiring)
    if code != 0, !hub.isStopping { hub.stop(CloseCode(rawValue: code)) }
    let (commands, refused) = mailbox.takeAll()
    if refused > 0 { hub.countMailboxFull(refused) }
    for command in commands {
      perform(command)
      pump()
    }
    pump()
  }

  func loopHasPolled() {
    hub.advance(to: loop.now)
    pump()
    // The rest of a message is on its way, most likely there already: what it will cause goes out
    // in the same write.
    if isMidMessage, postponed < Self.postponedMax, !hub.dirty.isEmpty {
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
    hub.advance(to: loop.now)
    pump()
    if postponed == 0 { flush() }
    armDeadline()
  }

  private func armDeadline() {
    if hub.nextDeadline != armedDeadline {
      armedDeadline = hub.nextDeadline
      loop.setDeadline(armedDeadline)
    }
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

  private func pumpAll() {
    for _ in 0..<1000 where hub.hasEffects { pump() }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .phase(let id, let phase):
      slots.set(id, phase)
    case .message(let id, let kind, let bytes):
      guard hub.isReachable(id), let channel = hub.channel(of: id) else { return }
      bytes.withUnsafeBytes { host?.message(id, channel: channel, kind, $0) }
    case .event(let event, let members):
      // At the very end only farewells are said, so that there is an end.
      guard !hasFinished else { return }
      host?.event(event, members)
    case .disconnect(let id, let ending):
      guard let channel = hub.channel(of: id) else { return }
      host?.disconnect(id, channel: channel, ending)
    case .released(let id):
      // In this order: what a destructor of the host's may still attach would be the next one's.
      hub.release(id)
      host?.released(id)
    case .pauseReading(let id): connection(id)?.pauseReading()
    case .resumeReading(let id): connection(id)?.resumeReading()
    case .drop(let id): connection(id)?.shutDown()
    case .timer(let timer): fire(timer)
    case .log(let level, let message): host?.log(level, message)
    case .stopped:
      hasFinished = true
      loop.stop()
    }
  }

  private func fire(_ id: UInt64) {
    guard let timer = timers.timer(id) else { return }
    if let again = timer.repeatMilliseconds {
      hub.startTimer(id, after: again)
    } else {
      _ = timers.remove(id)
    }
    timer.task.run()
    host?.endLending()
  }

  func connection(_ id: ConsumerID) -> LwsConnection? {
    let slot = id.slot
    guard slot < connections.count, let connection = connections[slot], connection.tag == id.raw
    else { return nil }
    return connection
  }

  /// Writes every outbox that has something, each at once.
  private func flush() {
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
