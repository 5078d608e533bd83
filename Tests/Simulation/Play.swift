import CoveyCore

/// Random things that happen, and what must hold once all is quiet.
final class Play {
  private let seed: UInt64
  private var random: Numbers
  private let theatre: Theatre
  private var ids: [World.Kind: Set<String>] = [:]
  /// Who may ever have seen a row: nil stands for everybody.
  private var audiences: [String: Set<String?>] = [:]
  private var leaks: [(what: String, player: Player)] = []
  private(set) var steps = 0
  private var quietEvery = 40
  private var script: [String] = []
  private let schema: Schema

  /// - Parameter story: Where to tell what some clients of our own are told, one of each place.
  init(seed: UInt64, story: Story? = nil) throws(Failure) {
    self.seed = seed
    random = Numbers(seed: seed)
    schema = try World.schema()
    var limits = Limits()
    limits.pingIntervalMilliseconds = nil
    limits.silenceTimeoutMilliseconds = nil
    limits.stateBytesMax = [2048, 8192, 1 << 20][random.below(3)]
    limits.snapshotPieceBytes = [256, 1024, 65536][random.below(3)]
    limits.logChangesMax = [20, 200, 100_000][random.below(3)]
    limits.contextBytesMax = 1 << 20
    limits.memoryBytesMax = [nil, 20_000, 200_000][random.below(3)]
    let hub = Hub(limits: limits, token: seed, secret: Secret(seed, ~seed))
    hub.adopt(schema, isToldOfChanges: false)
    theatre = Theatre(hub)
    try World.registerChannels(hub)
    theatre.onList = { [unowned self] player in self.someAnchors(of: player.place) }
    theatre.onLoad = { [unowned self] model, id in
      guard model == World.Kind.board.rawValue, self.random.below(3) > 0 else { return nil }
      let text = String(decoding: id.text, as: UTF8.self)
      guard let draft = self.draft(.board, text, isMerge: false) else { return nil }
      return [.put(draft)]
    }
    for kind in World.Kind.allCases { ids[kind] = [] }
    for _ in 0..<20 { put() }
    // Mostly few clients, who are looked at often; now and then hundreds.
    let count = random.below(12) == 0 ? 150 + random.below(150) : 4 + random.below(24)
    quietEvery = count > 100 ? 400 : 40
    for number in 0..<count { enlist(number) }
    guard let story else { return }
    story.begin(Description(schema, hub))
    for place in World.Place.allCases {
      let player = enlist(theatre.players.count, place, isOwn: true)
      player.story = story
      story.enlist(player)
    }
  }

  private func enlist(_ number: Int) {
    let isOwn = random.below(2) == 0
    var place = World.Place.allCases[random.below(4)]
    // The original cannot follow circles at all.
    if !isOwn, place.root == .node { place = place.isMany ? .boards : .board }
    enlist(number, place, isOwn: isOwn)
  }

  @discardableResult
  private func enlist(_ number: Int, _ place: World.Place, isOwn: Bool) -> Player {
    let user = World.users[random.below(World.users.count)]
    let player = Player(number, place, anchor: 1 + random.below(4), user: user, isOwn: isOwn)
    player.watch { [unowned self, unowned player] type, id in
      let key = "\(type):\(id)"
      let known = self.audiences[key] ?? []
      if id != "0", !known.contains(nil), !known.contains(user) {
        self.leaks.append(("\(player.name) got \(key)", player))
      }
    }
    theatre.add(player)
    return player
  }

  // MARK: running

  /// Plays so many steps; answers what went wrong.
  func run(_ count: Int) -> String? {
    for _ in 0..<count {
      steps += 1
      step()
      for player in theatre.players {
        if let problem = player.problem { return report("\(player.name) threw \(problem)", player) }
      }
      if let leak = leaks.first { return report("leak: \(leak.what)", leak.player) }
      if steps % quietEvery == 0, let wrong = quiet() { return wrong }
    }
    return quiet()
  }

  private func report(_ problem: String, _ player: Player?) -> String {
    var lines = ["seed \(seed), step \(steps): \(problem)", "  what happened:"]
    lines += script.suffix(25).map { "    " + $0 }
    if let player {
      lines.append("  frames:")
      lines += player.history.suffix(14).map { "    " + $0 }
    }
    return lines.joined(separator: "\n")
  }

