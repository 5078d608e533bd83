import Glibc

/// Which target is run says the environment: `json`, `frames`, `calls`, `requests`,
/// `proxies` or `layers`.
private let target = getenv("COVEY_FUZZ").map { String(cString: $0) } ?? "json"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  do {
    switch target {
    case "frames": try fuzzFrames(input)
    case "calls": try fuzzCalls(input)
    case "requests": fuzzRequests(input)
    case "proxies": try fuzzProxies(input)
    case "layers": try fuzzLayers(input)
    default: try fuzzJSON(input)
    }
  } catch { fatalError("\(error)") }
  return 0
}

private let schema = Result { () throws(Failure) in try Stage.schema() }

// MARK: - JSON

/// Any text: refused, or it comes out of the store as it went in.
private func fuzzJSON(_ input: [UInt8]) throws {
  let schema = try schema.get()
  let text = input.span
  let isValid = (try? JSONScanner.validate(text)) != nil
  _ = ClientFrame(text, depthMax: 64)
  _ = try? Event(json: input)
  for (position, model) in schema.models.enumerated() {
    for isMerge in [false, true] {
      guard let draft = try? Draft(schema, model: position, text, isMerge: isMerge) else {
        continue
      }
      guard isValid else { fatalError("a draft of what is no json") }
      let store = Store(schema, limits: Limits())
      guard (try? store.commit(draft)) != nil else { continue }
      guard let json = store.json(position, draft.id) else { fatalError("nothing was put") }
      let version = store.version
      guard (try? JSONScanner.validate(json.span)) != nil,
        let again = try? Draft(schema, model: position, json.span, isMerge: false),
        (try? store.commit(again)) != nil, again.id == draft.id, store.version == version,
        store.json(position, draft.id) == json
      else { fatalError("\(model.name.text) changed: \(String(decoding: json, as: UTF8.self))") }
    }
  }
}

// MARK: - frames of clients

