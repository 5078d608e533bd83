// Actions and writes: what a client asks for, and its one answer.
extension Hub {
  /// Takes a frame of a client that is in.
  func receivedRequest(_ slot: Int, _ follower: Follower, _ text: Span<UInt8>) -> Reception {
    if let allowance = consumers[slot].allowance, let limit = allowance.exceeded {
      refuseRequest(slot, text, allowance, limit)
      return .nothing
    }
    guard let frame = ClientFrame(text, depthMax: limits.jsonDepthMax) else {
      ignore(slot, follower, text)
      return .nothing
    }
    if let type = frame.type, type.isString("write", text) {
      receivedWrite(slot, follower, frame, text)
      return .nothing
    }
    guard let callID = frame.callID, callID.range.count <= Limits.callNameBytesMax else {
      // A second token is no news.
      if frame.token == nil { ignore(slot, follower, text) }
      return .nothing
    }
    return call(slot, follower, frame, Self.bytes(text, callID.range), text)
  }

  static func bytes(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    text.extracting(range).withUnsafeBytes { Array($0) }
  }

  // MARK: actions

  private func call(
    _ slot: Int, _ follower: Follower, _ frame: ClientFrame, _ wireID: [UInt8], _ text: Span<UInt8>
  ) -> Reception {
    func refuse(_ code: Int, _ message: String) -> Reception {
      counters.callsFailed &+= 1
      store.writer.writeActionError(wireID, code, message)
      answer(slot)
      return .nothing
    }
    counters.calls &+= 1
    guard let name = frame.action, name.kind == .string, let params = frame.params,
      params.kind == .array || (params.kind == .object && follower.dialect == .own)
    else { return refuse(400, "requires callId, action, and params fields") }
    let contents = (name.range.lowerBound &+ 1)..<(name.range.upperBound &- 1)
    guard let action = follower.context.action(contents, in: text) else {
      return refuse(404, "no action \"\(JSONText.shown(text, contents))\"")
    }
    guard action.allowsAnonymous || consumers[slot].user != nil else {
      return refuse(403, "not authenticated")
    }
    if let grant = action.grant, !follower.grants.contains(grant) {
      return refuse(403, "not granted")
    }
    var parameters: [UInt8]?
    if let declared = action.parameters {
      do {
        parameters = try Parameters.check(text, params, declared)
      } catch { return refuse(400, error.message) }
    }
    guard let id = openCall(slot, follower, wireID, nil) else {
      return refuse(429, "too many calls wait for an answer")
    }
    if let parameters {
      effects.append(.action(consumers[slot].id, id, handler: action.handler, parameters))
      return .nothing
    }
    return .action(id, handler: action.handler, params.range)
  }

  /// Opens a call, and sees to it that it is answered in time; nil when too many wait.
  func openCall(
    _ slot: Int, _ follower: Follower, _ wireID: [UInt8], _ write: WriteRequest?
  ) -> CallID? {
    guard follower.calls.count < limits.callsPerConsumerMax else {
      reached(.calls, UInt64(clamping: limits.callsPerConsumerMax), slot: slot)
      return nil
    }
    let due = now &+ limits.callTimeoutMilliseconds
    guard let id = calls.open(consumers[slot].id, wireID: wireID, write: write, due: due) else {
      return nil
    }
    follower.calls.append(id)
    if !calls.isDueArmed {
      calls.isDueArmed = true
      deadlines.add(.calls, at: due)
    }
    return id
  }

  /// Takes a call out; gone when it was answered, or its client is. Who answers sees to it that
  /// other threads know.
  func take(_ id: CallID) throws(Failure) -> (Call, Int, Follower) {
    guard let call = calls.close(id) else { throw .gone("call \(id.raw) is gone") }
    guard let slot = slot(call.consumer), let follower = consumers[slot].follower else {
      throw .gone("call \(id.raw) is gone")
    }
    if let position = follower.calls.lastIndex(of: id) { follower.calls.remove(at: position) }
    return (call, slot, follower)
  }

  /// Queues what is in the writer.
  func answer(_ slot: Int) {
    guard consumers[slot].isReachable else { return }
    let bytes = Frame.bytes(forPayload: store.writer.count)
    guard fits(slot, bytes) else { return refuseToQueue(slot) }
    memoryBytes &+= bytes
    store.writer.withBytes {
      consumers[slot].outbox.append(.text, $0.bindMemory(to: UInt8.self).span)
    }
    if !consumers[slot].isDirty { markDirty(slot) }
  }

  // MARK: answers of the host

  package func isOpen(_ id: CallID) -> Bool { calls.isWrite(id) != nil }

  /// Answers an action with a result that was checked to be JSON.
  package func finish(_ id: CallID, result: Span<UInt8>) throws(Failure) {
    if calls.isWrite(id) == true { throw .invalid("call \(id.raw) is a write") }
    let (call, slot, _) = try take(id)
    store.writer.writeResult(call.wireID, result)
    answer(slot)
  }

  /// Answers an action or a write with an error.
  package func fail(_ id: CallID, _ code: Int, _ message: String) throws(Failure) {
    let (call, slot, _) = try take(id)
    counters.callsFailed &+= 1
    if call.write == nil {
      store.writer.writeActionError(call.wireID, code, message)
    } else {
      store.writer.writeWriteError(call.wireID, code, message)
    }
    answer(slot)
  }

  /// Calls that were not answered in time.
  func callsAreDue() {
    while let id = calls.nextDue(at: now) {
      counters.callsTimedOut &+= 1
      try? fail(id, 504, "not answered in time")
      effects.append(.callOver(id))
    }
    calls.isDueArmed = calls.nextDueTime != nil
    if let next = calls.nextDueTime { deadlines.add(.calls, at: next) }
  }

  /// A client is gone, and nobody is left to answer.
  func forgetCalls(_ follower: Follower) {
    for id in follower.calls where calls.close(id) != nil { effects.append(.callOver(id)) }
    follower.calls = []
  }

  // MARK: grants and variables

  package func setGrant(
    _ id: ConsumerID, _ grant: Name, isGranted: Bool
  ) throws(Failure) {
    let (_, follower) = try follower(id)
    guard isGranted else {
      follower.grants.remove(grant)
      return
    }
    guard follower.grants.count < Limits.grantsMax || follower.grants.contains(grant) else {
      throw .full("consumer has \(Limits.grantsMax) grants, the limit")
    }
    follower.grants.insert(grant)
  }

  /// Sets a runtime variable to a value that was checked to be JSON.
  package func setVariable(_ id: ConsumerID, _ name: Name, _ json: [UInt8]) throws(Failure) {
    let (slot, follower) = try follower(id)
    try follower.context.checkVariable(name, json)
    if let position = follower.variables.firstIndex(where: { $0.name == name }) {
      guard follower.variables[position].json != json else { return }
      follower.variables[position].json = json
    } else {
      guard follower.variables.count < Limits.variablesMax else {
        throw .full("consumer has \(Limits.variablesMax) variables, the limit")
      }
      follower.variables.append((name, json))
    }
    // Who is not in yet is told once it is.
    if follower.isIn { queue(ServerFrames.variable(name, json), slot) }
  }

  package func variable(_ id: ConsumerID, _ name: Name) throws(Failure) -> [UInt8] {
    let (_, follower) = try follower(id)
    guard let variable = follower.variables.first(where: { $0.name == name }) else {
      throw .notFound("no variable \(Failure.quote(name.text))")
    }
    return variable.json
  }
}
