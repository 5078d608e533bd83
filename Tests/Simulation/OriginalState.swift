/// The state that the original client builds out of flat rows, with the faults it has.
///
/// Rows are objects in an index. Whenever one arrives a new object takes its place, and every row
/// that ever referred to it is pointed at the new object, whatever it refers to by now.
final class OriginalState {
  private typealias Place = Int

  /// How often a circle of references is followed; the original goes on until its stack is full.
  private static let lapsMax = 4

  /// One row as an object; others may hold on to it after another took its place in the index.
  private final class Instance {
    let place: Place
    var id: JSONValue
    var isLoaded: Bool
    var fields: [(name: String, slot: Slot)] = []

    init(_ place: Place, id: JSONValue, isLoaded: Bool) {
      self.place = place
      self.id = id
      self.isLoaded = isLoaded
    }

    init(copying other: Instance) {
      place = other.place
      id = other.id
      isLoaded = other.isLoaded
      fields = other.fields
    }

    subscript(name: String) -> Slot? {
      get { fields.first { $0.name == name }?.slot }
      set {
        guard let newValue else { return }
        if let position = fields.firstIndex(where: { $0.name == name }) {
          fields[position].slot = newValue
        } else {
          fields.append((name, newValue))
        }
      }
    }
  }

  private enum Slot {
    case plain(JSONValue)
    case one(Instance?)
    case many([Instance?])
  }

  private struct Reference: Hashable {
    let property: String
    let referrer: Place
  }

  /// Who referred to a row, in the order and as often as the original has it while that is short.
  ///
  /// Of a long list each reference's last place alone is kept. Repetitions before it change nothing
  /// unless the original throws on the way, but it gets slower by them without bound.
  private struct References {
    private(set) var inOrder: [Reference] = []
    private var known: Set<Reference> = []

    mutating func append(_ reference: Reference) {
      guard inOrder.last != reference else { return }
      inOrder.append(reference)
      known.insert(reference)
      if inOrder.count > 2 * known.count + 8 { keepLastPlaces() }
    }

    private mutating func keepLastPlaces() {
      var wanted = known
      inOrder = inOrder.reversed().filter { wanted.remove($0) != nil }.reversed()
    }
  }

  /// What is known under one key, each part of which may be missing.
  private struct Node {
    let key: String
    var instance: Instance?
    var references: References?
  }

  private let rootType: String
  private let isMany: Bool
  private let model: [String: [String: String]]

  private var learntRootType: String?
  private var anchors: [JSONValue] = []
  private var knownAnchors: Set<String> = []
  private var nodes: [Node] = []
  private var places: [String: Place] = [:]

  init(rootType: String, isMany: Bool, model: [String: [String: String]]) {
    self.rootType = rootType
    self.isMany = isMany
    self.model = model
  }

  deinit {
    for node in nodes { node.instance?.fields = [] }
  }

  // MARK: anchors

  func setAnchors(_ ids: [JSONValue]) {
    anchors = ids
    for id in ids {
      knownAnchors.insert(id.inKey)
      let place = place(rootType, id.inKey)
      if nodes[place].instance == nil {
        nodes[place].instance = Instance(place, id: id, isLoaded: false)
      }
    }
  }

  func prependAnchor(_ id: JSONValue) {
    anchors.insert(id, at: 0)
    knownAnchors.insert(id.inKey)
  }

  // MARK: rows

  func receive(_ row: JSONValue) throws(ClientFault) {
    guard case .object(let members) = row else { throw .notRows }
    let type = row["_instance_type"]?.inKey
    let operation = row["_operation"]?.text
    let id = row["id"] ?? .null
    let idInKey = row["id"]?.inKey ?? "undefined"

    if isMany, learntRootType == nil, let type, type != "" {
      learntRootType = type
    } else if !isMany, anchors.isEmpty {
      guard type == rootType else { throw .expectedRootType(type ?? "undefined") }
      anchors = [id]
    }

    let place = place(type ?? "undefined", idInKey)
    let isRoot = isMany && type == learntRootType
    if isRoot, operation == "initial_state", !knownAnchors.contains(idInKey) {
      anchors.append(id)
      knownAnchors.insert(idInKey)
    } else if isRoot, operation == "delete" {
      anchors.removeAll { $0 == id }
      knownAnchors.remove(idInKey)
    } else if operation == "delete" {
      return try delete(place, idInKey)
    }

    merge(members, id, into: place, relations: type.flatMap { model[$0] } ?? [:])
    if nodes[place].references == nil {
      nodes[place].references = References()
    } else {
      var path: [Place] = []
      try changeReferences(to: place, &path)
    }
  }

