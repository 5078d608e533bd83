public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_model_register(
  _ server: OpaquePointer?, _ model: UnsafePointer<covey_model>?,
  _ model_out: UnsafeMutablePointer<covey_model_id>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let given = ForeignStruct.read(model, into: covey_model())
    let owned = Owned(given.user, given.destroy)
    try ForeignStruct.check(model, "covey_model")
    guard model != nil else { throw .invalid("model is NULL") }
    let host = try borrow(server)
    let declared = try Model(given)
    try host.server.requireSetup()
    let position = try host.server.models.add(declared)
    host.loaders.append(
      ForeignHost.Loader(function: given.on_load, user: given.user, owned: owned))
    model_out?.pointee = covey_model_id(position + 1)
  }
}

extension Model {
  fileprivate init(_ given: covey_model) throws(Failure) {
    let kind: InstanceID.Kind
    switch given.id_kind {
    case 0, covey_id_kind(COVEY_ID_INTEGER): kind = .integer
    case covey_id_kind(COVEY_ID_STRING): kind = .text
    default: throw .invalid("id_kind is \(given.id_kind)")
    }
    let known = UInt32(COVEY_WRITE_SAVE | COVEY_WRITE_CREATE | COVEY_WRITE_DELETE)
    guard given.writable & ~known == 0 else {
      throw .invalid("writable is \(given.writable), known \(known)")
    }
    try self.init(
      try text(given.name, "model name"), kind,
      try ForeignFields.read(given.fields, given.field_count, given.field_size),
      writable: WriteOperations(rawValue: given.writable),
      owner: try optionalText(given.owner_field, "owner field"),
      hasLoader: given.on_load != nil)
  }
}

/// Lists of fields, whose structs may be longer or shorter than those of this version.
enum ForeignFields {
  static func read(
    _ fields: UnsafePointer<covey_field>?, _ count: Int, _ size: UInt32
  ) throws(Failure) -> [Field] {
    var read: [Field] = []
    for field in try copies(fields, count, size) { read.append(try Field(field)) }
    return read
  }

  private static func copies(
    _ fields: UnsafePointer<covey_field>?, _ count: Int, _ size: UInt32
  ) throws(Failure) -> [covey_field] {
    guard count != 0 else { return [] }
    guard count > 0, count <= FieldMask.fieldsMax else {
      throw .invalid("there are \(UInt(bitPattern: count)) fields, limit \(FieldMask.fieldsMax)")
    }
    guard let fields else { throw .invalid("fields is NULL, their count is \(count)") }
    let known = MemoryLayout<covey_field>.size
    let stride = size == 0 ? known : Int(size)
    guard stride >= 16, stride <= ForeignStruct.bytesMax else {
      throw .invalid("field_size is \(size), expected \(known)")
    }
    var copies: [covey_field] = []
    for position in 0..<count {
      let raw = UnsafeRawPointer(fields) + position * stride
      var field = covey_field()
      withUnsafeMutableBytes(of: &field) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: min(stride, known)))
      }
      for offset in known..<max(known, stride) {
        guard raw.load(fromByteOffset: offset, as: UInt8.self) == 0 else {
          throw .invalid("covey_field is \(stride) bytes and not zero beyond \(known)")
        }
      }
      copies.append(field)
    }
    return copies
  }
}

extension ForeignFields {
  /// What an action answers; nil for any JSON.
  static func result(_ action: covey_action) throws(Failure) -> Field? {
    let name: StaticString = "result"
    var given = covey_field()
    if action.result != nil {
      given = try copies(action.result, 1, action.field_size)[0]
    } else {
      // What the choices are would only the field say.
      let isKnown = action.result_type != covey_field_type(COVEY_FIELD_CHOICE)
      guard action.result_type != 0, isKnown else { return nil }
      given.type = action.result_type
    }
    let flags = UInt32(COVEY_FIELD_NULLABLE | COVEY_FIELD_WRITABLE | COVEY_FIELD_OPTIONAL)
    if given.flags & ~flags == 0 { given.flags &= UInt32(COVEY_FIELD_NULLABLE) }
    given.name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    let field = try Field(given)
    guard !field.isRelation else { throw .invalid("an action answers with no relation") }
    return field
  }
}

extension Field {
  fileprivate convenience init(_ given: covey_field) throws(Failure) {
    let name = try text(given.name, "field name")
    let flags = UInt32(COVEY_FIELD_NULLABLE | COVEY_FIELD_WRITABLE | COVEY_FIELD_OPTIONAL)
    guard given.flags & ~flags == 0 else {
      throw .invalid("flags of field \(Failure.quote(name)) are \(given.flags), known \(flags)")
    }
    let kind: Kind
    switch given.type {
    case covey_field_type(COVEY_FIELD_BOOLEAN): kind = .boolean
    case covey_field_type(COVEY_FIELD_INTEGER): kind = .integer
    case covey_field_type(COVEY_FIELD_NUMBER): kind = .number
    case covey_field_type(COVEY_FIELD_STRING): kind = .string
    case covey_field_type(COVEY_FIELD_DATETIME): kind = .datetime
    case covey_field_type(COVEY_FIELD_DATE): kind = .date
    case covey_field_type(COVEY_FIELD_DECIMAL): kind = .decimal
    case covey_field_type(COVEY_FIELD_JSON):
      kind =
        try optionalText(given.shape, "shape").map { text throws(Failure) in
          .shaped(try Shape(text))
        } ?? .json
    case covey_field_type(COVEY_FIELD_CHOICE):
      kind = .choice(try texts(given.choices, "choice").map { Array($0.utf8) })
    case covey_field_type(COVEY_FIELD_ONE):
      kind = .one(model: try text(given.model, "model of a relation"))
    case covey_field_type(COVEY_FIELD_MANY):
      kind = .many(
        model: try text(given.model, "model of a relation"),
        inverse: try optionalText(given.inverse_field, "inverse field"))
    default: throw .invalid("type of field \(Failure.quote(name)) is \(given.type)")
    }
    try self.init(
      name, kind, isNullable: given.flags & UInt32(COVEY_FIELD_NULLABLE) != 0,
      isWritable: given.flags & UInt32(COVEY_FIELD_WRITABLE) != 0,
      isOptional: given.flags & UInt32(COVEY_FIELD_OPTIONAL) != 0)
  }
}
