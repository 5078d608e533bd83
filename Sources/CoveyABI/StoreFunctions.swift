public import CCovey
internal import CoveyCore
internal import CoveyTransport

/// The model of an id, as a position.
func modelPosition(_ model: covey_model_id, _ schema: Schema) throws(Failure) -> Int {
  guard model > 0, let position = Int(exactly: model - 1), schema.contains(position) else {
    throw .invalid("no model \(model)")
  }
  return position
}

/// An id as a host writes it.
func instanceID(
  _ pointer: UnsafePointer<CChar>?, _ model: Int, _ schema: Schema
) throws(Failure) -> InstanceID {
  try InstanceID(text: try text(pointer, "id").utf8, schema.models[model].idKind)
}

/// A put, checked on the calling thread.
private func draft(
  _ host: ForeignHost, _ model: covey_model_id, _ json: UnsafeRawPointer?, _ size: Int,
  _ flags: UInt32
) throws(Failure) -> Draft {
  guard flags & ~UInt32(COVEY_PUT_MERGE) == 0 else {
    throw .invalid("flags are \(flags), known \(COVEY_PUT_MERGE)")
  }
  let schema = try host.server.schema()
  let bytes = try payload(json, size, atMost: host.server.limits.messageBytesMax)
  return try Draft(
    schema, model: try modelPosition(model, schema), bytes.span,
    isMerge: flags & UInt32(COVEY_PUT_MERGE) != 0, depthMax: host.server.limits.jsonDepthMax)
}

private func target(
  _ host: ForeignHost, _ model: covey_model_id, _ id: UnsafePointer<CChar>?
) throws(Failure) -> (Int, InstanceID) {
  let schema = try host.server.schema()
  let position = try modelPosition(model, schema)
  return (position, try instanceID(id, position, schema))
}

@c @implementation
public func covey_store_put(
  _ server: OpaquePointer?, _ model: covey_model_id, _ json: UnsafeRawPointer?, _ size: Int,
  _ flags: UInt32, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    try host.server.put(try draft(host, model, json, size, flags))
  }
}

@c @implementation
public func covey_store_delete(
  _ server: OpaquePointer?, _ model: covey_model_id, _ id: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let (position, id) = try target(host, model, id)
    try host.server.delete(position, id)
  }
}

@c @implementation
public func covey_store_get(
  _ server: OpaquePointer?, _ model: covey_model_id, _ id: UnsafePointer<CChar>?,
  _ json_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let (position, id) = try target(host, model, id)
    guard let json = try host.server.json(position, id) else {
      throw .notFound("no such instance")
    }
    if let json_out { json_out.pointee = UnsafePointer(host.lend(json)) }
    size_out?.pointee = json.count
  }
}

@c @implementation
public func covey_store_count(
  _ server: OpaquePointer?, _ model: covey_model_id, _ count_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let count_out else { throw .invalid("count_out is NULL") }
    let position = try modelPosition(model, try host.server.schema())
    count_out.pointee = try host.server.count(of: position)
  }
}

@c @implementation
public func covey_store_list(
  _ server: OpaquePointer?, _ model: covey_model_id,
  _ ids_out: UnsafeMutablePointer<UnsafePointer<UnsafePointer<CChar>?>?>?,
  _ count_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let ids_out, let count_out else { throw .invalid("ids_out or count_out is NULL") }
    let position = try modelPosition(model, try host.server.schema())
    let ids = try host.server.ids(of: position)
    ids_out.pointee = host.lend(list: ids.map(\.text))
    count_out.pointee = ids.count
  }
}

@c @implementation
public func covey_store_set_on_change(
  _ server: OpaquePointer?, _ on_change: covey_on_store_change_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: covey_destroy_fn?
) -> covey_status {
  status { () throws(Failure) in
    let owned = Owned(user, destroy)
    let host = try borrow(server)
    try host.server.requireLoop()
    host.setOnChange(on_change, owned)
    host.server.setToldOfChanges(on_change != nil)
  }
}