  /// Lets everybody catch up, and looks whether all see what they must.
  private func quiet() -> String? {
    for _ in 0..<4 {
      theatre.answerLoads()
      theatre.turn()
    }
    for player in theatre.players { theatre.unblock(player, room: nil) }
    for player in theatre.players where player.id == nil && !player.isOver {
      if random.below(3) > 0 { connect(player) }
    }
    for _ in 0..<3 {
      theatre.answerLoads()
      theatre.turn()
    }
    for player in theatre.players { theatre.unblock(player, room: nil) }
    theatre.turn()
    let truth = Truth(theatre.hub, ids)
    for player in theatre.players where player.id != nil && !player.isOver {
      if player.place.isMany, let id = player.id, let anchors = try? theatre.hub.anchors(of: id) {
        player.anchors = anchors.map { String(decoding: $0.text, as: UTF8.self) }
      }
      if let difference = player.difference(from: truth) {
        return report("\(player.name) \(difference)", player)
      }
    }
    return nil
  }

  private func note(_ text: @autoclosure () -> String) {
    script.append(text())
    if script.count > 200 { script.removeFirst(100) }
  }

  private func step() {
    switch random.below(100) {
    case ..<30: put()
    case ..<45: change()
    case ..<53: delete()
    case ..<60: transaction()
    case ..<70: if let player = some(where: { $0.id == nil && !$0.isOver }) { connect(player) }
    case ..<74:
      if let player = some(where: { $0.id != nil }) {
        note("\(player.name) is cut")
        theatre.cut(player)
      }
    case ..<80:
      if let player = some(where: { $0.id != nil && $0.room == nil }) {
        player.room = random.below(3000)
        note("\(player.name) has room for \(player.room ?? 0)")
      }
    case ..<85:
      if let player = some(where: { $0.room != nil }) {
        theatre.unblock(player, room: random.below(2) == 0 ? nil : random.below(5000))
      }
    case ..<92: editList()
    case ..<94:
      let milliseconds = [10, 1000, 40_000, 130_000][random.below(4)]
      note("\(milliseconds) ms pass")
      theatre.advance(UInt64(milliseconds))
    case ..<95: theatre.answerLoads()
    default: break
    }
    if random.below(3) > 0 { theatre.turn() }
    if random.below(4) == 0 { theatre.answerLoads() }
  }

  private func some(where fits: (Player) -> Bool) -> Player? {
    let fitting = theatre.players.filter(fits)
    return fitting.isEmpty ? nil : fitting[random.below(fitting.count)]
  }

  private func connect(_ player: Player) {
    note("\(player.name) connects")
    player.room = nil
    theatre.connect(player)
  }

  // MARK: lists

  private func someAnchors(of place: World.Place) -> [String] {
    var known = Array(ids[place.root] ?? []).sorted()
    known = known.filter { _ in random.below(3) > 0 }
    return Array(known.prefix(4))
  }

  private func editList() {
    guard
      let player = some(where: { $0.id != nil && $0.place.isMany && !$0.isOver }),
      let id = player.id
    else { return }
    let known = Array(ids[player.place.root] ?? []).sorted()
    guard !known.isEmpty else { return }
    let one = known[random.below(known.count)]
    let some = someAnchors(of: player.place)
    let edit: AnchorEdit<[UInt8]> =
      switch random.below(6) {
      case 0, 1: .append(Array(one.utf8))
      case 2: .prepend(Array(one.utf8))
      case 3: .remove(Array(one.utf8))
      case 4: .replace(some.map { Array($0.utf8) })
      default: .clear
      }
    do {
      try theatre.hub.edit(id, edit)
      note("\(player.name): \(edit), one \(one), some \(some)")
    } catch { note("\(player.name) refused: \(error.message)") }
  }

  // MARK: changes

  private func newID(_ kind: World.Kind) -> String {
    let number = 1 + random.below(kind == .board ? 5 : kind == .node ? 9 : 14)
    return kind == .file ? "f\(number)" : "\(number)"
  }

  private func kind() -> World.Kind {
    let kinds: [World.Kind] = [
      .board, .task, .task, .task, .member, .note, .note, .file, .node, .node,
    ]
    return kinds[random.below(kinds.count)]
  }

  private func put() {
    let kind = kind()
    let id = newID(kind)
    commit([draft(kind, id, isMerge: false).map { .put($0) }])
  }