  /// Puts a new object into the index: what was there, and over it what arrived.
  private func merge(
    _ members: [JSONValue.Member], _ id: JSONValue, into place: Place,
    relations: [String: String]
  ) {
    let instance =
      nodes[place].instance.map(Instance.init(copying:))
      ?? Instance(place, id: id, isLoaded: true)
    instance.id = id
    instance.isLoaded = true
    nodes[place].instance = instance
    for member in members where member.key.utf8.first != UInt8(ascii: "_") {
      instance[member.key] = slot(member, at: place, childType: relations[member.key])
    }
  }

  private func slot(_ member: JSONValue.Member, at place: Place, childType: String?) -> Slot {
    guard let childType else { return .plain(member.value) }
    let reference = Reference(property: member.key, referrer: place)
    guard case .array(let ids) = member.value else {
      return .one(target(childType, member.value, of: reference))
    }
    return .many(ids.map { target(childType, $0, of: reference) })
  }

  private func target(_ type: String, _ id: JSONValue, of reference: Reference) -> Instance {
    let place = place(type, id.inKey)
    let instance = nodes[place].instance ?? Instance(place, id: id, isLoaded: false)
    nodes[place].instance = instance
    nodes[place].references = nodes[place].references ?? References()
    nodes[place].references?.append(reference)
    return instance
  }

  /// Takes a row away from all that ever referred to it, and forgets it.
  private func delete(_ place: Place, _ idInKey: String) throws(ClientFault) {
    guard let references = nodes[place].references else {
      throw .deletedUnknown(nodes[place].key)
    }
    for reference in references.inOrder {
      let referrer = try referrer(reference)
      guard case .many(let listed) = referrer[reference.property] else {
        referrer[reference.property] = .plain(.null)
        continue
      }
      var kept: [Instance?] = []
      for instance in listed {
        guard let instance else { throw .listedRowGone(nodes[place].key) }
        if instance.id.inKey != idInKey { kept.append(instance) }
      }
      referrer[reference.property] = .many(kept)
    }
    nodes[place].instance = nil
    nodes[place].references = nil
  }

  /// Points all that ever referred to a row at its present object, and then all that referred to
  /// them at new objects of theirs, up to the top.
  private func changeReferences(to place: Place, _ path: inout [Place]) throws(ClientFault) {
    guard path.count(where: { $0 == place }) < Self.lapsMax else {
      throw .endlessRecursion(nodes[place].key)
    }
    guard let references = nodes[place].references else {
      throw .deletedAnchor(nodes[place].key)
    }
    path.append(place)
    for reference in references.inOrder {
      let referrer = try referrer(reference)
      if case .many(let listed) = referrer[reference.property] {
        var current: [Instance?] = []
        for instance in listed {
          guard let instance else { throw .listedRowGone(nodes[place].key) }
          current.append(nodes[instance.place].instance)
        }
        referrer[reference.property] = .many(current)
      } else {
        referrer[reference.property] = .one(nodes[place].instance)
      }
      nodes[reference.referrer].instance = Instance(copying: referrer)
      try changeReferences(to: reference.referrer, &path)
    }
    path.removeLast()
  }

  private func referrer(_ reference: Reference) throws(ClientFault) -> Instance {
    guard let instance = nodes[reference.referrer].instance else {
      throw .referrerGone(nodes[reference.referrer].key)
    }
    return instance
  }

  private func place(_ type: String, _ idInKey: String) -> Place {
    let key = Self.key(type, idInKey)
    if let place = places[key] { return place }
    nodes.append(Node(key: key))
    places[key] = nodes.count - 1
    return nodes.count - 1
  }

  // MARK: what is seen

  static func key(_ type: String, _ idInKey: String) -> String {
    "\(type):\(idInKey)"
  }

  func holds(_ key: String) -> Bool {
    places[key].map { nodes[$0].instance != nil } ?? false
  }

  /// An array of the anchors or the single one; an anchor that nothing is known of is `{}`.
  var value: JSONValue {
    let shown = anchors.map { id -> JSONValue in
      let place = places[Self.key(rootType, id.inKey)]
      guard let instance = place.flatMap({ nodes[$0].instance }) else { return .object([]) }
      var path: [Place] = []
      return self.shown(instance, &path)
    }
    return isMany ? .array(shown) : shown.first ?? .null
  }

  private func shown(_ instance: Instance, _ path: inout [Place]) -> JSONValue {
    guard instance.isLoaded else { return .placeholder(instance.id) }
    guard !path.contains(instance.place) else { return .cycle(instance.id) }
    path.append(instance.place)
    defer { path.removeLast() }
    return .sortedObject(
      instance.fields.map { name, slot in
        switch slot {
        case .plain(let value): .init(name, value.sorted)
        case .one(let instance): .init(name, shownOrNull(instance, &path))
        case .many(let instances): .init(name, .array(instances.map { shownOrNull($0, &path) }))
        }
      })
  }

  private func shownOrNull(_ instance: Instance?, _ path: inout [Place]) -> JSONValue {
    instance.map { shown($0, &path) } ?? .null
  }
}
