/// Writes what happened to rows for one audience, in an order that no client breaks on.
///
/// Our own clients are told what happened, and no more. RxDjango's need cures. They remember for
/// good which row ever referred to which, and when a row is updated or deleted, all that ever
/// referred to it over a relation to one show it, or null, whatever they refer to by now: so a row
/// that lost such a referrer is deleted and made anew, and whatever refers to it is sent again.
/// They throw at the deletion of what they do not know, and wherever a row is gone that once
/// referred to another: so a stub of each row stands before its deletion and after it. What goes
/// therefore comes first, and what changed last.
struct News {
  private let store: Store
  private let audience: Store.Audience
  private let scopes: ContiguousArray<Scope>
  private var pieces: Pieces
  private var needsCures: Bool { audience.dialect != .own }

  /// What is told is part of a snapshot, or can be caught up with.
  init(
    _ store: Store, _ audience: Store.Audience, _ scopes: ContiguousArray<Scope>,
    isSnapshot: Bool = false
  ) {
    self.store = store
    self.audience = audience
    self.scopes = scopes
    pieces = Pieces(
      store.writer, limit: store.limits.snapshotPieceBytes, isSnapshot: isSnapshot)
  }

  mutating func finish(cursor: UInt64) -> ContiguousArray<Frame> {
    pieces.close(cursor: cursor)
    return pieces.frames
  }

  /// Tells of rows that entered, changed and left; in the first and the last what is referred to
  /// stands before what refers to it.
  mutating func tell(
    entering: ContiguousArray<Int32>, changed: ContiguousArray<Int32>,
    leaving: ContiguousArray<Int32>
  ) {
    guard needsCures else {
      for slot in entering { put(slot, store.allFields(Int(slot)), .create) }
      for slot in changed { putChanges(slot) }
      for slot in leaving { retract(slot) }
      return
    }
    stubAnchors(entering)
    for slot in leaving where !isAnchor(slot) { leave(slot) }
    for slot in leaving where isAnchor(slot) { leave(slot) }
    let renewed = leftTargets(changed, leaving)
    for slot in renewed { leave(slot) }
    if audience.isStale { for slot in entering where !isAnchor(slot) { leave(slot) } }
    for slot in entering { put(slot, store.allFields(Int(slot)), .create) }
    for slot in renewed { put(slot, store.allFields(Int(slot)), .create) }
    for slot in changed { putChanges(slot) }
    for slot in renewed { referAgain(slot) }
    if audience.isStale { repeatReferences(to: entering) }
  }

  /// Whole rows of what changed while nobody was told, and what is gone since. Which rows lost a
  /// referrer meanwhile is not known: `cured` are all that could have.
  mutating func tellAgain(
    _ rows: ContiguousArray<Int32>, anchors: Set<Int32>, gone: [(model: Int, id: InstanceID)],
    curing cured: ContiguousArray<Int32>
  ) {
    if needsCures { stubAnchors(rows) }
    func isAnchor(_ row: (model: Int, id: InstanceID)) -> Bool {
      store.slot(row.model, row.id).map { anchors.contains(Int32(truncatingIfNeeded: $0)) } ?? false
    }
    for row in gone where !isAnchor(row) { leave(row.model, row.id, isAnchor: false) }
    for row in gone where isAnchor(row) { leave(row.model, row.id, isAnchor: true, isKnown: false) }
    let isCured = Set(cured)
    for slot in cured { leave(slot) }
    for slot in cured { put(slot, store.allFields(Int(slot)), .create) }
    for slot in rows where !isCured.contains(slot) {
      if audience.isStale, !anchors.contains(slot) { leave(slot) }
      put(slot, store.allFields(Int(slot)), anchors.contains(slot) ? .update : .create)
    }
    for slot in cured { referAgain(slot) }
    guard audience.isStale else { return }
    for slot in rows where !isCured.contains(slot) && !anchors.contains(slot) { referAgain(slot) }
    repeatReferences(to: rows)
  }

  /// Makes clients forget who ever referred to these rows, before they are sent whole.
  mutating func clear(_ rows: ContiguousArray<Int32>) {
    stubAnchors(rows)
    for slot in rows where !isAnchor(slot) { leave(slot) }
  }

  /// Says of a row that it is no anchor any more, or never was.
  mutating func retractAnchor(_ slot: Int32) { retract(slot) }

  /// Says of an anchor that it is gone, whether the client knows it or not.
  mutating func retractKnown(_ slot: Int32) {
    let instance = store.instances[Int(slot)]
    stub(Int(instance.model), instance.id)
    pieces.together()
    store.writeDeletion(Int(instance.model), instance.id, audience)
  }

