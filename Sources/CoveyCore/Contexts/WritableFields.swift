/// What a client may write of an instance, out of what it sent.
enum WritableFields {
  /// The writable fields of `data` as an object; unknown ones and others are left out, as clients
  /// of RxDjango send whole rows. Values and what they refer to are checked.
  static func select(
    _ text: Span<UInt8>, _ data: ClientFrame.Value?, _ schema: Schema, _ model: Int,
    isCreate: Bool, exists: (Int, InstanceID) -> Bool
  ) throws(Hub.Refusal) -> [UInt8] {
    guard let data, data.kind == .object else { throw Hub.Refusal(400, "data is no object") }
    let entry = schema.entries[model]
    var object: [UInt8] = [UInt8(ascii: "{")]
    var named = FieldMask()
    let start = data.range.lowerBound
    let contents = text.extracting(data.range)
    _ = try? JSONScanner.scan(contents) { member in
      guard
        let field = entry.model.fields.firstIndex(where: {
          JSONScanner.isEqual(member.name, in: contents, to: $0.name.text)
        }), entry.model.fields[field].isWritable
      else { return }
      named.insert(field)
      if object.count > 1 { object.append(UInt8(ascii: ",")) }
      object.append(contentsOf: entry.keys[field])
      let value = (start &+ member.value.lowerBound)..<(start &+ member.value.upperBound)
      text.extracting(value).withUnsafeBytes { object.append(contentsOf: $0) }
    }
    object.append(UInt8(ascii: "}"))
    if isCreate { try requireWritable(entry, named) }
    try check(object, schema, model, exists)
    return object
  }

  private static func requireWritable(
    _ entry: Schema.Entry, _ named: FieldMask
  ) throws(Hub.Refusal) {
    var missing = entry.required.subtracting(named)
    while let field = missing.popFirst() {
      // Who the parent is says the relation, and whose it is the caller.
      guard entry.model.fields[field].isWritable, !entry.model.fields[field].isOptional,
        entry.model.ownerField != field,
        !entry.inverseLists.contains(where: { $0.field == field })
      else { continue }
      let name = entry.model.fields[field].name.text
      throw Hub.Refusal(400, "field \(Failure.quote(name)) is missing")
    }
  }

  private static func check(
    _ object: [UInt8], _ schema: Schema, _ model: Int, _ exists: (Int, InstanceID) -> Bool
  ) throws(Hub.Refusal) {
    let entry = schema.entries[model]
    let anyID: InstanceID = entry.model.idKind == .integer ? .integer(0) : .text(Name("x"))
    let draft: Draft
    do {
      draft = try Draft(schema, model: model, object.span, isMerge: true, id: anyID)
    } catch { throw Hub.Refusal(400, error.message) }
    func require(_ target: Int, _ id: InstanceID) throws(Hub.Refusal) {
      guard exists(target, id) else {
        let name = schema.entries[target].model.name.text
        throw Hub.Refusal(400, "there is no \(name) \(InstanceID.quote(id.text))")
      }
    }
    for list in draft.lists {
      for id in list.ids { try require(entry.relations[list.relation].target, id) }
    }
    for relation in entry.relations where !relation.isMany && draft.given.contains(relation.field) {
      if let id = draft.row.id(relation.field, schema.entries[relation.target].model.idKind) {
        try require(relation.target, id)
      }
    }
    for inverse in entry.inverseLists where draft.given.contains(inverse.field) {
      if let id = draft.row.id(inverse.field, schema.entries[inverse.parent].model.idKind) {
        try require(inverse.parent, id)
      }
    }
  }

  /// The object with a field set to an id, whatever it said of it.
  static func setting(
    _ entry: Schema.Entry, _ field: Int, _ value: [UInt8], in object: [UInt8]
  ) -> [UInt8] {
    var made: [UInt8] = [UInt8(ascii: "{")]
    made.append(contentsOf: entry.keys[field])
    made.append(contentsOf: value)
    let text = object.span
    _ = try? JSONScanner.scan(text) { member in
      let name = entry.model.fields[field].name.text
      guard !JSONScanner.isEqual(member.name, in: text, to: name) else { return }
      made.append(UInt8(ascii: ","))
      let whole = (member.name.lowerBound &- 1)..<member.value.upperBound
      text.extracting(whole).withUnsafeBytes { made.append(contentsOf: $0) }
    }
    made.append(UInt8(ascii: "}"))
    return made
  }
}
