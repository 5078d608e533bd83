// The store behind the hub: changes go in, and who wants to know of them is told.
extension Hub {
  /// The models are whole: from now on instances can be put.
  package func adopt(_ schema: Schema, isToldOfChanges: Bool) {
    let wallTime = store.wallTime
    store = Store(schema, limits: limits)
    store.wallTime = wallTime
    store.isToldOfChanges = isToldOfChanges
  }

  /// Whether something waits to be written, or to be told.
  package var hasOutput: Bool { !dirty.isEmpty || store.hasPending || hasTurnToEnd }

  package func commit(_ draft: Draft) throws(Failure) {
    store.now = now
    tell(try store.commit(draft))
  }

  package func commit(_ changes: [Store.Change]) throws(Failure) {
    store.now = now
    tell(try store.commit(changes))
  }

  /// Deletes an instance; not found when there is none.
  package func delete(_ model: Int, _ id: InstanceID) throws(Failure) {
    guard store.has(model, id) else {
      throw .notFound(
        "no \(store.schema.entries[model].model.name.text) \(InstanceID.quote(id.text))")
    }
    try commit([.delete(model: model, id)])
  }

  func tell(_ committed: [Store.Committed]) {
    for change in committed { effects.append(.storeChanged(change)) }
  }

  /// What a consumer follows, in its order.
  package func anchors(of id: ConsumerID) throws(Failure) -> [InstanceID] {
    Array(try follower(id).1.anchors)
  }

  /// Consumers that follow an instance as an anchor.
  package func followers(of model: Int, _ id: InstanceID) -> Int {
    guard let slot = store.slot(model, id), let scope = store.instances[slot].links?.scope else {
      return 0
    }
    return scope.views.reduce(0) { $0 &+ $1.members.count }
  }
}
