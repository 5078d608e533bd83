// Writes of clients: checked here in the order of RxDjango's server, then the host decides.
extension Hub {
  func receivedWrite(
    _ slot: Int, _ follower: Follower, _ frame: ClientFrame, _ text: Span<UInt8>
  ) {
    guard let writeID = frame.writeID, writeID.range.count <= Limits.callNameBytesMax,
      let operation = frame.operation
    else {
      return ignore(slot, follower, text)
    }
    counters.writes &+= 1
    let wireID = Self.bytes(text, writeID.range)
    do throws(Refusal) {
      let request = try check(slot, follower, frame, operation, text)
      guard follower.context.hasWrite else { throw Refusal(403, "not allowed") }
      guard let id = openCall(slot, follower, wireID, request) else {
        throw Refusal(429, "too many calls wait for an answer")
      }
      effects.append(.write(consumers[slot].id, id, request))
    } catch {
      counters.callsFailed &+= 1
      store.writer.writeWriteError(wireID, error.code, error.message)
      answer(slot)
    }
  }

  /// Why a client's write is not made.
  struct Refusal: Error {
    let code: Int
    let message: String

    init(_ code: Int, _ message: String) {
      self.code = code
      self.message = message
    }
  }

  private func check(
    _ slot: Int, _ follower: Follower, _ frame: ClientFrame, _ operation: ClientFrame.Value,
    _ text: Span<UInt8>
  ) throws(Refusal) -> WriteRequest {
    let wanted: WriteOperations
    switch operation.string(text) {
    case "save": wanted = .save
    case "create": wanted = .create
    case "delete": wanted = .delete
    default: throw Refusal(400, "unknown operation \(JSONText.shown(text, operation.range))")
    }
    let model = try model(frame.instanceType, text)
    let entry = store.schema.entries[model]
    guard entry.model.writable.contains(wanted) else {
      throw Refusal(403, "\(entry.model.name.text) is not writable so")
    }
    var json = Array("{}".utf8)
    if wanted != .delete {
      let owner = store.owner(consumers[slot].user.map { Name($0) }) ?? 0
      json = try WritableFields.select(
        text, frame.data, store.schema, model, isCreate: wanted == .create
      ) { target, id in
        store.slot(target, id).map {
          store.isVisible(Int32(truncatingIfNeeded: $0), owner)
        } ?? false
      }
    }
    if wanted == .create {
      let parent = try parent(frame, child: model, text)
      guard sees(follower, parent.model, parent.id) else {
        throw notSeen(follower, "the parent is not in this context")
      }
      if let field = entry.model.ownerField, let user = consumers[slot].user,
        let value = ownerValue(entry.model.fields[field], user)
      {
        json = WritableFields.setting(entry, field, value, in: json)
      }
      return WriteRequest(
        operation: wanted, model: model, id: nil, parent: parent, json: json)
    }
    guard let given = frame.instanceID,
      let id = try? InstanceID(json: text, given.range, given.kind, entry.model.idKind)
    else { throw Refusal(400, "instanceId is missing or is no id") }
    guard sees(follower, model, id) else {
      // A row this client was shown a moment ago is gone; of others it learns nothing.
      let isAnchor = model == follower.context.model && follower.anchors.contains(id)
      throw isAnchor
        ? Refusal(404, "\(entry.model.name.text) is gone")
        : notSeen(follower, "not in this context")
    }
    return WriteRequest(operation: wanted, model: model, id: id, parent: nil, json: json)
  }

  /// The original says 400 of what is not there, as of what is none; our own client is told apart.
  private func notSeen(_ follower: Follower, _ message: String) -> Refusal {
    Refusal(follower.dialect == .own ? 404 : 400, message)
  }

  /// What is created belongs to whom it was created by.
  private func ownerValue(_ field: Field, _ user: String) -> [UInt8]? {
    guard case .integer = field.kind else { return JSONText.quoted(Name(user)) }
    let bytes = Array(user.utf8)
    return InstanceID.integer(bytes.span, 0..<bytes.count) == nil ? nil : bytes
  }

