/// The whole engine without its sockets: who is connected, who is in which group, what waits.
///
/// Inputs and the time go in; what is to be done comes out, as return values, as `effects` to be
/// carried out in order once a call has returned, and as outboxes that want to be written. It is
/// never re-entered: handlers of the host run as effects, and may call in again.
package final class Hub {
  package let limits: Limits
  /// Random, handed in: tells addresses of this server from those of others.
  package let token: UInt64
  /// Milliseconds on a clock that never steps back; set by the owner before other inputs.
  package var now: UInt64 = 0

  var channels: ContiguousArray<Channel> = []
  var router = Router<Int>()
  var consumers: ContiguousArray<Consumer> = []
  var freeSlots: ContiguousArray<Int32> = []
  /// Consumers in slots, connected or not yet forgotten.
  package internal(set) var occupied = 0
  var generation: UInt64
  var groups = GroupTable()
  var deadlines = Deadlines()
  /// Timers that were asked for, and deadlines that nobody waits for any more.
  var timers: Set<UInt64> = []
  var retired = 0
  /// How often what a peer can cause was logged.
  var unjoinableLog = RareLog()
  /// By status.
  var refusedLogs: [Int: RareLog] = [:]
  var proxyHeaderLog = RareLog()
  var handshakeLog = RareLog()
  /// By limit; position 0 is unused.
  var limitLogs = [RareLog](repeating: RareLog(), count: Limit.allCases.count + 1)
  var addressRates: AddressRates?
  /// What is queued to all, half received from them, and held while they are undecided.
  var memoryBytes = 0
  /// Of that, what the sockets of those hold back who were ended to make room.
  var leavingBytes = 0
  /// Room was made in this turn.
  var hasShed = false
  /// Limits that were reached in this turn, each once, and as a set of bits.
  var reachedLimits: ContiguousArray<LimitReached> = []
  var reachedSet: UInt64 = 0
  /// Consumers that messages were dropped of in this turn.
  var droppedOf: ContiguousArray<ConsumerID> = []
  var effects: [Effect] = []
  /// Whether groups are shared with other processes.
  package internal(set) var hasLayer = false
  /// What the layer lost in this turn.
  var layerGaps: [LayerGap.Kind: GapsOfTurn] = [:]
  var gapLogs: [LayerGap.Kind: RareLog] = [:]
  /// When losses of a kind were told last; and whether there is a deadline for the next time.
  var gapsToldAt: [LayerGap.Kind: UInt64] = [:]
  var isGapDue = false
  var disconnectedLog = RareLog()
  /// Slots whose outboxes want to be written at the end of this tick.
  package var dirty: ContiguousArray<Int32> = []
  /// What `nextWrite` put side by side.
  package internal(set) var gathered = Gathered()
  var counters = Statistics()
  var sent = Traffic()
  var pastEndings: PastEndings
  /// How late deadlines ran.
  var lateness = Histogram.ofMilliseconds
  /// All instances; of no models until the host's are whole.
  package internal(set) var store: Store
  let secret: Secret
  var sessions: [Name: Session] = [:]
  var sessionCount: UInt64 = 0
  var calls: CallTable
  var loads: [LoadID: Load] = [:]
  var loadIDs: [LoadKey: LoadID] = [:]
  var loadCount: UInt64 = 0
  var isSweepArmed = false
  /// Nobody new is let in, and everybody is seen off.
  package internal(set) var isDraining = false
  /// How many there were when that began.
  var drainTotal = 0
  private var stoppingWith: CloseCode?
  private(set) var hasStopped = false

  /// Makes an empty hub; the token also decides where consumer ids begin, so that ids of several
  /// servers differ.
  package init(limits: Limits, token: UInt64, secret: Secret) {
    self.limits = limits
    self.token = token
    generation = (token >> 25) & (ConsumerID.generationMask >> 1)
    self.secret = secret
    pastEndings = PastEndings(limits.endingsKept)
    store = Store(.empty, limits: limits)
    calls = CallTable(generation: (token >> 21) & (ConsumerID.generationMask >> 1))
    addressRates = limits.connectsPerAddress.map { AddressRates($0) }
    consumers.reserveCapacity(min(limits.connectionsMax, 4096))
  }

  package var hasEffects: Bool { !effects.isEmpty }

  /// Hands over what is to be done, in order.
  package func takeEffects() -> [Effect] {
    var taken: [Effect] = []
    swap(&taken, &effects)
    return taken
  }

  package var statistics: Statistics {
    var answer = counters
    answer.groups = UInt64(groups.count)
    answer.instances = UInt64(store.count)
    answer.storeBytes = UInt64(truncatingIfNeeded: store.bytes)
    answer.scopes = UInt64(store.scopeCount)
    answer.callsOpen = UInt64(calls.count)
    answer.messagesOut = sent.messages
    answer.bytesOut = sent.bytes
    answer.memoryBytes = UInt64(clamping: memoryBytes)
    // By position: a copy of each would cost more than all the rest.
    for slot in consumers.indices {
      if consumers[slot].isUpgraded { answer.consumers &+= 1 }
      answer.outboxBytes &+= UInt64(truncatingIfNeeded: consumers[slot].outbox.bytes)
    }
    return answer
  }

  package func log(_ record: LogRecord) { effects.append(.log(record)) }

  package func log(
    _ level: LogLevel, _ event: LogEvent, _ message: String,
    _ fields: KeyValuePairs<StaticString, LogValue> = [:]
  ) {
    effects.append(.log(LogRecord(level, event, message, fields)))
  }

  // MARK: counters of what happens outside

  package func countStoreDrop() { counters.dropsStore &+= 1 }
  package func countGone() { counters.dropsGone &+= 1 }
  package func countMailboxFull(_ count: UInt64, maximum: Int) {
    counters.dropsMailboxFull &+= count
    reached(.mailbox, UInt64(clamping: maximum), times: count)
  }
}

