/// What the hub says to an opening request.
package enum Admission {
  case refuse(status: Int)
  /// The host's connect handler decides.
  case ask(ConsumerID, channel: Int)
  /// A public channel without a handler.
  case admit(ConsumerID)
}

/// What is answered once the connect handler has returned.
package enum Answer: Equatable {
  case refuse(status: Int)
  case upgrade(subprotocol: [UInt8]?)
}

extension Hub {
  /// The channel a path belongs to, for requests that are no WebSocket handshakes.
  package func hasChannel(at path: [UInt8]) -> Bool { router.match(path) != nil }

  /// Checks an opening request, and gives it a consumer if nothing speaks against it.
  package func open(_ opening: Opening) -> Admission {
    let admission = admit(opening)
    if case .refuse(let status) = admission {
      refuse(
        status, peer: opening.peer, path: opening.path, origin: opening.origin,
        // That nobody is let in any more, or that it is full, is said elsewhere.
        isToldOf: status != 503)
    }
    return admission
  }

  /// A connection is answered with this status, without a consumer.
  package func refuse(
    _ status: Int, peer: [UInt8], path: [UInt8], origin: [UInt8]? = nil, isToldOf: Bool = true
  ) {
    counters.connectionsRefused &+= 1
    guard isToldOf, let count = refusedLogs[status, default: RareLog()].happened(at: now) else {
      return
    }
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(256), as: UTF8.self) }
    let words = "connection of \(text(peer)) refused with \(status): \(Failure.quote(text(path)))"
    log(
      .info, .connectionRefused, "\(words); \(count) since this was last said",
      [
        "status": LogValue(status), "peer": .text(text(peer)), "path": .text(text(path)),
        "origin": .text(origin.map(text) ?? ""), "count": .number(count),
      ])
  }

  private func admit(_ opening: Opening) -> Admission {
    guard !isStopping, !isDraining else { return .refuse(status: 503) }
    guard opening.isGet, opening.path.count <= limits.pathBytesMax else {
      return .refuse(status: 400)
    }
    guard let match = router.match(opening.path) else { return .refuse(status: 404) }
    guard opening.version == Array("13".utf8) else { return .refuse(status: 426) }
    guard opening.key.map(Self.isKey) ?? false, opening.host != nil, !opening.isSubprotocolListBad
    else { return .refuse(status: 400) }
    for range in match.parameters {
      guard (try? UTF8Span(validating: opening.path.span.extracting(range))) != nil else {
        return .refuse(status: 400)
      }
    }
    let channel = channels[match.target]
    guard
      channel.origins.allows(
        origin: opening.origin.map { String(decoding: $0, as: UTF8.self) },
        host: opening.host.map { String(decoding: $0, as: UTF8.self) },
        isOriginRequired: channel.isOriginRequired),
      channel.hasConnectHandler || channel.isPublic || channel.context != nil
    else { return .refuse(status: 403) }
    if let context = channel.context, let position = context.parameter {
      // What is no id of the anchors' model names nothing.
      guard match.parameters.indices.contains(position),
        (try? InstanceID(url: opening.path[match.parameters[position]], idKind(context))) != nil
      else { return .refuse(status: 404) }
    }
    guard occupied < limits.connectionsMax else {
      reached(.connections, UInt64(clamping: limits.connectionsMax), peer: opening.peer)
      return .refuse(status: 503)
    }
    guard !isMemoryShort else { return .refuse(status: 503) }
    let request = Request(opening)
    request.setParameters(match.parameters)
    guard let id = enter(channel: match.target, request) else { return .refuse(status: 503) }
    effects.append(.phase(id, .deciding))
    return channel.hasConnectHandler ? .ask(id, channel: match.target) : .admit(id)
  }

  /// Sixteen bytes in base64 (RFC 6455 section 4.1).
  private static func isKey(_ key: [UInt8]) -> Bool {
    guard key.count == 24, key[22] == UInt8(ascii: "="), key[23] == UInt8(ascii: "=") else {
      return false
    }
    return key[..<22].allSatisfy {
      switch $0 {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
  }

  private func enter(channel: Int, _ request: Request) -> ConsumerID? {
    let slot = freeSlots.popLast().map(Int.init) ?? consumers.count
    guard slot < Limits.slotsMax else { return nil }
    generation = (generation &+ 1) & ConsumerID.generationMask
    if generation == 0 { generation = 1 }
    let id = ConsumerID(slot: slot, generation: generation)
    var consumer = Consumer(
      id: id, channel: channel, state: .deciding(.none), request: request, at: now)
    consumer.follower = channels[channel].context.map { Follower($0) }
    consumer.allowance = Allowance(channels[channel], at: now)
    consumer.watch = OutboxWatch(channels[channel])
    if slot == consumers.count { consumers.append(consumer) } else { consumers[slot] = consumer }
    occupied &+= 1
    return id
  }

  /// Says what to answer, after the connect handler returned or for a public channel.
  ///
  /// A refusal ends the consumer: `released` follows among the effects.
  package func answer(_ id: ConsumerID) -> Answer {
    guard let slot = slot(id), case .deciding(let decision) = consumers[slot].state else {
      return .refuse(status: 403)
    }
    if decision == .none, !channels[consumers[slot].channel].hasConnectHandler {
      do {
        try join(slot, channels[consumers[slot].channel].groups)
        consumers[slot].state = .deciding(.accepted)
      } catch {
        let reason = error.message
        if let count = unjoinableLog.happened(at: now) {
          log(
            .warning, .connectionUnjoinable,
            "connection refused: \(reason); \(count) since this was last said",
            ["reason": .text(reason), "count": .number(count)])
        }
        consumers[slot].state = .deciding(.rejected(status: 400))
      }
    }
    if case .deciding(.rejected(let status)) = consumers[slot].state {
      counters.connectionsRefused &+= 1
      gone(id)
      return .refuse(status: status)
    }
    consumers[slot].isAnswered = true
    return .upgrade(subprotocol: consumers[slot].request?.chosenSubprotocolBytes.map(Array.init))
  }

  /// The connection is a WebSocket now.
  package func upgraded(_ id: ConsumerID) {
    guard let slot = slot(id), case .deciding(let decision) = consumers[slot].state else { return }
    consumers[slot].isUpgraded = true
    consumers[slot].openedAt = now
    counters.connectionsAccepted &+= 1
    if let first = firstSilenceCheck { deadlines.add(.silence(id), at: now &+ first) }
    switch decision {
    case .accepted:
      becomeOpen(slot)
    case .closing(let ending):
      return beginClosing(slot, ending)
    case .none, .rejected:
      consumers[slot].state = .undecided(held: [], bytes: 0)
      effects.append(.phase(id, .undecided))
      if let wait = limits.connectTimeoutMilliseconds {
        deadlines.add(.connect(id), at: now &+ wait)
      }
    }
    closeIfStopping(slot)
  }

  private func becomeOpen(_ slot: Int) {
    consumers[slot].state = .open
    consumers[slot].request?.forgetHeaders(
      except: channels[consumers[slot].channel].keptHeaders)
    effects.append(.phase(consumers[slot].id, .open))
    beginFollowing(slot)
    if !consumers[slot].outbox.isEmpty { markDirty(slot) }
  }

  /// The host accepts a consumer; in its connect handler it may choose a subprotocol.
  package func accept(_ id: ConsumerID, subprotocol: String?) throws(Failure) {
    let slot = try undecided(id)
    var chosen: Int?
    if let subprotocol {
      guard case .deciding = consumers[slot].state, !consumers[slot].isAnswered else {
        throw .invalid("subprotocol \(Failure.quote(subprotocol)) comes after the upgrade")
      }
      chosen = consumers[slot].request?.position(ofSubprotocol: subprotocol)
      guard chosen != nil else {
        throw .invalid("subprotocol \(Failure.quote(subprotocol)) was not offered")
      }
    }
    try join(slot, channels[consumers[slot].channel].groups)
    consumers[slot].request?.choose(chosen)
    guard case .undecided(let held, let heldBytes) = consumers[slot].state else {
      consumers[slot].state = .deciding(.accepted)
      effects.append(.phase(id, .open))
      return
    }
    memoryBytes &-= heldBytes
    becomeOpen(slot)
    for message in held { deliverLater(slot, message.kind, message.bytes) }
    if consumers[slot].isPaused {
      consumers[slot].isPaused = false
      effects.append(.resumeReading(id))
    }
  }

  /// The host refuses a consumer: with a status before the upgrade, with a close after it.
  package func reject(
    _ id: ConsumerID, status: Int, code: CloseCode?, reason: [UInt8] = []
  ) throws(Failure) {
    let slot = try undecided(id)
    let ending = Ending(cause: .refused, code: code ?? limits.refusedCloseCode, reason: reason)
    turnAway(slot, status: status, ending)
  }

  /// Ends a consumer as its state allows: with a status, right after the upgrade, or with a close.
  func turnAway(_ slot: Int, status: Int, _ ending: Ending) {
    guard case .deciding = consumers[slot].state else { return beginClosing(slot, ending) }
    if consumers[slot].isAnswered {
      closeOnceUpgraded(slot, ending)
    } else {
      giveUpDeciding(slot, .rejected(status: status))
    }
  }

  /// The upgrade cannot be called back any more: it is closed as soon as it is there.
  func closeOnceUpgraded(_ slot: Int, _ ending: Ending) {
    giveUpDeciding(slot, .closing(ending))
  }

  private func giveUpDeciding(_ slot: Int, _ decision: Consumer.Decision) {
    leaveAll(slot)
    consumers[slot].state = .deciding(decision)
    effects.append(.phase(consumers[slot].id, .closing))
  }

  private func undecided(_ id: ConsumerID) throws(Failure) -> Int {
    guard let slot = slot(id) else { throw .gone("consumer \(id.raw) is gone") }
    switch consumers[slot].state {
    case .deciding(.none), .undecided: return slot
    case .deciding, .open: throw .exists("consumer \(id.raw) is decided already")
    case .closing, .answered, .gone, .free: throw .gone("consumer \(id.raw) is gone")
    }
  }
}

extension Hub {
  /// Whether the connect handler has returned, or will, without deciding.
  package func isWaiting(_ id: ConsumerID) -> Bool {
    guard let slot = slot(id), case .deciding(.none) = consumers[slot].state else { return false }
    return channels[consumers[slot].channel].hasConnectHandler
  }

  package func keptHeaders(of id: ConsumerID) -> [String] {
    slot(id).map { channels[consumers[$0].channel].keptHeaders } ?? []
  }
}
