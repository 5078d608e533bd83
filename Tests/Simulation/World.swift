import CoveyCore

/// The models, the channels and the users of the simulation.
enum World {
  static let users = ["1", "2", "3"]

  enum Kind: Int, CaseIterable {
    case board, task, member, note, file, node

    var name: String { ["s.Board", "s.Task", "s.Member", "s.Note", "s.File", "s.Node"][rawValue] }
  }

  static func schema() throws(Failure) -> Schema {
    try Schema([
      Model(
        "s.Board", .integer,
        [
          Field("name", .string),
          Field("tasks", .many(model: "s.Task", inverse: "board")),
          Field("members", .many(model: "s.Member", inverse: nil)),
          Field("notes", .many(model: "s.Note", inverse: "board")),
        ], hasLoader: true),
      Model(
        "s.Task", .integer,
        [
          Field("board", .integer, isNullable: true), Field("title", .string),
          Field("done", .boolean),
          Field("assignee", .one(model: "s.Member"), isNullable: true),
          Field("reviewer", .one(model: "s.Member"), isNullable: true),
        ]),
      Model("s.Member", .integer, [Field("name", .string)]),
      Model(
        "s.Note", .integer,
        [
          Field("board", .integer, isNullable: true),
          Field("owner", .integer, isNullable: true), Field("text", .string),
          Field("files", .many(model: "s.File", inverse: nil)),
        ], owner: "owner"),
      Model("s.File", .text, [Field("name", .string)]),
      Model(
        "s.Node", .integer,
        [
          Field("name", .string), Field("next", .one(model: "s.Node"), isNullable: true),
          Field("children", .many(model: "s.Node", inverse: nil)),
          Field("owner", .string, isNullable: true),
        ], owner: "owner"),
    ])
  }

  /// For each type its relations, as a generated client has them.
  static let relations: [String: [String: String]] = [
    "s.Board": ["tasks": "s.Task", "members": "s.Member", "notes": "s.Note"],
    "s.Task": ["assignee": "s.Member", "reviewer": "s.Member"],
    "s.Member": [:],
    "s.Note": ["files": "s.File"],
    "s.File": [:],
    "s.Node": ["next": "s.Node", "children": "s.Node"],
  ]

  enum Place: Int, CaseIterable {
    case board, boards, node, nodes

    var root: Kind { self == .board || self == .boards ? .board : .node }
    var isMany: Bool { self == .boards || self == .nodes }

    var pattern: String { isMany ? "\(self)/" : "\(self)/<int:id>/" }

    func path(_ id: Int) -> String {
      switch self {
      case .board: "/board/\(id)/"
      case .boards: "/boards/"
      case .node: "/node/\(id)/"
      case .nodes: "/nodes/"
      }
    }
  }

  static func registerChannels(_ hub: Hub) throws(Failure) {
    for place in Place.allCases {
      let channel = Channel(pattern: try Pattern(place.pattern), origins: try OriginRules([]))
      channel.hasTextHandler = true
      let context = try Context(
        model: place.root.rawValue, isMany: place.isMany, parameter: place.isMany ? nil : 0)
      context.hasAuthenticate = true
      context.hasAuthorize = true
      context.hasList = place.isMany
      channel.context = context
      _ = try hub.register(channel)
    }
  }
}

/// What the store holds, read anew, and what somebody must see of it: worked out in the simplest
/// way there is.
struct Truth {
  /// Objects by `type:id`, as the host gets them.
  private(set) var rows: [String: JSONValue] = [:]

  init(_ hub: Hub, _ ids: [World.Kind: Set<String>]) {
    for (kind, ids) in ids {
      for id in ids {
        let key: InstanceID =
          kind == .file ? .text(Name(id)) : Int64(id).map { .integer($0) } ?? .integer(0)
        if let json = hub.store.json(kind.rawValue, key), let value = JSONValue(json) {
          rows["\(kind.name):\(id)"] = value
        }
      }
    }
  }

  func isVisible(_ key: String, _ user: String) -> Bool {
    guard let row = rows[key] else { return false }
    switch row["owner"] {
    case nil, .null: return true
    case .some(let owner): return owner.inKey == user
    }
  }

  /// The rows that a user sees from these anchors, flat, with relations as that user sees them.
  func view(_ root: String, _ anchors: [JSONValue], _ user: String) -> [String: JSONValue] {
    var seen: [String: JSONValue] = [:]
    var waiting = anchors.map { "\(root):\($0.inKey)" }
    while let key = waiting.popLast() {
      guard seen[key] == nil, isVisible(key, user), let row = rows[key] else { continue }
      let type = String(key.prefix { $0 != ":" })
      let relations = World.relations[type] ?? [:]
      var shown: [JSONValue.Member] = []
      for member in row.members ?? [] {
        guard let target = relations[member.key] else {
          shown.append(member)
          continue
        }
        switch member.value {
        case .array(let ids):
          let visible = ids.filter { isVisible("\(target):\($0.inKey)", user) }
          shown.append(.init(member.key, .array(visible)))
          waiting.append(contentsOf: visible.map { "\(target):\($0.inKey)" })
        case .null: shown.append(member)
        default:
          let other = "\(target):\(member.value.inKey)"
          let sees = isVisible(other, user)
          shown.append(.init(member.key, sees ? member.value : .null))
          if sees { waiting.append(other) }
        }
      }
      seen[key] = JSONValue.object(shown).sorted
    }
    return seen
  }

  /// The same as objects inside each other.
  static func nested(
    _ rows: [String: JSONValue], _ type: String, _ id: JSONValue, _ path: [String] = []
  ) -> JSONValue {
    let key = "\(type):\(id.inKey)"
    guard let row = rows[key] else { return .placeholder(id) }
    if path.contains(key) { return .cycle(id) }
    let relations = World.relations[type] ?? [:]
    return .sortedObject(
      (row.members ?? []).map { member in
        guard let target = relations[member.key] else { return member }
        switch member.value {
        case .array(let ids):
          return .init(member.key, .array(ids.map { nested(rows, target, $0, path + [key]) }))
        case .null: return member
        default: return .init(member.key, nested(rows, target, member.value, path + [key]))
        }
      })
  }
}
