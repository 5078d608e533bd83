// Stands in for the transport and a host that answers everything; shared by the targets.

/// Drives a hub over random input. What goes out must be JSON, whatever came in.
final class Stage {
  let hub: Hub
  private(set) var clients: [ConsumerID] = []
  var calls: [CallID] = []
  var writes: [(CallID, WriteRequest)] = []
  var loads: [(LoadID, Int, InstanceID)] = []
  /// The host answers at once; else when it is told to.
  var answersAtOnce = true
  private(set) var now: UInt64 = 0
  /// Slots whose sockets are full.
  var blocked: Set<Int> = []

  init(_ limits: Limits) {
    hub = Hub(limits: limits, token: 7, secret: Secret(1, 2))
    hub.store.wallTime = 1_795_000_000_000_000
  }

  static func schema() throws(Failure) -> Schema {
    try Schema([
      Model(
        "b.Project", .integer,
        [
          Field("title", .string, isNullable: true, isWritable: true),
          Field("lead", .one(model: "b.Member"), isNullable: true, isWritable: true),
          Field("tasks", .many(model: "b.Task", inverse: "project")),
          Field("notes", .many(model: "b.Note", inverse: "project")),
        ], writable: [.save, .delete], hasLoader: true),
      Model(
        "b.Task", .integer,
        [
          Field("project", .integer, isNullable: true, isWritable: true),
          Field("title", .string, isNullable: true, isWritable: true),
          Field("who", .one(model: "b.Member"), isNullable: true, isWritable: true),
          Field("due", .datetime, isNullable: true, isWritable: true),
          Field("day", .date, isNullable: true), Field("cost", .decimal, isNullable: true),
          Field(
            "state", .choice([Array("\"open\"".utf8), Array("3".utf8)]), isNullable: true,
            isWritable: true),
          Field("data", .json, isWritable: true), Field("rank", .number, isNullable: true),
          Field("done", .boolean, isNullable: true),
        ], writable: [.save, .create, .delete]),
      Model(
        "b.Member", .integer,
        [
          Field("name", .string, isNullable: true),
          Field("files", .many(model: "b.File", inverse: nil)),
        ]),
      Model(
        "b.Note", .integer,
        [
          Field("project", .integer, isNullable: true),
          Field("owner", .string, isNullable: true, isWritable: true),
          Field("next", .one(model: "b.Note"), isNullable: true, isWritable: true),
          Field("more", .many(model: "b.Note", inverse: nil), isWritable: true),
        ], writable: [.save, .create, .delete], owner: "owner"),
      Model(
        "b.File", .text, [Field("name", .string, isNullable: true, isWritable: true)],
        writable: [.save, .create]),
    ])
  }

  func setUp() throws(Failure) {
    hub.adopt(try Self.schema(), isToldOfChanges: true)
    for (path, model, isMany) in [
      ("one/<int:id>/", 0, false), ("many/", 0, true), ("note/<int:id>/", 3, false),
      ("notes/", 3, true), ("file/<id>/", 4, false),
    ] {
      let pattern = try Pattern(path)
      let channel = Channel(pattern: pattern, origins: try OriginRules([]))
      channel.hasTextHandler = true
      let context = try Context(
        model: model, isMany: isMany, parameter: pattern.parameterNames.isEmpty ? nil : 0)
      context.hasAuthenticate = true
      context.hasAuthorize = true
      context.hasOpen = true
      context.hasList = isMany
      context.hasWrite = true
      channel.context = context
      let position = try hub.register(channel)
      let fields = [
        try Field("title", .string), try Field("due", .datetime, isOptional: true),
        try Field("n", .integer, isNullable: true, isOptional: true),
      ]
      let checked = try Action(
        "do", grant: nil, allowsAnonymous: false, parameters: fields, handler: 0)
      let unchecked = try Action(
        "any", grant: nil, allowsAnonymous: true, parameters: nil, handler: 1)
      try hub.register(checked, channel: position)
      try hub.register(unchecked, channel: position)
    }
  }

  static let paths = ["/one/1/", "/many/", "/note/1/", "/notes/", "/file/f/"]

  // MARK: inputs

