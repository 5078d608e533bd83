// The memory of all consumers together: counted where it comes and goes, and bounded once a turn.
extension Hub {
  /// At three quarters of the bound nobody new comes.
  var isMemoryShort: Bool {
    guard let most = limits.memoryBytesMax else { return false }
    return memoryBytes >= most &- most / 4
  }

  // MARK: counting

  /// Drops what waits to be written to a consumer.
  func dropWaiting(_ slot: Int) {
    memoryBytes &-= consumers[slot].outbox.waitingBytes
    counters.dropsQueued &+= UInt64(consumers[slot].outbox.dropWaiting())
  }

  func dropState(_ slot: Int) {
    memoryBytes &-= consumers[slot].outbox.stateBytes
    consumers[slot].outbox.dropState()
  }

  /// The socket holds nothing back any more.
  func forgetBuffered(_ slot: Int) {
    let bytes = consumers[slot].outbox.bufferedBytes
    memoryBytes &-= bytes
    if consumers[slot].isShed { leavingBytes &-= bytes }
    consumers[slot].outbox.drained()
  }

  /// Forgets what was received of a consumer that ends; the caller changes its state next.
  func forgetInput(_ slot: Int) {
    memoryBytes &-= consumers[slot].fragments.count
    consumers[slot].fragments = []
    if case .undecided(_, let bytes) = consumers[slot].state {
      memoryBytes &-= bytes
      consumers[slot].state = .undecided(held: [], bytes: 0)
    }
  }

  /// Takes the frames that came before a client was let in.
  func takeHeld(_ follower: Follower) -> [[UInt8]] {
    var held: [[UInt8]] = []
    swap(&held, &follower.held)
    for text in held { memoryBytes &-= text.count }
    return held
  }

  /// Adds state that waits for room in the outbox.
  func hold(_ frames: ContiguousArray<Frame>, _ follower: Follower) {
    let bytes = frames.reduce(0) { $0 &+ $1.count }
    follower.feedBytes &+= bytes
    memoryBytes &+= bytes
    follower.feed.append(contentsOf: frames)
  }

  func forgetFeed(_ follower: Follower) {
    memoryBytes &-= follower.feedBytes
    follower.feedBytes = 0
    follower.feed = []
    follower.feedStart = 0
  }

  // MARK: shedding

  /// Makes room when the bound was reached: first state that its reader can get again, then whoever
  /// has most. Looks at everybody, and so at most once a turn.
  func shedIfFull() {
    guard let most = limits.memoryBytesMax, memoryBytes &- leavingBytes >= most else { return }
    if !hasShed {
      hasShed = true
      reached(.memory, UInt64(clamping: most))
    }
    for slot in slots(byMost: droppableBytes) where memoryBytes &- leavingBytes >= most {
      if let follower = consumers[slot].follower { fallBehind(slot, follower) }
    }
    guard memoryBytes &- leavingBytes >= most else { return }
    for slot in slots(byMost: closingBytes) where memoryBytes &- leavingBytes >= most {
      shedClosing(slot)
    }
    for slot in slots(byMost: heldBytes) where memoryBytes &- leavingBytes >= most {
      shed(slot, mayLeave: most / 8)
    }
  }

  /// Those that have anything, who has most first.
  private func slots(byMost measure: (Int) -> Int) -> [Int] {
    var found: [(slot: Int, bytes: Int)] = []
    for slot in consumers.indices {
      let bytes = measure(slot)
      if bytes > 0 { found.append((slot, bytes)) }
    }
    found.sort { $0.bytes > $1.bytes }
    return found.map(\.slot)
  }

  /// State that waits behind what the socket did not take.
  private func droppableBytes(_ slot: Int) -> Int {
    guard let follower = consumers[slot].follower, follower.phase == .following,
      consumers[slot].isReachable, consumers[slot].outbox.isBlocked
    else { return 0 }
    return consumers[slot].outbox.stateBytes &+ follower.feedBytes
  }

  /// What waits ahead of a farewell.
  private func closingBytes(_ slot: Int) -> Int {
    guard case .closing = consumers[slot].state, !consumers[slot].isShed else { return 0 }
    return consumers[slot].outbox.bytes
  }

  /// Somebody who leaves, and does not read what comes before the farewell, goes without it.
  private func shedClosing(_ slot: Int) {
    guard case .closing(let ending) = consumers[slot].state else { return }
    leavingBytes &+= consumers[slot].outbox.bufferedBytes
    consumers[slot].isShed = true
    answered(slot, ending)
    effects.append(.drop(consumers[slot].id))
  }

  /// All that is counted of one consumer that is not ending yet.
  private func heldBytes(_ slot: Int) -> Int {
    guard consumers[slot].isReachable else { return 0 }
    var bytes = consumers[slot].outbox.bytes &+ consumers[slot].fragments.count
    if case .undecided(_, let held) = consumers[slot].state { bytes &+= held }
    if let follower = consumers[slot].follower {
      bytes &+= follower.held.reduce(follower.feedBytes) { $0 &+ $1.count }
    }
    return bytes
  }

  /// Ends a consumer to make room. What its socket holds back cannot be taken back: of that no more
  /// than a little stays for the length of a farewell, then such consumers are dropped at once.
  private func shed(_ slot: Int, mayLeave most: Int) {
    let ending = Ending.told(.shed, limits.slowCloseCode, .shed)
    let buffered = consumers[slot].outbox.bufferedBytes
    leavingBytes &+= buffered
    consumers[slot].isShed = true
    if buffered > 0, leavingBytes > most {
      answered(slot, ending)
      effects.append(.drop(consumers[slot].id))
    } else {
      dropWaiting(slot)
      turnAway(slot, status: 503, ending)
    }
  }
}
