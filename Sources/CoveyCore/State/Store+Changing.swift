// What a put or a deletion does to rows, and to the lists that follow from them.
extension Store {
  func put(_ draft: Draft, isLoad: Bool) {
    let slot = place(draft.model, draft.id)
    if instances[slot].row == nil {
      create(slot, draft)
      instances[slot].isLoaded = isLoad
    } else {
      update(slot, draft)
      if !isLoad { instances[slot].isLoaded = false }
    }
  }

  // MARK: coming

  private func create(_ slot: Int, _ draft: Draft) {
    let entry = schema.entries[draft.model]
    tell(slot)
    // While the row is not there, links change no scope.
    for relation in entry.relations.indices where !entry.relations[relation].isMany {
      if let id = draft.row.id(
        entry.relations[relation].field,
        schema.entries[entry.relations[relation].target].model.idKind)
      {
        replace(slot, relation, [Int32(place(entry.relations[relation].target, id))])
      }
    }
    for list in draft.lists { _ = setList(slot, list, entry) }
    joinParents(slot, draft.row, entry)
    leaveWrongParents(slot, draft.row)
    instances[slot].row = draft.row
    instances[slot].owner = owner(of: draft.row, draft.model)
    bytes &+= draft.row.bytes
    count(slot, by: 1)
    note(slot, FieldMask(first: entry.model.fields.count))
    attach(slot)
    touchReferrers(slot)
  }

  /// Enters the lists that its inverse fields name.
  private func joinParents(_ slot: Int, _ row: Row, _ entry: Schema.Entry) {
    for inverse in entry.inverseLists {
      guard let id = row.id(inverse.field, schema.entries[inverse.parent].model.idKind) else {
        continue
      }
      addToList(place(inverse.parent, id), inverse.relation, slot)
    }
  }

  /// Leaves lists that had named it before it was there, and are not its own.
  private func leaveWrongParents(_ slot: Int, _ row: Row) {
    guard let links = instances[slot].links else { return }
    for referrer in links.referrers {
      let source = Int(referrer.source)
      let relation = entry(source).relations[Int(referrer.relation)]
      guard let field = relation.inverseField else { continue }
      if row.id(field, entry(source).model.idKind) != instances[source].id {
        removeFromList(source, Int(referrer.relation), slot)
      }
    }
  }

  // MARK: changing

  private func update(_ slot: Int, _ draft: Draft) {
    guard let old = instances[slot].row else { return }
    let fields = schema.entries[draft.model].model.fields.count
    var mask = FieldMask()
    for field in 0..<fields where draft.given.contains(field) {
      if !old.isEqual(to: draft.row, field) { mask.insert(field) }
    }
    let entry = schema.entries[draft.model]
    if mask.isEmpty, draft.lists.isEmpty { return }
    if !mask.isEmpty {
      let row =
        draft.isMerge ? old.merged(with: draft.row, draft.given, fields: fields) : draft.row
      change(slot, from: old, to: row, mask, entry)
    }
    for list in draft.lists where setList(slot, list, entry) {
      var one = FieldMask()
      one.insert(entry.relations[list.relation].field)
      note(slot, one)
      tell(slot)
    }
  }

  private func change(
    _ slot: Int, from old: Row, to row: Row, _ mask: FieldMask, _ entry: Schema.Entry
  ) {
    note(slot, mask)
    tell(slot)
    bytes &+= row.bytes &- old.bytes
    let owner = entry.model.ownerField == nil ? 0 : owner(of: row, Int(instances[slot].model))
    let changesHands = owner != instances[slot].owner
    if changesHands { detach(slot) }
    instances[slot].row = row
    if changesHands {
      instances[slot].owner = owner
      attach(slot)
      touchReferrers(slot)
    }
    guard !entry.relations.isEmpty || !entry.inverseLists.isEmpty else { return }
    for inverse in entry.inverseLists where mask.contains(inverse.field) {
      let kind = schema.entries[inverse.parent].model.idKind
      // In first, then out: what stays in a scope never leaves it.
      if let id = row.id(inverse.field, kind) {
        addToList(place(inverse.parent, id), inverse.relation, slot)
      }
      if let id = old.id(inverse.field, kind), let parent = self.slot(inverse.parent, id) {
        removeFromList(parent, inverse.relation, slot)
      }
    }
    for (relation, declared) in entry.relations.enumerated()
    where !declared.isMany && mask.contains(declared.field) {
      let id = row.id(declared.field, schema.entries[declared.target].model.idKind)
      replace(slot, relation, id.map { [Int32(place(declared.target, $0))] } ?? [])
    }
  }

