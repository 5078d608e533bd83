/// All instances a server knows, with their versions, and who sees which of them.
///
/// Changes come in as checked drafts; what followers are to be told comes out at the end of a turn
/// as frames for views.
package final class Store {
  package let schema: Schema
  let limits: Limits
  /// Microseconds of wall time; set by the owner before other inputs.
  package var wallTime: UInt64 = 0
  /// The version of the last change.
  package private(set) var version: UInt64 = 0
  /// Whether somebody wants to be told of every change.
  package var isToldOfChanges = false

  var instances: ContiguousArray<Instance> = []
  private var freeSlots: ContiguousArray<Int32> = []
  private var slots: ContiguousArray<[InstanceID: Int32]>
  private(set) var counts: ContiguousArray<Int>
  /// The highest integer id ever seen, by model.
  private(set) var highest: ContiguousArray<Int64>
  /// Bytes of all rows, about.
  package internal(set) var bytes = 0
  private var owners: [Name: Int32] = [:]
  private var lastOwner: Int32 = 0

  var layers: ContiguousArray<ScopeLayer> = []
  var freeLayers: ContiguousArray<Int32> = []
  var views: [View.Key: View] = [:]
  var dirtyScopes: ContiguousArray<Scope> = []
  /// Instances with changed fields since the last delta.
  var changed: ContiguousArray<Int32> = []
  /// Views of which an anchor is gone, as of the last delta.
  var lostAnchors: ContiguousArray<View> = []
  /// Places that may be of no use to anybody any more.
  var idle: ContiguousArray<Int32> = []
  /// Loaded instances that nobody follows, and since when.
  var unfollowed: ContiguousArray<(slot: Int32, at: UInt64)> = []
  /// Milliseconds on the owner's clock; set before other inputs.
  package var now: UInt64 = 0
  var log: ChangeLog
  var lastMark: UInt32 = 0
  var lastStamp: UInt32 = 0
  let writer = FrameWriter()

  // Worklists, kept for their room.
  var adding: ContiguousArray<Step> = []
  var removing: ContiguousArray<Step> = []
  var suspects: ContiguousArray<Node> = []
  /// What the commit under way has changed, in order.
  private var told: ContiguousArray<Int32> = []
  private var isVersionNew = false

  /// A reference that a scope gains or loses.
  struct Step {
    let slot: Int32
    let layer: Int32
    let parent: Int32
  }

  struct Node: Hashable {
    let slot: Int32
    let layer: Int32
  }

  package init(_ schema: Schema, limits: Limits) {
    self.schema = schema
    self.limits = limits
    slots = ContiguousArray(repeating: [:], count: schema.entries.count)
    counts = ContiguousArray(repeating: 0, count: schema.entries.count)
    highest = ContiguousArray(repeating: 0, count: schema.entries.count)
    log = ChangeLog(limits)
  }

  deinit {
    // Views and scopes know each other.
    for view in views.values {
      for scope in view.scopes { scope.views = [] }
    }
  }

  /// Instances that are there.
  package var count: Int { counts.reduce(0, &+) }
  /// The ids of the instances of a model, in no particular order.
  package func ids(of model: Int) -> [InstanceID] {
    guard slots.indices.contains(model) else { return [] }
    return slots[model].compactMap { instances[Int($0.value)].row == nil ? nil : $0.key }
  }

  package func count(of model: Int) -> Int { counts.indices.contains(model) ? counts[model] : 0 }
}

// MARK: - places

extension Store {
  func slot(_ model: Int, _ id: InstanceID) -> Int? {
    guard slots.indices.contains(model), let slot = slots[model][id] else { return nil }
    return Int(slot)
  }

  func has(_ model: Int, _ id: InstanceID) -> Bool {
    slot(model, id).map { instances[$0].row != nil } ?? false
  }

  /// What an instance takes besides its row, about; also one that is only referred to.
  static var placeBytes: Int { 64 }

  /// The place of an instance, made if need be.
  func place(_ model: Int, _ id: InstanceID) -> Int {
    if let slot = slots[model][id] { return Int(slot) }
    let slot: Int
    let instance = Instance(id: id, model: Int32(truncatingIfNeeded: model))
    if let free = freeSlots.popLast() {
      slot = Int(free)
      instances[slot] = instance
    } else {
      slot = instances.count
      instances.append(instance)
    }
    slots[model][id] = Int32(truncatingIfNeeded: slot)
    bytes &+= Self.placeBytes
    if case .integer(let number) = id { highest[model] = max(highest[model], number) }
    return slot
  }

  /// Gives places back that nobody refers to.
  func forgetIdle() {
    var candidates: ContiguousArray<Int32> = []
    swap(&candidates, &idle)
    for candidate in candidates {
      let slot = Int(candidate)
      guard instances[slot].row == nil, instances[slot].version != .max else { continue }
      if let links = instances[slot].links {
        guard links.referrers.isEmpty, links.memberships.isEmpty, links.scope == nil,
          links.lists.allSatisfy(\.isEmpty)
        else { continue }
      }
      slots[Int(instances[slot].model)][instances[slot].id] = nil
      bytes &-= Self.placeBytes
      instances[slot] = Instance(id: .integer(0), model: 0)
      // So that it is not given back twice.
      instances[slot].version = .max
      freeSlots.append(candidate)
    }
  }

