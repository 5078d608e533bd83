/// A put that was checked against its model, on any thread.
package struct Draft: Sendable {
  let model: Int
  let id: InstanceID
  /// Values of the fields that were named, or made null.
  let row: Row
  /// Fields that were named, or made null.
  let given: FieldMask
  /// The lists that were named, by relation.
  let lists: [List]
  let isMerge: Bool

  struct List: Sendable {
    let relation: Int
    let ids: [InstanceID]
  }

  /// Bytes it takes while it waits, about.
  package var bytes: Int { lists.reduce(row.bytes &+ 64) { $0 &+ $1.ids.count &* 64 } }

  /// Checks a JSON object; names the field and the value that are wrong.
  ///
  /// The id may come apart, for a write whose id was decided on; then the object has none.
  package init(
    _ schema: Schema, model: Int, _ text: Span<UInt8>, isMerge: Bool,
    id given: InstanceID? = nil, depthMax: Int = JSONScanner.depthMax
  ) throws(Failure) {
    guard schema.contains(model) else { throw .invalid("no model \(model &+ 1)") }
    var reader = DraftReader(schema.entries[model])
    let failure = withUnsafeTemporaryAllocation(
      of: UInt64.self, capacity: schema.entries[model].model.fields.count &+ 1
    ) { ranges -> Failure? in
      do throws(Failure) {
        try reader.read(text, schema, depthMax, hasID: given == nil, into: ranges)
        try reader.complete(isMerge: isMerge)
        reader.build(text, ranges)
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
    guard let row = reader.row, let id = given ?? reader.id else {
      throw .invalid("instance of \(schema.entries[model].model.name.text) has no id")
    }
    self.model = model
    self.id = id
    self.row = row
    self.given = isMerge ? reader.given : reader.givenByReplacing
    self.lists = reader.lists
    self.isMerge = isMerge
  }
}

extension Store {
  /// The put that adds an instance to a list of another.
  func draft(appending id: InstanceID, to parent: WriteRequest.Parent) throws(Failure) -> Draft {
    let entry = schema.entries[parent.model]
    writer.reset()
    writer.append("{")
    writer.append(entry.keys[entry.relations[parent.relation].field])
    writer.append("[")
    if let slot = slot(parent.model, parent.id), let links = instances[slot].links {
      for edge in links.lists[parent.relation] {
        writer.append(instances[Int(edge.target)].id)
        writer.append(",")
      }
    }
    writer.append(id)
    writer.append("]}")
    return try Draft(
      schema, model: parent.model, writer.bytes.span, isMerge: true, id: parent.id)
  }
}

/// Reads the members of an object into the fields of a model.
private struct DraftReader {
  let entry: Schema.Entry
  var id: InstanceID?
  var given = FieldMask()
  var lists: [Draft.List] = []
  var row: Row?
  /// To-one relations whose text is not canonical.
  private var rewritten: [(field: Int, text: [UInt8])] = []
  private var valueBytes = 0

  init(_ entry: Schema.Entry) { self.entry = entry }

  /// Finds and checks every member; the range of each value goes where its field is.
  mutating func read(
    _ text: Span<UInt8>, _ schema: Schema, _ depthMax: Int, hasID: Bool,
    into ranges: UnsafeMutableBufferPointer<UInt64>
  ) throws(Failure) {
    var failure: Failure?
    var next = 0
    let kind = try JSONScanner.scan(text, depthMax: depthMax) { member in
      guard failure == nil else { return }
      do throws(Failure) {
        // Most objects have the fields in the model's order.
        guard let field = position(of: member.name, in: text, expecting: next) else {
          try readID(member, text, isWanted: hasID)
          return
        }
        next = field &+ 1
        guard !given.contains(field) else {
          throw .invalid(
            "field \(Failure.quote(entry.model.fields[field].name.text)) is there twice")
        }
        given.insert(field)
        try check(field, member, text, schema)
        ranges[field] =
          UInt64(truncatingIfNeeded: member.value.lowerBound) &<< 32
          | UInt64(truncatingIfNeeded: member.value.upperBound)
        valueBytes &+= member.value.count
      } catch { failure = error }
    }
    if let failure { throw failure }
    guard kind == .object else { throw .invalid("instance is not a json object") }
  }

  /// What a replacing put says something about: everything but lists that it does not name.
  var givenByReplacing: FieldMask {
    var all = FieldMask(first: entry.model.fields.count).subtracting(entry.lists)
    all.formUnion(given)
    return all
  }

  private func position(
    of name: Range<Int>, in text: Span<UInt8>, expecting next: Int
  ) -> Int? {
    let fields = entry.model.fields
    if next < fields.count, isName(fields[next].name, name, text) { return next }
    for position in fields.indices where position != next {
      if isName(fields[position].name, name, text) { return position }
    }
    return nil
  }

  @inline(__always)
  private func isName(_ name: Name, _ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
    let bytes = name.bytes
    guard bytes.count == range.count else {
      // An escaped name is longer; nobody writes one, but it is the same name.
      return range.count > bytes.count && range.count <= bytes.count &* 6
        && hasBackslash(text, range)
        && JSONScanner.isEqual(range, in: text, to: name.text)
    }
    for offset in 0..<bytes.count where bytes[offset] != text[range.lowerBound &+ offset] {
      return false
    }
    return true
  }

  private func hasBackslash(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    for position in range where text[position] == UInt8(ascii: "\\") { return true }
    return false
  }

  private mutating func readID(
    _ member: JSONScanner.Member, _ text: Span<UInt8>, isWanted: Bool
  ) throws(Failure) {
    guard JSONScanner.isEqual(member.name, in: text, to: "id") else {
      throw .invalid(
        "\(entry.model.name.text) has no field \"\(JSONText.shown(text, member.name))\"")
    }
    guard isWanted else { throw .invalid("the id cannot be written") }
    guard id == nil else { throw .invalid("\"id\" is there twice") }
    id = try InstanceID(json: text, member.value, member.kind, entry.model.idKind)
  }

  private mutating func check(
    _ position: Int, _ member: JSONScanner.Member, _ text: Span<UInt8>, _ schema: Schema
  ) throws(Failure) {
    let field = entry.model.fields[position]
    if member.kind == .null {
      if entry.nullable.contains(position) { return }
      throw field.unfit(text, member.value)
    }
    let place = entry.relationOfField[position]
    guard place >= 0 else { return try field.check(text, member.value, member.kind) }
    let relation = entry.relations[place]
    let kind = schema.entries[relation.target].model.idKind
    do throws(Failure) {
      if relation.isMany {
        guard member.kind == .array else { throw field.unfit(text, member.value) }
        lists.append(Draft.List(relation: place, ids: try ids(text, member.value, kind)))
      } else {
        let id = try InstanceID(json: text, member.value, member.kind, kind)
        if case .text(let name) = id {
          rewritten.append((position, JSONText.quoted(name)))
          valueBytes &+= name.bytes.count &* 5
        } else if case .integer(0) = id {
          rewritten.append((position, [UInt8(ascii: "0")]))
        }
      }
    } catch {
      throw .invalid("field \(Failure.quote(field.name.text)): \(error.message)")
    }
  }

  private func ids(
    _ text: Span<UInt8>, _ range: Range<Int>, _ kind: InstanceID.Kind
  ) throws(Failure) -> [InstanceID] {
    var ids: [InstanceID] = []
    var seen: Set<InstanceID> = []
    var failure: Failure?
    let list = text.extracting(range)
    _ = try JSONScanner.scan(list) { element in
      guard failure == nil else { return }
      do throws(Failure) {
        let id = try InstanceID(json: list, element.value, element.kind, kind)
        if seen.insert(id).inserted { ids.append(id) }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return ids
  }

  /// What was not named becomes null in a replacing put, where it can.
  mutating func complete(isMerge: Bool) throws(Failure) {
    guard !isMerge else { return }
    var missing = entry.required.subtracting(given)
    if let first = missing.popFirst() {
      throw .invalid(
        "field \(Failure.quote(entry.model.fields[first].name.text)) of "
          + "\(entry.model.name.text) is missing")
    }
  }

  /// Copies the values side by side; in a replacing put, null where nothing was named.
  mutating func build(_ text: Span<UInt8>, _ ranges: UnsafeMutableBufferPointer<UInt64>) {
    let fields = entry.model.fields.count
    let isWhole = entry.required.subtracting(given).isEmpty
    let made = Row(fields: fields, capacity: valueBytes &+ fields &* 4) { builder in
      for field in 0..<fields {
        defer { builder.end() }
        guard !entry.lists.contains(field) else { continue }
        guard given.contains(field) else {
          if isWhole { for byte in "null".utf8 { builder.append(byte) } }
          continue
        }
        if let canonical = rewritten.first(where: { $0.field == field }) {
          builder.append(canonical.text)
          continue
        }
        let range =
          Int(ranges[field] &>> 32)..<Int(ranges[field] & 0xFFFF_FFFF)
        let first = text[range.lowerBound]
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
          JSONText.compact(text, range) { builder.append($0) }
        } else {
          text.extracting(range).withUnsafeBytes { builder.append($0) }
        }
      }
    }
    row = made
  }
}