// MARK: - setup

extension Hub {
  /// Registers a channel; its position is its name from now on.
  package func register(_ channel: Channel) throws(Failure) -> Int {
    try router.add(channel.pattern, channels.count)
    channels.append(channel)
    return channels.count - 1
  }

  /// Says which handler of the host an event of this type gets on a channel.
  package func registerEvent(
    _ type: String, channel: Int, handler: Int
  ) throws(Failure) {
    guard channels.indices.contains(channel) else { throw .invalid("no channel \(channel)") }
    guard channels[channel].eventHandlers[Name(type)] == nil else {
      throw .exists("event type \(Failure.quote(type)) has a handler")
    }
    channels[channel].eventHandlers[Name(type)] = handler
  }

  package func channelExists(_ channel: Int) -> Bool { channels.indices.contains(channel) }
}

// MARK: - consumers by id

extension Hub {
  /// The slot of a consumer that is still known.
  func slot(_ id: ConsumerID) -> Int? {
    let slot = id.slot
    guard id.raw != 0, slot < consumers.count, consumers[slot].id == id else { return nil }
    return slot
  }

  /// The slot of a consumer that can still be sent something.
  func reachable(_ id: ConsumerID) throws(Failure) -> Int {
    guard let slot = slot(id), consumers[slot].isReachable else {
      throw .gone("consumer \(id.raw) is gone")
    }
    return slot
  }

  package func channel(of id: ConsumerID) -> Int? { slot(id).map { consumers[$0].channel } }
  package func request(of id: ConsumerID) -> Request? { slot(id).flatMap { consumers[$0].request } }
  package func user(of id: ConsumerID) -> String?? { slot(id).map { consumers[$0].user } }
  package func isReachable(_ id: ConsumerID) -> Bool {
    slot(id).map { consumers[$0].isReachable } ?? false
  }

  package func parameter(_ name: String, of id: ConsumerID) -> ArraySlice<UInt8>? {
    guard let slot = slot(id) else { return nil }
    let names = channels[consumers[slot].channel].pattern.parameterNames
    return names.firstIndex(of: name).flatMap { consumers[slot].request?.parameter($0) }
  }

  /// Whether more of the request than the kept headers can still be asked for.
  package func isUndecided(_ id: ConsumerID) -> Bool {
    guard let slot = slot(id) else { return false }
    switch consumers[slot].state {
    case .deciding, .undecided: return true
    default: return false
    }
  }

  /// The channel's context; nil for a plain channel.
  package func context(of channel: Int) -> Context? {
    channels.indices.contains(channel) ? channels[channel].context : nil
  }

  /// Registers an action on a context channel.
  package func register(_ action: Action, channel: Int) throws(Failure) {
    guard let context = context(of: channel) else {
      throw .invalid("channel \(channel &+ 1) is no context channel")
    }
    guard context.add(action) else {
      throw .exists("action \(Failure.quote(action.name.text)) is registered")
    }
  }

  package func setUser(_ user: String?, of id: ConsumerID) throws(Failure) {
    let slot = try reachable(id)
    guard consumers[slot].user != user else { return }
    consumers[slot].user = user
    if let follower = consumers[slot].follower { changeUser(slot, follower) }
  }

  /// Forgets a consumer, after everything that was to be told about it was told.
  package func release(_ id: ConsumerID) {
    guard let slot = slot(id) else { return }
    consumers[slot] = Self.nobody
    freeSlots.append(Int32(truncatingIfNeeded: slot))
    occupied &-= 1
    retire(1)
    if isDraining, occupied == 0 { endOfDraining() }
    stopIfEmpty()
  }

  private static var nobody: Consumer {
    Consumer(id: ConsumerID(raw: 0), channel: 0, state: .free, request: nil, at: 0)
  }
}

// MARK: - stopping

extension Hub {
  package var isStopping: Bool { stoppingWith != nil }

  /// Sees off one that came in while the others were.
  func closeIfStopping(_ slot: Int) {
    if let code = stoppingWith { beginClosing(slot, Ending(cause: .stopped, code: code)) }
  }

  /// Sees everybody off: what is queued, then a close frame; new connections are refused.
  package func stop(_ code: CloseCode) {
    guard !isStopping else { return }
    stoppingWith = code
    deadlines.add(.stop, at: now &+ limits.flushTimeoutMilliseconds)
    for slot in consumers.indices {
      switch consumers[slot].state {
      case .undecided, .open: beginClosing(slot, Ending(cause: .stopped, code: code))
      case .free, .deciding, .closing, .answered, .gone: break
      }
    }
    stopIfEmpty()
  }

  /// Gives everybody up at once: whoever ends from now on was stopped.
  package func stopNow() {
    let code = stoppingWith ?? .goingAway
    stoppingWith = code
    for slot in consumers.indices {
      switch consumers[slot].state {
      case .undecided, .open: answered(slot, Ending(cause: .stopped, code: code))
      case .free, .deciding, .closing, .answered, .gone: break
      }
    }
    finishStopping()
  }

  func finishStopping() {
    guard !hasStopped else { return }
    hasStopped = true
    effects.append(.stopped)
  }

  private func stopIfEmpty() {
    if isStopping, occupied == 0 { finishStopping() }
  }
}
