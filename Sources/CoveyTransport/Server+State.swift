package import CoveyCore

// What the host calls about state and context channels: on the loop's thread at once, from another
// checked as far as it can be and put into the mailbox.
extension Server {
  /// The models, whole from now on.
  package func schema() throws(Failure) -> Schema {
    let schema = try models.schema()
    if isOnLoop { adoptSchema(schema) }
    return schema
  }

  private func adoptSchema(_ schema: Schema) {
    if hub.store.schema !== schema { hub.adopt(schema, isToldOfChanges: isToldOfChanges) }
  }

  /// On the loop: the store of the declared models.
  private func readyStore() throws(Failure) {
    if !hasStore {
      adoptSchema(try models.schema())
      hasStore = true
    }
    if !isInHandler { hub.store.wallTime = UvSystem.wallMicroseconds }
  }

  // MARK: store

  package func put(_ draft: Draft) throws(Failure) {
    guard isOnLoop else { return try mail(.put(draft), bytes: draft.bytes) }
    try readyStore()
    try hub.commit(draft)
    touched()
  }

  package func delete(_ model: Int, _ id: InstanceID) throws(Failure) {
    guard isOnLoop else { return try mail(.commit([.delete(model: model, id)]), bytes: 64) }
    try readyStore()
    try hub.delete(model, id)
    touched()
  }

  /// Makes the changes of a transaction, of a load if there is one.
  package func commit(
    _ changes: [Store.Change], bytes: Int, load: LoadID?
  ) throws(Failure) {
    try requireRunning()
    if let load {
      guard claimLoad(load) else { throw .gone("load \(load.raw) is gone") }
    }
    guard isOnLoop else {
      do {
        try mail(load.map { .finishLoad($0, changes) } ?? .commit(changes), bytes: bytes)
      } catch {
        if let load { unclaimLoad(load) }
        throw error
      }
      return
    }
    try readyStore()
    if let load { try hub.finish(load, changes) } else { try hub.commit(changes) }
    touched()
  }

  package func json(_ model: Int, _ id: InstanceID) throws(Failure) -> [UInt8]? {
    try requireLoop()
    try readyStore()
    return hub.store.json(model, id)
  }

  package func ids(of model: Int) throws(Failure) -> [InstanceID] {
    try requireLoop()
    try readyStore()
    return hub.store.ids(of: model)
  }

  package func count(of model: Int) throws(Failure) -> Int {
    try requireLoop()
    try readyStore()
    return hub.store.count(of: model)
  }

  package func followers(of model: Int, _ id: InstanceID) throws(Failure) -> Int {
    try requireLoop()
    try readyStore()
    return hub.followers(of: model, id)
  }

  package func setToldOfChanges(_ isTold: Bool) {
    isToldOfChanges = isTold
    hub.store.isToldOfChanges = isTold
  }

  // MARK: loads

  package func isOpen(_ load: LoadID) -> Bool { openLoads.withLock { $0.contains(load.raw) } }
  private func claimLoad(_ load: LoadID) -> Bool {
    openLoads.withLock { $0.remove(load.raw) != nil }
  }
  private func unclaimLoad(_ load: LoadID) {
    openLoads.withLock { _ = $0.insert(load.raw) }
  }

  package func fail(_ load: LoadID, isNotFound: Bool) throws(Failure) {
    guard claimLoad(load) else { throw .gone("load \(load.raw) is gone") }
    guard isOnLoop else {
      do {
        try mail(.failLoad(load, isNotFound: isNotFound), bytes: 0)
      } catch {
        unclaimLoad(load)
        throw error
      }
      return
    }
    try hub.fail(load, isNotFound: isNotFound)
    touched()
  }

  // MARK: letting in, steering

  package func authenticate(_ id: ConsumerID, user: String?) throws(Failure) {
    try about(id, .authenticate(id, user: user), bytes: user?.utf8.count ?? 0)
  }

  package func authorize(_ id: ConsumerID) throws(Failure) { try about(id, .authorize(id)) }

  package func reauthorize(_ id: ConsumerID) throws(Failure) {
    if isOnLoop {
      loop.updateTime()
      hub.now = loop.now
    }
    try about(id, .reauthorize(id))
  }

  package func deny(_ id: ConsumerID, code: Int?, error: String?) throws(Failure) {
    try about(id, .deny(id, code: code, error: error), bytes: error?.utf8.count ?? 0)
  }

  package func setGrant(_ id: ConsumerID, _ grant: Name, isGranted: Bool) throws(Failure) {
    try about(id, .grant(id, grant, isGranted: isGranted), bytes: grant.bytes.count)
  }

  package func edit(_ id: ConsumerID, _ edit: AnchorEdit<[UInt8]>, bytes: Int) throws(Failure) {
    try about(id, .edit(id, edit), bytes: bytes)
  }

