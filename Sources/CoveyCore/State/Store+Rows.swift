// Rows as JSON: for the host as they are, for clients as their audience may see them.
extension Store {
  enum Operation {
    case initial, create, update

    var text: StaticString {
      switch self {
      case .initial: "initial_state"
      case .create: "create"
      case .update: "update"
      }
    }
  }

  /// For whom a row is written, and with which cursor.
  struct Audience {
    /// The number of the user as an owner; 0: of those that own nothing here.
    let owner: Int32
    let dialect: Dialect
    /// What `_tstamp` says; 0 where the client is not complete yet.
    var cursor: UInt64 = 0
    var isLive = false
    /// It came back with rows that were out of date.
    var isStale = false
  }

  func audience(_ view: View, cursor: UInt64 = 0) -> Audience {
    Audience(
      owner: owner(view.key.user) ?? 0, dialect: view.key.dialect, cursor: cursor, isLive: true,
      isStale: view.key.isStale)
  }

  /// An instance as the host gets it; nil when it is not there.
  package func json(_ model: Int, _ id: InstanceID) -> [UInt8]? {
    slot(model, id).flatMap { json($0) }
  }

  func json(_ slot: Int) -> [UInt8]? {
    guard let row = instances[slot].row else { return nil }
    writer.reset()
    writer.append("{\"id\":")
    writer.append(instances[slot].id)
    let entry = entry(slot)
    for field in entry.model.fields.indices {
      writer.append(UInt8(ascii: ","))
      writer.append(entry.keys[field])
      if entry.lists.contains(field) {
        writeList(slot, entry.relationOfField[field], nil)
      } else {
        row.withValue(field) { writer.append($0) }
      }
    }
    writer.append(UInt8(ascii: "}"))
    return writer.bytes
  }

  func isVisible(_ slot: Int32, _ owner: Int32) -> Bool {
    let instance = instances[Int(slot)]
    return instance.row != nil && (instance.owner == 0 || instance.owner == owner)
  }

  /// Writes the ids of a list; those that the audience may see, or all for the host.
  private func writeList(_ slot: Int, _ relation: Int, _ audience: Audience?) {
    writer.append(UInt8(ascii: "["))
    var isFirst = true
    if let links = instances[slot].links {
      for edge in links.lists[relation] {
        if let audience, !isVisible(edge.target, audience.owner) { continue }
        if !isFirst { writer.append(UInt8(ascii: ",")) }
        isFirst = false
        writer.append(instances[Int(edge.target)].id)
      }
    }
    writer.append(UInt8(ascii: "]"))
  }

  /// Whether a relation to one instance shows null to an audience.
  func showsNull(_ slot: Int, _ relation: Int, _ owner: Int32) -> Bool {
    guard let edge = instances[slot].links?.lists[relation].first else { return true }
    return !isVisible(edge.target, owner)
  }

  /// Writes a row with these fields.
  func write(
    _ slot: Int, _ mask: FieldMask, _ operation: Operation, _ audience: Audience
  ) {
    guard let row = instances[slot].row else { return }
    let entry = entry(slot)
    writer.append("{\"id\":")
    writer.append(instances[slot].id)
    var rest = mask
    while let field = rest.popFirst() {
      writer.append(UInt8(ascii: ","))
      writer.append(entry.keys[field])
      let relation = entry.relationOfField[field]
      if relation < 0 {
        row.withValue(field) { writer.append($0) }
      } else if entry.relations[relation].isMany {
        writeList(slot, relation, audience)
      } else if showsNull(slot, relation, audience.owner) {
        writer.append("null")
      } else {
        row.withValue(field) { writer.append($0) }
      }
    }
    writer.append(UInt8(ascii: ","))
    writer.append(entry.typeMember)
    writer.append(",\"_tstamp\":")
    writer.appendTimestamp(audience.cursor)
    writer.append(",\"_operation\":\"")
    writer.append(operation.text)
    writer.append(audience.isLive ? "\",\"_deleted\":false" : "\"")
    if audience.dialect == .own { writeVersion(instances[slot].version) }
    writer.append(UInt8(ascii: "}"))
  }

  func writeVersion(_ version: UInt64) {
    writer.append(",\"_version\":")
    writer.append(version)
  }

  func writeDeletion(_ model: Int, _ id: InstanceID, _ audience: Audience) {
    writer.append("{\"id\":")
    writer.append(id)
    writer.append(UInt8(ascii: ","))
    writer.append(schema.entries[model].typeMember)
    writer.append(",\"_tstamp\":")
    writer.appendTimestamp(audience.cursor)
    writer.append(",\"_operation\":\"delete\",\"_deleted\":true")
    if audience.dialect == .own { writeVersion(version) }
    writer.append(UInt8(ascii: "}"))
  }

  /// A row of nothing but its name.
  func writeStub(_ model: Int, _ id: InstanceID) {
    writer.append("{\"id\":")
    writer.append(id)
    writer.append(UInt8(ascii: ","))
    writer.append(schema.entries[model].typeMember)
    writer.append(",\"_operation\":\"update\"}")
  }

  /// The end of an anchor's instances; only that of the last one carries the version.
  static func endMarker(_ version: UInt64) -> Frame {
    let writer = FrameWriter()
    writer.append("[{\"_instance_type\":\"\",\"_tstamp\":")
    writer.appendTimestamp(version)
    writer.append(",\"_operation\":\"end_initial_state\",\"id\":0}]")
    return writer.frame()
  }

  func allFields(_ slot: Int) -> FieldMask {
    FieldMask(first: entry(slot).model.fields.count)
  }
}