  /// Sends a row that was an anchor, and is seen as one of the others now.
  mutating func reenter(_ slot: Int32) {
    put(slot, store.allFields(Int(slot)), .create)
    if needsCures { referAgain(slot) }
  }

  // MARK: single rows

  private func isAnchor(_ slot: Int32) -> Bool { scopes.contains { $0.anchor == slot } }

  /// An anchor that comes again must be known before what it once referred to is deleted.
  private mutating func stubAnchors(_ rows: ContiguousArray<Int32>) {
    for slot in rows where isAnchor(slot) {
      stub(Int(store.instances[Int(slot)].model), store.instances[Int(slot)].id)
    }
  }

  private mutating func leave(_ slot: Int32) {
    let instance = store.instances[Int(slot)]
    leave(Int(instance.model), instance.id, isAnchor: isAnchor(slot))
  }

  private mutating func leave(
    _ model: Int, _ id: InstanceID, isAnchor: Bool, isKnown: Bool = true
  ) {
    guard needsCures else { return retract(model, id) }
    // In one array, for the rest of it may be dropped: a row without its stub is never forgiven.
    pieces.next()
    if !isAnchor || !isKnown {
      store.writeStub(model, id)
      pieces.together()
    }
    store.writeDeletion(model, id, audience)
    // The only anchor of a client that shows one is nothing, not a stub, once it is gone.
    if isAnchor, audience.dialect == .single { return }
    pieces.together()
    store.writeStub(model, id)
  }

  private mutating func putChanges(_ slot: Int32) {
    guard let links = store.instances[Int(slot)].links else { return }
    put(slot, links.changed, .update)
  }

  private mutating func put(_ slot: Int32, _ mask: FieldMask, _ operation: Store.Operation) {
    pieces.next()
    store.write(Int(slot), mask, operation, audience)
    store.noteNulls(Int(slot), mask, audience, &pieces)
  }

  private mutating func retract(_ slot: Int32) {
    retract(Int(store.instances[Int(slot)].model), store.instances[Int(slot)].id)
  }

  private mutating func retract(_ model: Int, _ id: InstanceID) {
    pieces.next()
    store.writeDeletion(model, id, audience)
  }

  private mutating func stub(_ model: Int, _ id: InstanceID) {
    pieces.next()
    store.writeStub(model, id)
  }

  // MARK: cures

  /// What changed rows referred to and do no more, and what leaving rows referred to: as far as it
  /// stays.
  private func leftTargets(
    _ changed: ContiguousArray<Int32>, _ leaving: ContiguousArray<Int32>
  ) -> ContiguousArray<Int32> {
    var found: ContiguousArray<Int32> = []
    var seen: Set<Int32> = []
    func look(_ slot: Int32, hasLeft: Bool) {
      guard let links = store.instances[Int(slot)].links else { return }
      let entry = store.entry(Int(slot))
      for (position, relation) in entry.relations.enumerated() where !relation.isMany {
        let now = links.lists[position].first?.target
        let former = links.former.map { $0[position].first } ?? now
        guard let former, hasLeft || former != now, seen.insert(former).inserted,
          store.isMember(Int(former))
        else { continue }
        found.append(former)
      }
    }
    for slot in changed where store.instances[Int(slot)].links?.former != nil {
      look(slot, hasLeft: false)
    }
    for slot in leaving { look(slot, hasLeft: true) }
    return found
  }

  /// Sends the relation of each row that refers to this one.
  private mutating func referAgain(_ slot: Int32) {
    guard let links = store.instances[Int(slot)].links else { return }
    for referrer in links.referrers where store.isMember(Int(referrer.source)) {
      var mask = FieldMask()
      mask.insert(store.entry(Int(referrer.source)).relations[Int(referrer.relation)].field)
      put(referrer.source, mask, .update)
    }
  }

  /// Sends again what any row says over relations to one of these types: a client that came back
  /// with rows that were out of date may have taken it away when these were deleted.
  private mutating func repeatReferences(to rows: ContiguousArray<Int32>) {
    let models = Set(rows.map { Int(store.instances[Int($0)].model) })
    guard models.contains(where: { store.schema.entries[$0].isOneTarget }) else { return }
    for scope in scopes {
      for slot in store.walk(scope, audience.owner) {
        var mask = FieldMask()
        for relation in store.entry(Int(slot)).relations
        where !relation.isMany && models.contains(relation.target) {
          mask.insert(relation.field)
        }
        if !mask.isEmpty { put(slot, mask, .update) }
      }
    }
  }
}