  package func setVariable(_ id: ConsumerID, _ name: Name, _ json: [UInt8]) throws(Failure) {
    try about(id, .variable(id, name, json), bytes: name.bytes.count &+ json.count)
  }

  /// Does what is asked about a consumer, or has it done.
  private func about(_ id: ConsumerID, _ command: Command, bytes: Int = 0) throws(Failure) {
    guard isOnLoop else {
      try requireReachable(id)
      return try mail(command, bytes: bytes)
    }
    _ = try performState(command)
    touched()
  }

  // MARK: answers

  package func finish(_ call: CallID, result: UnsafeBufferPointer<UInt8>) throws(Failure) {
    guard isOnLoop else { return try answer(call, .finishCall(call, Array(result)), result.count) }
    try hub.finish(call, result: result.span)
    openCalls.close(call)
    touched()
  }

  package func fail(_ call: CallID, code: Int, message: String) throws(Failure) {
    guard isOnLoop else {
      return try answer(call, .failCall(call, code, message), message.utf8.count)
    }
    try hub.fail(call, code, message)
    openCalls.close(call)
    touched()
  }

  package func acceptWrite(
    _ call: CallID, id: String?, json: [UInt8]?
  ) throws(Failure) {
    guard isOnLoop else {
      return try answer(call, .acceptWrite(call, id, json), json?.count ?? 0)
    }
    try hub.acceptWrite(call, newID: id, json: json)
    openCalls.close(call)
    touched()
  }

  private func answer(_ call: CallID, _ command: Command, _ bytes: Int) throws(Failure) {
    guard openCalls.claim(call) else { throw .gone("call \(call.raw) is gone") }
    do {
      try mail(command, bytes: bytes)
    } catch {
      openCalls.unclaim(call)
      throw error
    }
  }

  // MARK: seeing off

  package func sendSystem(_ source: String, _ message: String) throws(Failure) {
    try requireNotStopping()
    guard isOnLoop else {
      let bytes = source.utf8.count &+ message.utf8.count
      return try mail(.system(source: source, message: message), bytes: bytes)
    }
    hub.sendSystem(source, message)
    touched()
  }

  package func drain(over milliseconds: UInt64) throws(Failure) {
    try requireNotStopping()
    guard isOnLoop else { return try mail(.drain(milliseconds), bytes: 0) }
    loop.updateTime()
    hub.now = loop.now
    hub.drain(over: milliseconds)
    touched()
  }

  // MARK: from other threads

  /// Carries out a command about state; false: it is about something else.
  func performState(_ command: Command) throws(Failure) -> Bool {
    switch command {
    case .authenticate(let id, let user): try hub.authenticate(id, user)
    case .authorize(let id): try hub.authorize(id)
    case .reauthorize(let id): try hub.reauthorize(id)
    case .deny(let id, let code, let error): try hub.deny(id, code, error)
    case .grant(let id, let grant, let isGranted):
      try hub.setGrant(id, grant, isGranted: isGranted)
    case .edit(let id, let edit): try hub.edit(id, edit)
    case .variable(let id, let name, let json): try hub.setVariable(id, name, json)
    case .finishCall(let call, let result):
      do throws(Failure) { try hub.finish(call, result: result.span) } catch {
        // A write cannot be answered so, and waits on.
        if error.kind == .invalid { openCalls.unclaim(call) }
        throw error
      }
    case .failCall(let call, let code, let message): try hub.fail(call, code, message)
    case .acceptWrite(let call, let id, let json): try acceptLate(call, id, json)
    case .put(let draft): try countingDrops { () throws(Failure) in try hub.commit(draft) }
    case .commit(let changes):
      try countingDrops { () throws(Failure) in try hub.commit(changes) }
    case .finishLoad(let load, let changes):
      try countingDrops { () throws(Failure) in try hub.finish(load, changes) }
    case .failLoad(let load, let isNotFound): try hub.fail(load, isNotFound: isNotFound)
    case .system(let source, let message): hub.sendSystem(source, message)
    case .drain(let milliseconds):
      hub.drain(over: milliseconds)
    default: return false
    }
    return true
  }

  /// A write that cannot be made as the host said is answered, for nobody is there to be told.
  private func acceptLate(
    _ call: CallID, _ id: String?, _ json: [UInt8]?
  ) throws(Failure) {
    do {
      try hub.acceptWrite(call, newID: id, json: json)
    } catch {
      if error.kind != .gone { try hub.fail(call, 500, "not accepted") }
      throw error
    }
  }

  private func countingDrops(_ body: () throws(Failure) -> Void) throws(Failure) {
    try readyStore()
    do throws(Failure) { try body() } catch {
      hub.countStoreDrop()
      throw error
    }
  }
}