// MARK: - transactions

/// Changes that a host collects.
final class ForeignTransaction {
  let host: ForeignHost
  let load: LoadID?
  var changes: [Store.Change] = []
  var bytes = 0

  init(_ host: ForeignHost, load: LoadID?) {
    self.host = host
    self.load = load
  }

  func add(_ change: Store.Change, _ size: Int) throws(Failure) {
    let limit = host.server.limits.mailboxBytesMax
    guard size <= limit - bytes else {
      throw .full("transaction has \(bytes) bytes, limit \(limit)")
    }
    bytes += size
    changes.append(change)
  }

  /// The transaction of a handle, for the length of a call.
  static func borrow(_ handle: OpaquePointer?) throws(Failure) -> ForeignTransaction {
    guard let handle else { throw .invalid("transaction is NULL") }
    return Unmanaged<ForeignTransaction>.fromOpaque(UnsafeRawPointer(handle))
      .takeUnretainedValue()
  }

  /// The transaction of a handle, which is over.
  static func take(_ handle: OpaquePointer?) throws(Failure) -> ForeignTransaction {
    guard let handle else { throw .invalid("transaction is NULL") }
    return Unmanaged<ForeignTransaction>.fromOpaque(UnsafeRawPointer(handle)).takeRetainedValue()
  }

  var handle: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }
}

@c @implementation
public func covey_transaction_begin(
  _ server: OpaquePointer?, _ transaction_out: UnsafeMutablePointer<OpaquePointer?>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let transaction_out else { throw .invalid("transaction_out is NULL") }
    transaction_out.pointee = ForeignTransaction(host, load: nil).handle
  }
}

@c @implementation
public func covey_transaction_put(
  _ transaction: OpaquePointer?, _ model: covey_model_id, _ json: UnsafeRawPointer?, _ size: Int,
  _ flags: UInt32, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let transaction = try ForeignTransaction.borrow(transaction)
    let draft = try draft(transaction.host, model, json, size, flags)
    try transaction.add(.put(draft), draft.bytes)
  }
}

@c @implementation
public func covey_transaction_delete(
  _ transaction: OpaquePointer?, _ model: covey_model_id, _ id: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let transaction = try ForeignTransaction.borrow(transaction)
    let (position, id) = try target(transaction.host, model, id)
    try transaction.add(.delete(model: position, id), 64)
  }
}

@c @implementation
public func covey_transaction_commit(
  _ transaction: OpaquePointer?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let transaction = try ForeignTransaction.take(transaction)
    try transaction.host.server.commit(
      transaction.changes, bytes: transaction.bytes, load: transaction.load)
  }
}

@c @implementation
public func covey_transaction_abort(_ transaction: OpaquePointer?) -> covey_status {
  status { () throws(Failure) in
    let transaction = try ForeignTransaction.take(transaction)
    // One that was answered meanwhile, or timed out, needs nothing.
    if let load = transaction.load { try? transaction.host.server.fail(load, isNotFound: false) }
  }
}

// MARK: - loads

@c @implementation
public func covey_load_begin(
  _ server: OpaquePointer?, _ load: covey_load_id,
  _ transaction_out: UnsafeMutablePointer<OpaquePointer?>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let transaction_out else { throw .invalid("transaction_out is NULL") }
    guard host.server.isOpen(LoadID(raw: load)) else { throw .gone("load \(load) is gone") }
    transaction_out.pointee = ForeignTransaction(host, load: LoadID(raw: load)).handle
  }
}

@c @implementation
public func covey_load_fail(
  _ server: OpaquePointer?, _ load: covey_load_id, _ why: covey_status
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard why != covey_status(COVEY_OK) else { throw .invalid("why is COVEY_OK") }
    try host.server.fail(
      LoadID(raw: load), isNotFound: why == covey_status(COVEY_E_NOT_FOUND))
  }
}
