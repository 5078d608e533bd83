import CoveyCore

// What may happen in a scenario of context channels.
extension ContextScenario {
  func perform(_ steps: String) {
    for step in Self.split(steps, "&") { perform(words: step) }
  }

  private func perform(words: [String]) {
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "limits", "loads", "told": prepare(words)
    case "on":
      let step = rest.dropFirst().joined(separator: " ")
      handlers[rest[0]] = step.split(separator: " then ").joined(separator: " & ")
    case "off": handlers[rest[0]] = nil
    case "clock": transport.wallTime &-= Self.milliseconds(rest[0]) * 1000
    case "statistics":
      for mirror in Mirror(reflecting: hub.statistics).children {
        if let label = mirror.label, rest.contains(label) { tell("host: \(label) \(mirror.value)") }
      }
    case let word where word.hasPrefix("+"): transport.wait(Self.milliseconds(word))
    case "put", "merge", "delete", "transaction", "get", "count": attempt { try store(words) }
    case "authenticate", "authorize", "reauthorize", "expire", "deny", "replace", "append",
      "prepend", "remove", "clear",
      "anchors", "followers", "variable", "value", "grant", "revoke", "send", "close", "name":
      transport.tick()
      attempt { try steer(words[0], rest) }
    case "return", "fail", "drop", "accept", "load", "unload":
      transport.tick()
      attempt { try answer(words[0], rest) }
    case "message": tell("host: \(message)")
    case "system":
      hub.sendSystem(rest[0], rest.dropFirst().joined(separator: " "))
    case "drained":
      for drain in transport.drains { tell("host: \(drain.remaining) of \(drain.total)") }
      transport.drains = []
    case "reached":
      for reached in transport.reached {
        let name = reached.consumer.flatMap { transport.names[$0] } ?? "nobody"
        tell("host: \(reached.limit) \(name) \(reached.maximum) \(reached.count)")
      }
      transport.reached = []
    case "disconnect":
      transport.tick()
      hub.disconnect(user: rest[0], .policyViolation, reason: [])
    case "drain": hub.drain(over: UInt64(rest[0]) ?? 0)
    case "stop": hub.stop(.goingAway)
    default: client(words[0], rest)
    }
  }

  // MARK: the store

  private func model(_ name: String) -> Int { ContextWorld.models.firstIndex(of: name) ?? -1 }

  private func id(_ word: String, _ model: Int) throws -> InstanceID {
    try InstanceID(text: word.utf8, hub.store.schema.models[model].idKind)
  }

  private func draft(_ words: [String]) throws -> Draft {
    let json = Array(words.dropFirst(2).joined(separator: " ").utf8)
    return try Draft(
      hub.store.schema, model: model(words[1]), json.span, isMerge: words[0] == "merge",
      depthMax: hub.limits.jsonDepthMax)
  }

  private func changes(_ words: [String]) throws -> [Store.Change] {
    try words.split(separator: ";").map { part in
      let part = Array(part)
      let model = model(part[1])
      return part[0] == "delete"
        ? .delete(model: model, try id(part[2], model)) : .put(try draft(part))
    }
  }

  private func store(_ words: [String]) throws {
    transport.tick()
    let model = words.count > 1 ? model(words[1]) : -1
    switch words[0] {
    case "put", "merge": try hub.commit(try draft(words))
    case "delete": try hub.delete(model, try id(words[2], model))
    case "transaction": try hub.commit(try changes(Array(words.dropFirst())))
    case "get":
      let json = hub.store.json(model, try id(words[2], model))
      tell("host: " + (json.map { String(decoding: $0, as: UTF8.self) } ?? "none"))
    default: tell("host: \(hub.store.count(of: model))")
    }
  }

  // MARK: clients, as the host steers them

  private func consumer(_ word: String) -> ConsumerID {
    transport.ids[word == "me" ? me : word] ?? ConsumerID(raw: 0)
  }

  private func steer(_ verb: String, _ words: [String]) throws {
    let about = consumer(words[0])
    let more = Array(words.dropFirst())
    let ids = more.map { Array($0.utf8) }
    switch verb {
    case "authenticate":
      let user = more.first.map { $0 == "$" ? token : $0 }
      try hub.authenticate(about, user == "nobody" ? nil : user)
    case "authorize": try hub.authorize(about)
    case "reauthorize": try hub.reauthorize(about)
    case "expire": try hub.setExpiry(about, after: UInt32(more[0]))
    case "deny": try hub.deny(about, more.first.flatMap { Int($0) }, more.dropFirst().first)
    case "replace": try hub.edit(about, .replace(ids))
    case "append": try hub.edit(about, .append(ids[0]))
    case "prepend": try hub.edit(about, .prepend(ids[0]))
    case "remove": try hub.edit(about, .remove(ids[0]))
    case "clear": try hub.edit(about, .clear)
    case "anchors":
      let anchors = try hub.anchors(of: about).map { String(decoding: $0.text, as: UTF8.self) }
      tell("host: [\(anchors.joined(separator: ","))]")
    case "followers":
      tell("host: \(hub.followers(of: model(words[0]), try id(words[1], model(words[0]))))")
    case "variable":
      let json = Array(more.dropFirst().joined(separator: " ").utf8)
      try hub.setVariable(about, Name(more[0]), json)
    case "value":
      tell("host: " + String(decoding: try hub.variable(about, Name(more[0])), as: UTF8.self))
    case "grant", "revoke":
      try hub.setGrant(about, Name(more[0]), isGranted: verb == "grant")
    case "send":
      let bytes = Array(more.joined(separator: " ").utf8)
      try hub.send(.text, bytes.span, to: about)
    case "close": try hub.close(about, CloseCode(rawValue: UInt16(more[0]) ?? 0), reason: [])
    default: try hub.setUser(more.first, of: about)
    }
  }

  private func call(_ word: String) -> CallID {
    if word == "it" { return it }
    let number = Int(word.dropFirst()) ?? 0
    return calls.indices.contains(number - 1) ? calls[number - 1] : CallID(raw: 0)
  }

  private func answer(_ verb: String, _ words: [String]) throws {
    let more = Array(words.dropFirst())
    switch verb {
    case "return":
      let json = Array(more.joined(separator: " ").utf8)
      try hub.finish(call(words[0]), result: json.span)
    case "fail":
      try hub.fail(
        call(words[0]), Int(more[0]) ?? 0, more.dropFirst().joined(separator: " "))
    case "drop": try hub.fail(call(words[0]), 500, "not answered")
    case "accept":
      let id = more.first.flatMap { $0.hasPrefix("id=") ? String($0.dropFirst(3)) : nil }
      let json = more.dropFirst(id == nil ? 0 : 1).joined(separator: " ")
      try hub.acceptWrite(
        call(words[0]), newID: id, json: json.isEmpty ? nil : Array(json.utf8))
    case "load": try hub.finish(load(words[0]), try changes(more))
    default: try hub.fail(load(words[0]), isNotFound: more.first == "missing")
    }
  }

  private func load(_ word: String) -> LoadID {
    let number = Int(word.dropFirst()) ?? 0
    return openLoads.indices.contains(number - 1) ? openLoads[number - 1] : LoadID(raw: 0)
  }

  // MARK: what clients do

  private func client(_ name: String, _ words: [String]) {
    let more = Array(words.dropFirst())
    switch words[0] {
    case "connects", "opens":
      var opening = Opening()
      opening.path = Array(more[0].utf8)
      opening.version = Array("13".utf8)
      opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
      opening.host = Array("localhost".utf8)
      let answer = transport.connect(opening, as: name)
      if answer != "open" { return tell("\(name): \(answer)") }
      if words[0] == "opens" { send(name, firstFrame(Array(more.dropFirst()))) }
    case "sends": send(name, more.joined(separator: " "))
    default:
      guard let id = transport.ids[name], let socket = transport.sockets[id] else {
        return tell("PROBLEM: \(name) is not connected")
      }
      client(id, socket, words[0], more)
    }
  }

  private func client(_ id: ConsumerID, _ socket: FakeSocket, _ verb: String, _ more: [String]) {
    let whole = Piece(kind: .text, isFirst: true, isLast: true, remaining: 0)
    switch verb {
    case "sends-binary":
      let piece = Piece(kind: .binary, isFirst: true, isLast: true, remaining: 0)
      transport.receive(id, piece, [1, 2])
    case "sends-bytes": transport.receive(id, whole, more.compactMap { UInt8($0, radix: 16) })
    case "splits":
      let bytes = Array(more.joined(separator: " ").utf8)
      for (position, byte) in bytes.enumerated() {
        let piece = Piece(
          kind: .text, isFirst: position == 0, isLast: position == bytes.count - 1, remaining: 0)
        transport.receive(id, piece, [byte])
      }
    case "blocks": socket.room = 0
    case "takes": transport.drain(id, Int(more[0]))
    case "drains": transport.drain(id, nil)
    case "pongs": transport.pong(id)
    case "vanishes": transport.gone(id)
    case "closes":
      let bytes = more.first.flatMap { UInt16($0) }.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      _ = transport.peerClosed(id, bytes ?? [])
      transport.gone(id)
    default: tell("PROBLEM: \(socket.name) \(verb)?")
    }
  }

  private func send(_ name: String, _ text: String) {
    guard let id = transport.ids[name] else { return tell("PROBLEM: no client \(name)") }
    let piece = Piece(kind: .text, isFirst: true, isLast: true, remaining: 0)
    transport.receive(id, piece, Array(text.utf8))
  }

  /// The first frame of a client of RxDjango, or with `own` of Covey's: token, cursor, session.
  func firstFrame(_ words: [String]) -> String {
    var token = "null"
    var cursor = "null"
    var session = ""
    for word in words where word != "own" {
      if word.first == "T" || word.first == "-" || word.first?.isNumber == true {
        cursor = text.seconds(word)
      } else if word.first == "S" {
        session = ",\"session\":\"\(text.session(word))\""
      } else {
        token = "\"\(word)\""
      }
    }
    let covey = words.contains("own") ? ",\"covey\":1" : ""
    return "{\"token\":\(token),\"lastUpdate\":\(cursor)\(covey)\(session)}"
  }

  // MARK: words

  static func milliseconds(_ word: String) -> UInt64 {
    (UInt64(word.filter(\.isNumber)) ?? 0) * (word.hasSuffix("ms") ? 1 : 1000)
  }

  /// Splits steps at a sign, and words at blanks, but not inside quotes, which stay.
  static func split(_ text: String, _ sign: String) -> [[String]] {
    var steps: [[String]] = [[]]
    var word = ""
    var isQuoted = false
    var isEscaped = false
    for character in text + " " {
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = character == "\\" && !isEscaped
      guard character == " ", !isQuoted else {
        word.append(character)
        continue
      }
      if word == sign {
        steps.append([])
      } else if !word.isEmpty {
        steps[steps.count - 1].append(word)
      }
      word = ""
    }
    return steps
  }
}
