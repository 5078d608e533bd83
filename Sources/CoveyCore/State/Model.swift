/// A declared type: what instances of one kind are.
package struct Model: Sendable {
  package let name: Name
  package let idKind: InstanceID.Kind
  package let fields: ContiguousArray<Field>
  package let writable: WriteOperations
  /// The position of the field that says whose a row is.
  package let ownerField: Int?
  package let hasLoader: Bool

  package init(
    _ name: String, _ idKind: InstanceID.Kind, _ fields: [Field],
    writable: WriteOperations = [], owner: String? = nil, hasLoader: Bool = false
  ) throws(Failure) {
    guard (1...Limits.nameBytesMax).contains(name.utf8.count) else {
      throw .invalid("model name is \(name.utf8.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    guard !name.hasPrefix("_") else {
      throw .invalid("model \(Failure.quote(name)) begins with an underscore")
    }
    guard fields.count <= FieldMask.fieldsMax else {
      throw .invalid(
        "model \(Failure.quote(name)) has \(fields.count) fields, limit \(FieldMask.fieldsMax)")
    }
    if fields.contains(where: { $0.name.text == "id" }) {
      throw .invalid("field \"id\" is there without being declared")
    }
    var names: Set<Name> = []
    for field in fields where !names.insert(field.name).inserted {
      throw .invalid(
        "model \(Failure.quote(name)) has two fields \(Failure.quote(field.name.text))")
    }
    var ownerField: Int?
    if let owner {
      ownerField = fields.firstIndex { $0.name == Name(owner) }
      guard let ownerField else {
        throw .invalid("model \(Failure.quote(name)) has no field \(Failure.quote(owner))")
      }
      switch fields[ownerField].kind {
      case .integer, .string: break
      default: throw .invalid("owner field \(Failure.quote(owner)) is no integer and no string")
      }
    }
    self.name = Name(name)
    self.idKind = idKind
    self.fields = ContiguousArray(fields)
    self.writable = writable
    self.ownerField = ownerField
    self.hasLoader = hasLoader
  }
}

/// What clients may do to instances.
package struct WriteOperations: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let save = WriteOperations(rawValue: 1)
  package static let create = WriteOperations(rawValue: 2)
  package static let delete = WriteOperations(rawValue: 4)
}