/// Lines are messages; the byte 1E splits one into pieces. The first line says which channel, and
/// with which bounds.
private func fuzzFrames(_ input: [UInt8]) throws {
  let head = input.first ?? 0
  var limits = Limits()
  limits.messageBytesMax = 4096
  if head & 0x10 != 0 {
    limits.stateBytesMax = 300
    limits.contextBytesMax = 600
    limits.snapshotPieceBytes = 100
    limits.callsPerConsumerMax = 2
  }
  let stage = Stage(limits)
  try stage.setUp()
  let store = stage.hub.store.schema
  for (model, json) in [
    (0, #"{"id":1,"title":"P","lead":1}"#), (0, #"{"id":2}"#),
    (1, #"{"id":1,"project":1,"who":1,"data":null}"#), (2, #"{"id":1,"files":["f"]}"#),
    (3, #"{"id":1,"project":1,"owner":"a","next":2,"more":[1]}"#),
    (3, #"{"id":2,"next":1,"more":[]}"#), (4, #"{"id":"f","name":"F"}"#),
  ] {
    try stage.hub.commit(
      try Draft(store, model: model, Array(json.utf8).span, isMerge: false))
  }
  stage.answersAtOnce = head & 0x20 == 0
  stage.connect(Stage.paths[Int(head & 7) % Stage.paths.count])
  guard let id = stage.clients.first else { return }
  for message in input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false) {
    let pieces = message.split(separator: 0x1E, omittingEmptySubsequences: false)
    for (number, bytes) in pieces.enumerated() {
      let piece = Piece(
        kind: .text, isFirst: number == 0, isLast: number == pieces.count - 1,
        remaining: number.isMultiple(of: 2) ? 0 : Int(head))
      stage.receive(id, piece, bytes)
    }
    stage.turn()
  }
  stage.advance(200_000)
}

// MARK: - calls of the host

/// Bytes as numbers, as long as there are any.
private struct Numbers {
  var bytes: ArraySlice<UInt8>

  mutating func next(_ limit: Int) -> Int { Int(bytes.popFirst() ?? 0) % max(1, limit) }
}

/// Calls of the host and frames of clients, in any order.
private func fuzzCalls(_ input: [UInt8]) throws {
  var numbers = Numbers(bytes: input[...])
  var limits = Limits()
  limits.stateBytesMax = [300, 2000, 1 << 20][numbers.next(3)]
  limits.contextBytesMax = [400, 1 << 18][numbers.next(2)]
  limits.snapshotPieceBytes = [60, 1 << 16][numbers.next(2)]
  limits.logChangesMax = [1, 5, 1000][numbers.next(3)]
  limits.storeBytesMax = [2000, 1 << 30][numbers.next(2)]
  limits.anchorsPerConsumerMax = [2, 1000][numbers.next(2)]
  let stage = Stage(limits)
  try stage.setUp()
  while !numbers.bytes.isEmpty {
    try step(stage, &numbers)
    if numbers.next(3) == 0 { stage.turn() }
  }
  stage.answersAtOnce = true
  for id in stage.clients { stage.unblock(id) }
  stage.advance(400_000)
}

private func id(_ numbers: inout Numbers) -> String {
  ["1", "2", "3", "4", "9223372036854775807", "-9223372036854775808", "x", ""][numbers.next(8)]
}

private func row(_ model: Int, _ numbers: inout Numbers) -> String {
  func number() -> Int { 1 + numbers.next(4) }
  func orNull(_ text: String) -> String { numbers.next(3) == 0 ? "null" : text }
  let fields: [String]
  switch model {
  case 0:
    fields = [
      "\"title\":\"\(number())\"", "\"lead\":\(orNull("\(number())"))",
      "\"tasks\":[\(number()),\(number())]", "\"notes\":[\(number())]",
    ]
  case 1:
    fields = [
      "\"project\":\(orNull("\(number())"))", "\"who\":\(orNull("\(number())"))",
      "\"data\":[\(number())]", "\"title\":\"\(number())\"",
    ]
  case 2: fields = ["\"files\":[\"\(number())\",\"f\"]", "\"name\":\"\(number())\""]
  case 3:
    fields = [
      "\"more\":[\(number()),\(number())]", "\"project\":\(orNull("\(number())"))",
      "\"owner\":\(orNull("\"\(number())\""))", "\"next\":\(orNull("\(number())"))",
    ]
  default: fields = ["\"name\":\"\(number())\""]
  }
  let id = model == 4 ? "\"\(number())\"" : "\(number())"
  return "{\"id\":\(id),\(fields.prefix(1 + numbers.next(4)).joined(separator: ","))}"
}

private func change(_ stage: Stage, _ numbers: inout Numbers) -> Store.Change? {
  let schema = stage.hub.store.schema
  let model = numbers.next(5)
  if numbers.next(4) == 0 {
    let id = try? InstanceID(text: id(&numbers).utf8, schema.models[model].idKind)
    return id.map { .delete(model: model, $0) }
  }
  let json = Array(row(model, &numbers).utf8)
  let isMerge = numbers.next(3) > 0
  return (try? Draft(schema, model: model, json.span, isMerge: isMerge)).map { .put($0) }
}

private func step(_ stage: Stage, _ numbers: inout Numbers) throws {
  let hub = stage.hub
  let client =
    stage.clients.isEmpty
    ? ConsumerID(raw: 1) : stage.clients[numbers.next(stage.clients.count)]
  switch numbers.next(20) {
  case 0: stage.connect(Stage.paths[numbers.next(Stage.paths.count)])
  case 1:
    let user = numbers.next(4)
    var own = numbers.next(2) == 0 ? "" : ",\"covey\":1"
    if numbers.next(2) == 0 {
      let name = hub.secret.name(UInt64(1 + numbers.next(4)))
      own += ",\"session\":\"\(String(decoding: name, as: UTF8.self))\""
    }
    let cursor = ["null", "1795000000.00000\(numbers.next(10))", "1795000000"][numbers.next(3)]
    stage.message(client, "{\"token\":\"\(user)\",\"lastUpdate\":\(cursor)\(own)}".utf8)
  case 2, 3, 4: if let change = change(stage, &numbers) { try? hub.commit([change]) }
  case 5:
    let changes = (0..<numbers.next(6)).compactMap { _ in change(stage, &numbers) }
    try? hub.commit(changes)
  case 6:
    let ids = (0..<numbers.next(4)).map { _ in Array(id(&numbers).utf8) }
    try? hub.edit(client, .replace(ids))
  case 7: try? hub.edit(client, .append(Array(id(&numbers).utf8)))
  case 8: try? hub.edit(client, .prepend(Array(id(&numbers).utf8)))
  case 9:
    try? hub.edit(client, numbers.next(3) == 0 ? .clear : .remove(Array(id(&numbers).utf8)))
  case 10: stage.leave(client)
  case 11: stage.advance([1, 1000, 31_000, 130_000][numbers.next(4)])
  case 12:
    if numbers.next(2) == 0 { stage.blocked.insert(client.slot) } else { stage.unblock(client) }
  case 13: stage.answersAtOnce = numbers.next(3) > 0
  case 14:
    guard let (load, _, _) = stage.loads.popLast() else { return }
    let changes = (0..<numbers.next(4)).compactMap { _ in change(stage, &numbers) }
    if numbers.next(3) == 0 {
      try? hub.fail(load, isNotFound: numbers.next(2) == 0)
    } else {
      try? hub.finish(load, changes)
    }
  case 15:
    let kind = ["save", "create", "delete", "x"][numbers.next(4)]
    let model = numbers.next(5)
    let frame =
      "{\"type\":\"write\",\"writeId\":1,\"operation\":\"\(kind)\",\"instanceType\":"
      + "\"\(hub.store.schema.models[model].name.text)\",\"instanceId\":\(1 + numbers.next(4)),"
      + "\"parentType\":\"b.Project\",\"parentId\":\(1 + numbers.next(4)),"
      + "\"relationName\":\"\(["tasks", "notes", "more"][numbers.next(3)])\","
      + "\"data\":\(row(model, &numbers))}"
    stage.message(client, frame.utf8)
  case 16:
    let action = ["do", "any", "x"][numbers.next(3)]
    stage.message(client, "{\"callId\":1,\"action\":\"\(action)\",\"params\":[\"x\"]}".utf8)
  case 17:
    if let call = stage.calls.popLast() { try? hub.finish(call, result: [0x31].span) }
    if let (call, _) = stage.writes.popLast() {
      let json = numbers.next(2) == 0 ? Array("{\"title\":null}".utf8) : nil
      let id = numbers.next(2) == 0 ? nil : id(&numbers)
      do { try hub.acceptWrite(call, newID: id, json: json) } catch { try? hub.fail(call, 1, "x") }
    }
  case 18:
    try? hub.setVariable(client, Name("v\(numbers.next(3))"), [UInt8(ascii: "1")])
    try? hub.authenticate(client, "\(numbers.next(4))")
    try? hub.authorize(client)
  default:
    switch numbers.next(6) {
    case 0: hub.drain(over: UInt64(numbers.next(256)))
    case 1: try? hub.deny(client, nil, nil)
    case 2: try? hub.close(client, .normal, reason: [])
    case 3: hub.sendSystem("system", "x")
    case 4: try? hub.setUser("\(numbers.next(4))", of: client)
    default: stage.pump()
    }
  }
  stage.pump()
}