  func sees(_ follower: Follower, _ model: Int, _ id: InstanceID) -> Bool {
    follower.view.map { store.sees($0, model, id) } ?? false
  }

  private func model(
    _ value: ClientFrame.Value?, _ text: Span<UInt8>
  ) throws(Refusal) -> Int {
    guard let name = value?.string(text), let model = store.schema.position(of: Name(name)) else {
      throw Refusal(400, "unknown instance type")
    }
    return model
  }

  private func parent(
    _ frame: ClientFrame, child: Int, _ text: Span<UInt8>
  ) throws(Refusal) -> WriteRequest.Parent {
    let model = try model(frame.parentType, text)
    let entry = store.schema.entries[model]
    guard let name = frame.relationName?.string(text),
      let relation = entry.relations.firstIndex(where: {
        entry.model.fields[$0.field].name == Name(name)
      }), entry.relations[relation].target == child, entry.relations[relation].isMany
    else { throw Refusal(400, "no such relation of the parent to this type") }
    guard let given = frame.parentID,
      let id = try? InstanceID(json: text, given.range, given.kind, entry.model.idKind)
    else { throw Refusal(400, "parentId is missing or is no id") }
    return WriteRequest.Parent(
      model: model, id: id, relation: relation, relationName: Name(name))
  }

  // MARK: what the host answers

  /// Accepts a write: it is made, and answered. `json` stands in for what the client sent.
  package func acceptWrite(
    _ id: CallID, newID text: String?, json: [UInt8]?
  ) throws(Failure) {
    guard let call = calls.call(id) else { throw .gone("call \(id.raw) is gone") }
    guard let write = call.write else { throw .invalid("call \(id.raw) is an action") }
    let model = store.schema.entries[write.model].model
    let newID = try text.map { text throws(Failure) in
      try InstanceID(text: text.utf8, model.idKind)
    }
    var target = write.id
    if write.operation == .create {
      if let newID {
        target = newID
      } else {
        guard model.idKind == .integer else {
          throw .invalid("\(model.name.text) has string ids: the new one must be given")
        }
        guard store.highest[write.model] < .max else {
          throw .full("\(model.name.text) has no ids left")
        }
        target = .integer(store.highest[write.model] &+ 1)
      }
    } else if newID != nil {
      throw .invalid("an id is given only to what is created")
    }
    guard let target else { throw .invalid("call \(id.raw) names nothing") }
    let isThere = store.has(write.model, target)
    if isThere == (write.operation == .create) {
      let message = isThere ? "there already" : "gone"
      return try fail(id, isThere ? 409 : 404, "\(model.name.text) is \(message)")
    }
    if let parent = write.parent, !store.has(parent.model, parent.id) {
      let name = store.schema.entries[parent.model].model.name.text
      return try fail(id, 404, "\(name) is gone")
    }
    let committed = try store.commit(changes(write, target, json ?? write.json))
    let (answered, slot, _) = try take(id)
    store.writer.writeSuccess(answered.wireID, target)
    answer(slot)
    tell(committed)
  }

  private func changes(
    _ write: WriteRequest, _ id: InstanceID, _ json: [UInt8]
  ) throws(Failure) -> [Store.Change] {
    if write.operation == .delete { return [.delete(model: write.model, id)] }
    let schema = store.schema
    guard let parent = write.parent else {
      return [
        .put(try Draft(schema, model: write.model, json.span, isMerge: true, id: id))
      ]
    }
    let relation = schema.entries[parent.model].relations[parent.relation]
    var whole = json
    if let field = relation.inverseField {
      let value: [UInt8] =
        switch parent.id {
        case .integer(let number): Array(String(number).utf8)
        case .text(let name): JSONText.quoted(name)
        }
      whole = WritableFields.setting(schema.entries[write.model], field, value, in: json)
    }
    let child = Store.Change.put(
      try Draft(schema, model: write.model, whole.span, isMerge: true, id: id))
    if relation.inverseField != nil { return [child] }
    return [child, .put(try store.draft(appending: id, to: parent))]
  }
}