  func connect(_ path: String) {
    var opening = Opening()
    opening.path = Array(path.utf8)
    opening.version = Array("13".utf8)
    opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    opening.host = Array("localhost".utf8)
    guard clients.count < 32, case .admit(let id) = hub.open(opening),
      case .upgrade = hub.answer(id)
    else { return }
    hub.upgraded(id)
    clients.append(id)
    pump()
  }

  func receive(_ id: ConsumerID, _ piece: Piece, _ bytes: ArraySlice<UInt8>) {
    // A copy of its own, so that reading beyond it is seen.
    let own = Array(bytes)
    if case .action(let call, let handler, let parameters) = hub.received(id, piece, own.span) {
      action(call, handler, Array(own[parameters]))
    }
    pump()
  }

  func message(_ id: ConsumerID, _ text: some Sequence<UInt8>) {
    let piece = Piece(kind: .text, isFirst: true, isLast: true, remaining: 0)
    receive(id, piece, Array(text)[...])
  }

  func leave(_ id: ConsumerID) {
    clients.removeAll { $0 == id }
    blocked.remove(id.slot)
    hub.gone(id)
    pump()
  }

  func advance(_ milliseconds: UInt64) {
    now &+= milliseconds
    hub.now = now
    hub.store.wallTime &+= milliseconds &* 1000
    hub.advance(to: now)
    turn()
  }

  // MARK: effects

  func pump() {
    while hub.hasEffects {
      for effect in hub.takeEffects() { perform(effect) }
    }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .authenticate(let id, let token) where answersAtOnce:
      try? hub.authenticate(id, String(decoding: token, as: UTF8.self))
    case .authorize(let id) where answersAtOnce: try? hub.authorize(id)
    case .open(let id, _): hub.opened(id)
    case .list(let id) where answersAtOnce:
      try? hub.edit(id, .replace([Array("1".utf8), Array("2".utf8)]))
    case .load(let load, let model, let id):
      loads.append((load, model, id))
      if answersAtOnce { try? hub.fail(load, isNotFound: true) }
    case .action(_, let call, let handler, let bytes): action(call, handler, bytes)
    case .write(_, let call, let request):
      requireJSON(request.json)
      guard answersAtOnce else { return writes.append((call, request)) }
      do { try hub.acceptWrite(call, newID: nil, json: nil) } catch {
        try? hub.fail(call, 500, error.message)
      }
    case .storeChanged(let change): if let json = change.json { requireJSON(json) }
    case .drop(let id): leave(id)
    case .released(let id):
      clients.removeAll { $0 == id }
      hub.release(id)
    default: break
    }
  }

  private func action(_ call: CallID, _ handler: Int, _ bytes: [UInt8]) {
    requireJSON(bytes)
    guard answersAtOnce else { return calls.append(call) }
    try? hub.finish(call, result: bytes.span)
  }

  private func requireJSON(_ bytes: [UInt8]) {
    guard (try? JSONScanner.validate(bytes.span)) != nil else {
      fatalError("no json: \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  // MARK: turns

  func turn() {
    pump()
    hub.settle()
    var position = 0
    while position < hub.dirty.count {
      write(Int(hub.dirty[position]))
      position += 1
    }
    hub.endOfWriting()
    pump()
  }

  private func write(_ slot: Int) {
    while true {
      switch hub.nextWrite(slot) {
      case .nothing: return
      case .frame(let frame):
        frame.withBytes { check($0) }
        if blocked.contains(slot) { return hub.buffered(slot, bytes: frame.count) }
      case .gathered:
        hub.gathered.withBytes { check($0) }
        if blocked.contains(slot) { return hub.buffered(slot, bytes: hub.gathered.count) }
      }
    }
  }

  func unblock(_ id: ConsumerID) {
    if blocked.remove(id.slot) != nil {
      hub.drained(id)
      turn()
    }
  }

  private func check(_ bytes: UnsafeRawBufferPointer) {
    var rest = Array(bytes)[...]
    while rest.count >= 2 {
      let short = rest[rest.startIndex + 1]
      let header = short < 126 ? 2 : short == 126 ? 4 : 10
      let size =
        header == 2
        ? Int(short)
        : rest[(rest.startIndex + 2)..<(rest.startIndex + header)].reduce(0) { $0 << 8 | Int($1) }
      let payload = Array(rest.dropFirst(header).prefix(size))
      if rest.first == 0x81 { requireJSON(payload) }
      rest = rest.dropFirst(header + size)
    }
  }
}
