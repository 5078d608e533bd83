// What happens when a limit is reached, besides what its own place does about it.
extension Hub {
  /// Counts it, and has the host told of it at the end of the turn.
  func reached(
    _ limit: Limit, _ maximum: UInt64, slot: Int? = nil, peer: [UInt8] = [], times: UInt64 = 1
  ) {
    counters.limits[limit.rawValue] &+= times
    if let since = limitLogs[limit.rawValue].happened(times, at: now) {
      log(record(limit, maximum, since, slot, peer))
    }
    let bit = UInt64(1) << UInt64(limit.rawValue)
    guard reachedSet & bit == 0 else { return }
    reachedSet |= bit
    reachedLimits.append(
      LimitReached(
        limit: limit, consumer: slot.map { consumers[$0].id }, maximum: maximum,
        count: counters.limits[limit.rawValue],
        peer: slot.flatMap { consumers[$0].request.map { Array($0.peerBytes) } } ?? peer))
  }

  private func record(
    _ limit: Limit, _ maximum: UInt64, _ since: UInt64, _ slot: Int?, _ peer: [UInt8]
  ) -> LogRecord {
    let (event, words) = Self.words(limit, maximum, slot.map { consumers[$0].id.raw } ?? 0, peer)
    let message = "\(words); \(since) since this was last said"
    let (most, count) = (LogValue.number(maximum), LogValue.number(since))
    func text(_ bytes: some Collection<UInt8>) -> LogValue {
      .text(String(decoding: bytes, as: UTF8.self))
    }
    guard let slot else {
      return LogRecord(
        .warning, event, message,
        peer.isEmpty
          ? ["maximum": most, "count": count]
          : ["peer": text(peer), "maximum": most, "count": count])
    }
    let consumer = consumers[slot]
    return LogRecord(
      .warning, event, message,
      [
        "consumer": .id(consumer.id), "peer": text(consumer.request?.peerBytes ?? []),
        "channel": .text(channels[consumer.channel].pattern.text),
        "user": .text(consumer.user ?? ""), "maximum": most, "count": count,
      ])
  }

  private static func words(
    _ limit: Limit, _ maximum: UInt64, _ id: UInt64, _ peer: [UInt8]
  ) -> (LogEvent, String) {
    let address = String(decoding: peer, as: UTF8.self)
    return switch limit {
    case .connections:
      (.limitConnections, "connection refused: \(maximum) consumers, the limit")
    case .address:
      (.limitAddress, "connection of \(address) dropped: \(maximum) at a time, the limit")
    case .addressRate:
      (.limitAddressRate, "connection of \(address) dropped: \(maximum) a second, the limit")
    case .messageRate:
      (.limitMessageRate, "consumer \(id) sends too fast: \(maximum) messages a second, the limit")
    case .byteRate:
      (.limitByteRate, "consumer \(id) sends too fast: \(maximum) bytes a second, the limit")
    case .outbox:
      (.consumerSlow, "consumer \(id) reads too slowly: \(maximum) bytes queued, the limit")
    case .memory:
      (.limitMemory, "memory is full: \(maximum) bytes queued to all, the limit")
    case .message:
      (.limitMessage, "consumer \(id) sent too much: \(maximum) bytes a message, the limit")
    case .groups: (.limitGroups, "consumer \(id) is in \(maximum) groups, the limit")
    case .mailbox: (.limitMailbox, "the mailbox is full: \(maximum), the limit")
    case .calls:
      (.limitCalls, "consumer \(id) waits for the answers to \(maximum) calls, the limit")
    }
  }

  // MARK: connections

  /// What the connections of an address are counted under: of IPv6 its first 64 bits.
  package static func network(_ address: [UInt8]) -> [UInt8] {
    AddressNetwork(address).map(\.key) ?? address
  }

  /// Whether one more connection is taken of an address that has so many.
  package func accepts(address: [UInt8], connections: Int) -> Bool {
    if let most = limits.connectionsPerAddressMax, connections >= most {
      reached(.address, UInt64(clamping: most), peer: address)
      return false
    }
    guard let rate = addressRates?.rate, addressRates?.takes(address, at: now) == false else {
      return true
    }
    reached(.addressRate, rate.perSecond, peer: address)
    return false
  }