  func links(_ slot: Int) -> Links {
    if let links = instances[slot].links { return links }
    let links = Links()
    let relations = schema.entries[Int(instances[slot].model)].relations.count
    for _ in 0..<relations { links.lists.append([]) }
    instances[slot].links = links
    return links
  }

  func entry(_ slot: Int) -> Schema.Entry { schema.entries[Int(instances[slot].model)] }

  func owner(_ user: Name?) -> Int32? { user.flatMap { owners[$0] } }

  /// The number of a row's owner; 0: everybody's.
  func owner(of row: Row, _ model: Int) -> Int32 {
    guard let field = schema.entries[model].model.ownerField, !row.isNull(field) else { return 0 }
    let name: Name? = row.withValue(field) { bytes in
      guard bytes.first == UInt8(ascii: "\"") else { return Name(bytes) }
      let text = bytes.bindMemory(to: UInt8.self).span
      let decoded = try? JSONScanner.text(of: 1..<(text.count &- 1), in: text)
      return decoded.map { Name($0) }
    }
    // What is no text belongs to nobody there could be.
    let user = name ?? Name("\u{0}")
    if let known = owners[user] { return known }
    lastOwner &+= 1
    owners[user] = lastOwner
    return lastOwner
  }
}

// MARK: - commits

extension Store {
  /// What a transaction asks for.
  package enum Change: Sendable {
    case put(Draft)
    case delete(model: Int, InstanceID)
  }

  /// What a commit did to one instance; nil: deleted.
  package struct Committed {
    package let model: Int
    package let id: InstanceID
    package let json: [UInt8]?
    package let version: UInt64
  }

  /// Makes all changes, or none; answers what was changed, if somebody wants to know.
  @discardableResult
  package func commit(
    _ changes: [Change], isLoad: Bool = false
  ) throws(Failure) -> [Committed] {
    try check(changes)
    beginCommit()
    for change in changes {
      switch change {
      case .put(let draft):
        put(draft, isLoad: isLoad)
        if isLoad, let slot = slot(draft.model, draft.id) {
          unfollowed.append((Int32(truncatingIfNeeded: slot), now))
        }
      case .delete(let model, let id):
        if let slot = slot(model, id), instances[slot].row != nil { delete(slot) }
      }
    }
    return endCommit(isTold: isToldOfChanges && !isLoad)
  }

  /// The same for one put, without a list.
  package func commit(_ draft: Draft) throws(Failure) -> [Committed] {
    if draft.isMerge || bytes &+ draft.bytes > limits.storeBytesMax { try check([.put(draft)]) }
    beginCommit()
    put(draft, isLoad: false)
    return endCommit(isTold: isToldOfChanges)
  }

  private func check(_ changes: [Change]) throws(Failure) {
    var growth = 0
    // What earlier changes of the same transaction make of an instance; only merges ask.
    var overlay: [Int: [InstanceID: Bool]] = [:]
    let hasMerge = changes.contains {
      if case .put(let draft) = $0 { draft.isMerge } else { false }
    }
    for change in changes {
      switch change {
      case .put(let draft):
        growth &+= draft.bytes
        let slot = slot(draft.model, draft.id)
        if let slot { growth &-= (instances[slot].row?.bytes ?? 0) &+ Self.placeBytes }
        if draft.isMerge {
          let isThere = overlay[draft.model]?[draft.id] ?? (slot.map { instances[$0].row != nil })
          if isThere != true { try requireWhole(draft) }
        }
        if hasMerge { overlay[draft.model, default: [:]][draft.id] = true }
      case .delete(let model, let id):
        if hasMerge { overlay[model, default: [:]][id] = false }
      }
    }
    guard growth <= 0 || bytes &+ growth <= limits.storeBytesMax else {
      throw .full("store has \(bytes) bytes, limit \(limits.storeBytesMax)")
    }
  }

  private func requireWhole(_ draft: Draft) throws(Failure) {
    let entry = schema.entries[draft.model]
    var missing = entry.required.subtracting(draft.given)
    guard let first = missing.popFirst() else { return }
    let id = InstanceID.quote(draft.id.text)
    throw .invalid(
      "merge into \(entry.model.name.text) \(id), which is not there, lacks field "
        + Failure.quote(entry.model.fields[first].name.text))
  }

  func beginCommit() { isVersionNew = false }

  /// The version of the commit under way, made when its first change is.
  func currentVersion() -> UInt64 {
    if !isVersionNew {
      isVersionNew = true
      version = max(version &+ 1, wallTime)
    }
    return version
  }

  /// Remembers that the host is to be told of this instance.
  func tell(_ slot: Int) {
    guard isToldOfChanges, !instances[slot].isTold else { return }
    instances[slot].isTold = true
    told.append(Int32(truncatingIfNeeded: slot))
  }

  private func endCommit(isTold: Bool) -> [Committed] {
    guard !told.isEmpty else { return [] }
    var committed: [Committed] = []
    for slot in told {
      let slot = Int(slot)
      instances[slot].isTold = false
      guard isTold else { continue }
      committed.append(
        Committed(
          model: Int(instances[slot].model), id: instances[slot].id, json: json(slot),
          version: version))
    }
    told.removeAll()
    return committed
  }

  /// Counts an instance that came or went.
  func count(_ slot: Int, by change: Int) { counts[Int(instances[slot].model)] &+= change }

  /// A version for what is no change of an instance: it must lie above all there were.
  func stampVersion() -> UInt64 {
    version = max(version &+ 1, wallTime)
    return version
  }
}
