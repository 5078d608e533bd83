public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_consumer_accept(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ subprotocol: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let subprotocol = try optionalText(subprotocol, "subprotocol")
    try host.server.accept(ConsumerID(raw: consumer), subprotocol: subprotocol)
  }
}

@c @implementation
public func covey_consumer_reject(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ http_status: UInt16,
  _ close_code: UInt16
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let status = http_status == 0 ? 403 : Int(http_status)
    guard (400...599).contains(status) else {
      throw .invalid("http status is \(status), limits 400 to 599")
    }
    let code = try closeCode(close_code, or: host.server.limits.refusedCloseCode)
    try host.server.reject(ConsumerID(raw: consumer), status: status, code: code)
  }
}

@c @implementation
public func covey_consumer_send(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ kind: covey_kind,
  _ data: UnsafeRawPointer?, _ size: Int
) -> covey_status {
  status { () throws(Failure) in
    try lending(server) { host throws(Failure) in
      let (kind, payload) = try message(kind, data, size, atMost: host.payloadBytesMax)
      try host.server.send(kind, payload.span, to: ConsumerID(raw: consumer))
    }
  }
}

@c @implementation
public func covey_consumer_close(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ code: UInt16,
  _ reason: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let code = try closeCode(code, or: .normal)
    try host.server.close(ConsumerID(raw: consumer), code, reason: try closeReason(reason))
  }
}

private func closeReason(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> [UInt8] {
  let reason = Array((try optionalText(pointer, "reason") ?? "").utf8)
  guard reason.count <= Limits.closeReasonBytesMax else {
    throw .tooLarge("reason is \(reason.count) bytes, limit \(Limits.closeReasonBytesMax)")
  }
  return reason
}

@c @implementation
public func covey_consumer_set_expiry(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ seconds: UInt32
) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.setExpiry(
      ConsumerID(raw: consumer), after: seconds == UInt32.max ? nil : seconds)
  }
}

@c @implementation
public func covey_user_disconnect(
  _ server: OpaquePointer?, _ user: UnsafePointer<CChar>?, _ code: UInt16,
  _ reason: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let user = try userName(user) else { throw .invalid("user is NULL") }
    guard !user.isEmpty else { throw .invalid("user is empty") }
    let code = try closeCode(code, or: .policyViolation)
    try host.server.disconnect(user: user, code, reason: try closeReason(reason))
  }
}

@c @implementation
public func covey_consumer_set_user(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ user: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    try host.server.setUser(try userName(user), of: ConsumerID(raw: consumer))
  }
}

@c @implementation
public func covey_consumer_set_data(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ data: UnsafeMutableRawPointer?,
  _ destroy: covey_destroy_fn?
) -> covey_status {
  status { () throws(Failure) in
    let owned = Owned(data, destroy)
    let (host, id) = try known(server, consumer)
    host.setData(owned, of: id)
  }
}

@c @implementation
public func covey_consumer_get_data(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ data_out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> covey_status {
  status { () throws(Failure) in
    let (host, id) = try known(server, consumer)
    guard let data_out else { throw .invalid("data_out is NULL") }
    data_out.pointee = host.data(of: id)
  }
}

@c @implementation
public func covey_consumer_get_channel(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ channel_out: UnsafeMutablePointer<covey_channel_id>?
) -> covey_status {
  status { () throws(Failure) in
    let (host, id) = try known(server, consumer)
    guard let channel_out else { throw .invalid("channel_out is NULL") }
    guard let channel = host.server.hub.channel(of: id) else { throw .gone("consumer is gone") }
    channel_out.pointee = covey_channel_id(channel + 1)
  }
}

/// A consumer that still can be asked about, on the loop's thread.
func known(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id
) throws(Failure) -> (ForeignHost, ConsumerID) {
  let host = try borrow(server)
  try host.server.requireLoop()
  let id = ConsumerID(raw: consumer)
  guard consumer != 0, host.server.hub.channel(of: id) != nil else {
    throw .gone("consumer \(consumer) is gone")
  }
  return (host, id)
}
