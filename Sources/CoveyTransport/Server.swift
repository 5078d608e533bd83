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
  /// Which calls of clients wait for an answer; the same for loads.
  let openCalls = CallSlots()
  let openLoads = UvLocked<Set<UInt64>>([])
  package let models = Models()
  let mailbox: Mailbox
  let timers = Timers()
  /// Owns this, and so outlives it. Set before anything else is called.
  package unowned(unsafe) var host: (any Host)?

  var connections: ContiguousArray<LwsConnection?> = []
  /// The connection whose request is being decided on: its headers can be asked for.
  var handshake: (id: ConsumerID, connection: LwsConnection)?
  var files = Files()
  package var healthPath: [UInt8]?
  package var readyPath: [UInt8]?
  package var metricsPath: [UInt8]? { didSet { isTimed = isTimed || metricsPath != nil } }
  package var reportPath: [UInt8]?
  /// The library's, for those who watch.
  package var version = ""
  let madeAt: UInt64
  /// Whether times are taken.
  var isTimed = false
  var timings = Timings()
  /// When this turn of the loop began.
  var polledAt: UInt64?
  /// How many connections there may be, with those that are no consumers yet.
  let descriptorsMax: Int
  var addressCounts: [[UInt8]: Int] = [:]
  var addresses: [Int: [UInt8]] = [:]
  var listeners: [Listener] = []
  /// Set before anybody can call in from another thread, and then for good.
  package internal(set) var layer: (any Layer)?
  var resolver: UvResolver?
  /// Runs while the bus has to take what was sent to it before the stop.
  var farewell: UvTimer?
  var farewellUntil: UInt64?
  /// The hub has stopped: only farewells are said any more.
  var hasStopped = false
  /// Of connections that are not upgraded, by their identity.
  var arrivals: [Int: Arrival] = [:]
  var doorstep = Doorstep()
  /// Whose connection libwebsockets is being given just now.
  var arriving: Arrival?
  var isListening = false
  /// The declared models are whole, and the hub has them.
  var hasStore = false
  var isToldOfChanges = false
  var isPumping = false
  var armedDeadline: UInt64?
  /// A message arrived in part since the loop last polled.
  var isMidMessage = false
  /// For how many turns writing was put off; bounded, so that nobody can put it off for good.
  var postponed = 0
  static let postponedMax = 16
  /// The layer was asked for something that it has not written.
  var hasLayerOutput = false
  /// The last turn did something that the next one must carry to the system.
  var hasWorked = false

  private let loopThread = Atomic<UInt>(UvThread.current)
  private let isDriven = Atomic<Bool>(false)
  let stopCode = Atomic<UInt16>(0)
  private let isOver = Atomic<Bool>(false)
  var hasFinished = false
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
    descriptorsMax = descriptors > 64 ? Int(clamping: descriptors - 64) : .max
    limits.connectionsMax = min(limits.connectionsMax, Limits.slotsMax)
    self.loop = loop
    self.limits = limits
    mailbox = Mailbox(entriesMax: limits.mailboxEntriesMax, bytesMax: limits.mailboxBytesMax)
    hub = Hub(
      limits: limits, token: UvSystem.randomToken,
      secret: Secret(UvSystem.randomToken, UvSystem.randomToken))
    // So that a wake-up is seen from the first poll of the descriptor on.
    loop.serviceWithoutWaiting()
    madeAt = loop.now
    hub.now = madeAt
    // Its own deadlines, one for each stage, come after the one of all.
    let seconds = limits.handshakeTimeoutMilliseconds / 1000 + 2
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
        .warning, .descriptorsMany,
        "the descriptor limit is \(descriptors): libwebsockets uses 2560 of them when it is over "
          + "ten million; lower it with ulimit -n",
        ["descriptors": .number(UInt64(descriptors))])
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
    endLastTurn()
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
    return hub.hasEffects || hub.hasOutput ? 0 : loop.timeout
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
    closeListeners()
    farewell = nil
    layer?.close()
    hub.tellGaps(isLast: true)
    resolver?.close()
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