  private func change() {
    let kind = kind()
    guard let id = existing(kind) else { return }
    commit([draft(kind, id, isMerge: true).map { .put($0) }])
  }

  private func delete() {
    let kind = kind()
    guard let id = existing(kind) else { return }
    note("delete \(kind.name) \(id)")
    commit([.delete(model: kind.rawValue, instanceID(kind, id))])
  }

  private func transaction() {
    var changes: [Store.Change?] = []
    for _ in 0..<(1 + random.below(6)) {
      let kind = kind()
      let id = random.below(2) == 0 ? newID(kind) : existing(kind) ?? newID(kind)
      if random.below(4) == 0 {
        note("delete \(kind.name) \(id)")
        changes.append(.delete(model: kind.rawValue, instanceID(kind, id)))
      } else {
        changes.append(draft(kind, id, isMerge: false).map { .put($0) })
      }
    }
    commit(changes)
  }

  private func commit(_ changes: [Store.Change?]) {
    do { try theatre.hub.commit(changes.compactMap { $0 }) } catch {
      note("refused: \(error.message)")
    }
  }

  private func existing(_ kind: World.Kind) -> String? {
    let known = (ids[kind] ?? []).sorted()
    return known.isEmpty ? nil : known[random.below(known.count)]
  }

  private func instanceID(_ kind: World.Kind, _ id: String) -> InstanceID {
    kind == .file ? .text(Name(id)) : .integer(Int64(id) ?? 0)
  }

  private func reference(_ kind: World.Kind) -> String {
    let id = newID(kind)
    return kind == .file ? "\"\(id)\"" : id
  }

  private func list(_ kind: World.Kind, _ most: Int) -> String {
    let count = random.below(most + 1)
    return "[" + (0..<count).map { _ in reference(kind) }.joined(separator: ",") + "]"
  }

  private func orNull(_ value: String) -> String { random.below(4) == 0 ? "null" : value }

  /// A random row; a merge names one field or two.
  private func draft(_ kind: World.Kind, _ id: String, isMerge: Bool) -> Draft? {
    let text = "\"\(random.below(1000))\""
    let user = World.users[random.below(World.users.count)]
    var owner: String?
    var fields: [(String, String)]
    switch kind {
    case .board:
      fields = [("name", text), ("members", list(.member, 3))]
      if random.below(3) == 0 { fields.append(("tasks", list(.task, 4))) }
      if random.below(3) == 0 { fields.append(("notes", list(.note, 4))) }
    case .task:
      fields = [
        ("board", orNull(reference(.board))), ("title", text),
        ("done", random.below(2) == 0 ? "true" : "false"),
        ("assignee", orNull(reference(.member))), ("reviewer", orNull(reference(.member))),
      ]
    case .member, .file: fields = [("name", text)]
    case .note:
      owner = orNull(user)
      fields = [
        ("board", orNull(reference(.board))), ("owner", owner ?? "null"), ("text", text),
        ("files", list(.file, 2)),
      ]
    case .node:
      owner = random.below(4) > 0 ? "null" : "\"\(user)\""
      fields = [
        ("name", text), ("next", orNull(reference(.node))), ("children", list(.node, 3)),
        ("owner", owner ?? "null"),
      ]
    }
    if isMerge {
      fields.shuffle(using: &random)
      fields = Array(fields.prefix(1 + random.below(2)))
    }
    let members = fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
    let key = kind == .file ? "\"\(id)\"" : id
    let json = "{\"id\":\(key),\(members)}"
    note("\(isMerge ? "merge" : "put") \(kind.name) \(json)")
    ids[kind, default: []].insert(id)
    let named = fields.first { $0.0 == "owner" }?.1
    let audience: String? = named == nil || named == "null" ? nil : named?.filter { $0 != "\"" }
    // A merge into what is not there makes the rest null.
    let isThere = theatre.hub.store.json(kind.rawValue, instanceID(kind, id)) != nil
    if owner == nil || named != nil || !isThere {
      audiences["\(kind.name):\(id)", default: []].insert(audience)
    }
    do {
      return try Draft(
        schema, model: kind.rawValue, Array(json.utf8).span, isMerge: isMerge)
    } catch {
      note("bad draft: \(error.message)")
      return nil
    }
  }
}
