/// What becomes of a piece of a message.
package enum Reception {
  case nothing
  /// The piece was the whole message: the host's handler gets it as it is.
  case deliver(MessageKind, channel: Int)
  /// The host's handler for an action; its parameters are this part of the message.
  case action(CallID, handler: Int, Range<Int>)
}

/// A piece of a message as the transport got it.
package struct Piece {
  package let kind: MessageKind
  package let isFirst: Bool
  package let isLast: Bool
  /// Bytes of this frame that are still to come.
  package let remaining: Int

  package init(kind: MessageKind, isFirst: Bool, isLast: Bool, remaining: Int) {
    self.kind = kind
    self.isFirst = isFirst
    self.isLast = isLast
    self.remaining = remaining
  }
}

extension Hub {
  /// Takes a piece of a message; a message in one piece is not copied.
  package func received(
    _ id: ConsumerID, _ piece: Piece, _ bytes: Span<UInt8>
  ) -> Reception {
    guard let slot = slot(id) else { return .nothing }
    // Before anything is changed: what few channels have costs the others a comparison.
    if let allowance = consumers[slot].allowance {
      guard isAllowed(slot, allowance, piece, bytes.count) else { return .nothing }
    }
    consumers[slot].heardAt = now
    let isHeld: Bool
    switch consumers[slot].state {
    case .open: isHeld = false
    case .undecided: isHeld = true
    case .free, .deciding, .closing, .answered, .gone: return .nothing
    }
    if piece.isFirst { consumers[slot].fragmentsKind = nil }
    let kind = consumers[slot].fragmentsKind ?? piece.kind
    let position = consumers[slot].channel
    let channel = channels[position]
    guard channel.takes(kind) else {
      fail(slot, .badKind, .unsupportedData)
      return .nothing
    }
    // No sum can overflow: what is held is below the limit, and a piece is a buffer's size.
    let soFar = consumers[slot].fragments.count &+ bytes.count
    guard soFar <= limits.messageBytesMax, piece.remaining <= limits.messageBytesMax &- soFar else {
      reached(.message, UInt64(clamping: limits.messageBytesMax), slot: slot)
      fail(slot, .tooLarge, .messageTooLarge)
      return .nothing
    }
    guard piece.isLast else {
      consumers[slot].fragmentsKind = kind
      if consumers[slot].fragments.isEmpty, piece.remaining > 0 {
        // No more than a little is believed of what a peer announces.
        let announced = min(piece.remaining, Limits.announcedBytesMax)
        consumers[slot].fragments.reserveCapacity(soFar &+ announced)
      }
      append(bytes, to: &consumers[slot].fragments)
      memoryBytes &+= bytes.count
      if isHeld { pauseIfFull(slot) }
      return .nothing
    }
    guard consumers[slot].fragments.isEmpty else {
      var whole: [UInt8] = []
      swap(&whole, &consumers[slot].fragments)
      memoryBytes &-= whole.count
      append(bytes, to: &whole)
      consumers[slot].fragmentsKind = nil
      finish(slot, kind, whole, isHeld: isHeld)
      return .nothing
    }
    consumers[slot].fragmentsKind = nil
    if isHeld {
      var whole: [UInt8] = []
      append(bytes, to: &whole)
      finish(slot, kind, whole, isHeld: true)
      return .nothing
    }
    guard isSound(slot, kind, bytes) else { return .nothing }
    if channel.context != nil { return receivedContext(slot, bytes) }
    if channel.broadcastsReceived { relay(slot, Frame(kind, bytes)) }
    // What it sent may have filled its own outbox.
    return channel.hasHandler(for: kind) && consumers[slot].isReachable
      ? .deliver(kind, channel: position) : .nothing
  }

  private func append(_ bytes: Span<UInt8>, to array: inout [UInt8]) {
    bytes.withUnsafeBufferPointer { array.append(contentsOf: $0) }
  }

  /// Checks and counts a whole message.
  private func isSound(_ slot: Int, _ kind: MessageKind, _ bytes: Span<UInt8>) -> Bool {
    if kind == .text, (try? UTF8Span(validating: bytes)) == nil {
      fail(slot, .badText, .invalidPayload)
      return false
    }
    counters.messagesIn &+= 1
    counters.bytesIn &+= UInt64(truncatingIfNeeded: bytes.count)
    return true
  }