  /// Somebody was turned away at the door, without a word.
  package func countDropped() { counters.connectionsDropped &+= 1 }

  /// Somebody who had to be introduced by a proxy was not, and is dropped.
  package func dropUnintroduced(_ peer: [UInt8]) {
    countDropped()
    guard let count = proxyHeaderLog.happened(at: now) else { return }
    let address = String(decoding: peer, as: UTF8.self)
    log(
      .warning, .connectionProxyHeader,
      "connection of \(address) dropped: no header of the PROXY protocol by a trusted proxy; "
        + "\(count) since this was last said",
      ["peer": .text(address), "count": .number(count)])
  }

  /// Somebody began a handshake of TLS and never finished it.
  package func countFailedHandshake(_ peer: [UInt8], _ reason: String) {
    counters.connectionsTlsFailed &+= 1
    guard let count = handshakeLog.happened(at: now) else { return }
    let address = String(decoding: peer, as: UTF8.self)
    log(
      .info, .connectionTlsFailed,
      "handshake of TLS with \(address) failed: \(reason); \(count) since this was last said",
      ["peer": .text(address), "reason": .text(reason), "count": .number(count)])
  }

  // MARK: rates

  /// Charges a piece of a message. What went past a rate on a context channel goes on to where it
  /// is known whether it can be answered; any other sender is closed.
  func isAllowed(_ slot: Int, _ allowance: Allowance, _ piece: Piece, _ count: Int) -> Bool {
    guard consumers[slot].isReachable else { return false }
    allowance.charge(piece, bytes: count, at: now)
    guard let limit = allowance.exceeded else { return true }
    switch consumers[slot].follower?.phase {
    case .listing, .loading, .following: return true
    default:
      reached(limit, allowance.maximum(limit), slot: slot)
      fail(slot, Self.ending(limit))
      return false
    }
  }

  /// Answers a call or a write that came too fast; any other frame is the last one.
  func refuseRequest(_ slot: Int, _ text: Span<UInt8>, _ allowance: Allowance, _ limit: Limit) {
    reached(limit, allowance.maximum(limit), slot: slot)
    let message = "too fast: \(allowance.maximum(limit)) \(Self.unit(limit)) a second, the limit"
    let frame = ClientFrame(text, depthMax: limits.jsonDepthMax)
    if let frame, let type = frame.type, type.isString("write", text), let id = frame.writeID,
      id.range.count <= Limits.callNameBytesMax
    {
      counters.writes &+= 1
      store.writer.writeWriteError(Self.bytes(text, id.range), 429, message)
    } else if let id = frame?.callID, id.range.count <= Limits.callNameBytesMax {
      counters.calls &+= 1
      store.writer.writeActionError(Self.bytes(text, id.range), 429, message)
    } else {
      return fail(slot, Self.ending(limit))
    }
    counters.callsFailed &+= 1
    answer(slot)
  }

  private static func ending(_ limit: Limit) -> Ending {
    let words: Ending.Words = limit == .byteRate ? .tooManyBytes : .tooManyMessages
    return .told(.tooFast, .policyViolation, words)
  }

  private static func unit(_ limit: Limit) -> String { limit == .byteRate ? "bytes" : "messages" }

  // MARK: turns

  /// Something has happened, for the first time since the owner waited.
  package func beginTurn() { hasShed = false }

  /// All was written that could be: what is too much is shed, and the host told what it comes to.
  /// Comes more than once a turn.
  package func endTurn() {
    shedIfFull()
    if !droppedOf.isEmpty { tellDrops() }
    tellGaps()
    guard reachedSet != 0 else { return }
    for var reached in reachedLimits {
      reached.count = counters.limits[reached.limit.rawValue]
      effects.append(.limit(reached))
    }
    reachedLimits.removeAll(keepingCapacity: true)
    reachedSet = 0
  }

  /// Whether the end of a turn has something to tell.
  var hasTurnToEnd: Bool { reachedSet != 0 || !droppedOf.isEmpty || hasGapsToTell }
}