  // MARK: going

  func delete(_ slot: Int) {
    guard let row = instances[slot].row else { return }
    let entry = entry(slot)
    note(slot, FieldMask(first: entry.model.fields.count))
    tell(slot)
    touchReferrers(slot)
    detach(slot)
    instances[slot].row = nil
    instances[slot].owner = 0
    instances[slot].isLoaded = false
    bytes &-= row.bytes
    count(slot, by: -1)
    for inverse in entry.inverseLists {
      if let id = row.id(inverse.field, schema.entries[inverse.parent].model.idKind),
        let parent = self.slot(inverse.parent, id)
      {
        removeFromList(parent, inverse.relation, slot)
      }
    }
    for relation in entry.relations.indices {
      // Children keep saying whose they are: their list outlives the parent's row.
      if entry.relations[relation].inverseField == nil { replace(slot, relation, []) }
    }
    idle.append(Int32(truncatingIfNeeded: slot))
  }

  // MARK: lists

  /// Sets a list as a put says; tells whether it changed.
  private func setList(_ slot: Int, _ list: Draft.List, _ entry: Schema.Entry) -> Bool {
    let relation = entry.relations[list.relation]
    var targets: ContiguousArray<Int32> = []
    targets.reserveCapacity(list.ids.count)
    for id in list.ids { targets.append(Int32(place(relation.target, id))) }
    if let field = relation.inverseField {
      let parent = instances[slot].id
      let kind = entry.model.idKind
      let isMine = { (target: Int32) -> Bool in
        guard let row = self.instances[Int(target)].row else { return true }
        return row.id(field, kind) == parent
      }
      targets.removeAll { !isMine($0) }
      let named = Set(targets)
      for edge in links(slot).lists[list.relation] where !named.contains(edge.target) {
        // A child stays in the list of its parent; what is not there stays only if it is named.
        if instances[Int(edge.target)].row != nil { targets.append(edge.target) }
      }
    }
    if targets.isEmpty, instances[slot].links == nil { return false }
    guard !links(slot).lists[list.relation].lazy.map(\.target).elementsEqual(targets) else {
      return false
    }
    replace(slot, list.relation, targets)
    return true
  }

  private func addToList(_ parent: Int, _ relation: Int, _ child: Int) {
    let target = Int32(truncatingIfNeeded: child)
    let list = links(parent).lists[relation]
    // Most lists that have it already have it because its parent named it before.
    if let referrers = instances[child].links?.referrers,
      referrers.contains(where: { $0.source == Int32(parent) && $0.relation == Int32(relation) })
    {
      return
    }
    noteList(parent, relation)
    link(parent, relation, at: list.count, target)
  }

  private func removeFromList(_ parent: Int, _ relation: Int, _ child: Int) {
    guard let links = instances[child].links,
      let known = links.referrers.first(where: {
        $0.source == Int32(parent) && $0.relation == Int32(relation)
      })
    else { return }
    noteList(parent, relation)
    unlink(parent, relation, at: Int(known.place))
    idle.append(Int32(truncatingIfNeeded: parent))
  }

  private func noteList(_ slot: Int, _ relation: Int) {
    guard instances[slot].row != nil else { return }
    var mask = FieldMask()
    mask.insert(entry(slot).relations[relation].field)
    note(slot, mask)
    tell(slot)
  }
}