  private func finish(_ slot: Int, _ kind: MessageKind, _ bytes: [UInt8], isHeld: Bool) {
    guard isSound(slot, kind, bytes.span) else { return }
    guard isHeld, case .undecided(var held, let count) = consumers[slot].state else {
      deliverLater(slot, kind, bytes)
      return
    }
    consumers[slot].state = .free  // so that the list is not copied
    held.append(Consumer.Message(kind: kind, bytes: bytes))
    // An empty message takes room as well.
    memoryBytes &+= bytes.count &+ 64
    consumers[slot].state = .undecided(held: held, bytes: count &+ bytes.count &+ 64)
    pauseIfFull(slot)
  }

  /// Reads no more from one that is undecided and has sent as much as is held for it.
  private func pauseIfFull(_ slot: Int) {
    guard !consumers[slot].isPaused, case .undecided(_, let held) = consumers[slot].state,
      held &+ consumers[slot].fragments.count > limits.undecidedBytesMax
    else { return }
    consumers[slot].isPaused = true
    effects.append(.pauseReading(consumers[slot].id))
  }

  /// Hands over a message that is ours: held, or put together.
  func deliverLater(_ slot: Int, _ kind: MessageKind, _ bytes: [UInt8]) {
    let channel = channels[consumers[slot].channel]
    guard channel.context == nil else {
      if case .action(let call, let handler, let parameters) = receivedContext(slot, bytes.span) {
        effects.append(
          .action(consumers[slot].id, call, handler: handler, Array(bytes[parameters])))
      }
      return
    }
    if channel.broadcastsReceived { relay(slot, Frame(kind, bytes.span)) }
    if channel.hasHandler(for: kind) {
      effects.append(.message(consumers[slot].id, kind, bytes))
    }
  }

  private func relay(_ slot: Int, _ frame: Frame) {
    // One at a time by position: a member that is too slow, the sender among them, leaves.
    for position in 0..<channels[consumers[slot].channel].groups.count {
      guard position < consumers[slot].channelGroups.count else { return }
      broadcast(frame, toGroup: consumers[slot].channelGroups[position], except: nil)
    }
  }

  /// The peer answered a ping.
  package func ponged(_ id: ConsumerID) {
    if let slot = slot(id) { consumers[slot].heardAt = now }
  }

  /// A close frame of the peer's arrived. Tells whether the transport still has to answer it.
  package func peerClosed(_ id: ConsumerID, _ payload: [UInt8]) -> Bool {
    guard let slot = slot(id) else { return false }
    switch consumers[slot].state {
    case .closing(var ending) where consumers[slot].outbox.isEmpty:
      // What the socket still holds back, our close among it, will not go out any more.
      ending.isClean = !consumers[slot].outbox.isBlocked
      answered(slot, ending)
      return false
    case .free, .gone, .answered:
      return false
    case .deciding, .undecided, .open, .closing:
      var ending = Ending(cause: .peer, code: .noStatus, isClean: true)
      if payload.count >= 2 {
        ending.code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        let reason = Array(payload.dropFirst(2))
        if (try? UTF8Span(validating: reason.span)) != nil { ending.reason = reason }
      }
      answered(slot, ending)
      return true
    }
  }

  /// The transport ends the connection by itself: the peer broke the protocol, or vanished.
  package func givenUp(_ id: ConsumerID) {
    guard let slot = slot(id) else { return }
    switch consumers[slot].state {
    case .undecided, .open: answered(slot, .lost)
    case .free, .deciding, .closing, .answered, .gone: return
    }
  }

  /// The connection is gone, whatever the reason.
  package func gone(_ id: ConsumerID) {
    guard let slot = slot(id) else { return }
    let ending: Ending?
    switch consumers[slot].state {
    case .free, .gone: return
    case .deciding: ending = nil
    case .undecided, .open: ending = .lost
    case .closing(let told), .answered(let told): ending = told
    }
    leaveAll(slot)
    leaveContext(slot)
    dropWaiting(slot)
    forgetBuffered(slot)
    forgetInput(slot)
    consumers[slot].state = .gone
    consumers[slot].isUpgraded = false
    effects.append(.phase(id, nil))
    if let ending {
      counters.endings[ending.cause.rawValue] &+= 1
      remember(slot, ending)
      effects.append(.disconnect(id, ending))
    }
    effects.append(.released(id))
  }
}
