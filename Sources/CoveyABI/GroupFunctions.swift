public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_group_add(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ group: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try GroupName.checked(try target(group))
    try host.server.add(ConsumerID(raw: consumer), to: name)
  }
}

@c @implementation
public func covey_group_discard(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ group: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try GroupName.checked(try target(group))
    try host.server.discard(ConsumerID(raw: consumer), from: name)
  }
}

@c @implementation
public func covey_group_send(
  _ server: OpaquePointer?, _ group: UnsafePointer<CChar>?, _ json: UnsafeRawPointer?,
  _ size: Int, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let name = try target(group)
    let json = try payload(json, size, atMost: host.payloadBytesMax)
    let event = try Event(json: Array(json), depthMax: host.server.limits.jsonDepthMax)
    try host.server.send(event, toGroup: name)
  }
}

@c @implementation
public func covey_group_broadcast(
  _ server: OpaquePointer?, _ group: UnsafePointer<CChar>?, _ kind: covey_kind,
  _ data: UnsafeRawPointer?, _ size: Int, _ except: covey_consumer_id
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try target(group)
    let (kind, payload) = try message(kind, data, size, atMost: host.payloadBytesMax)
    let frame = Frame(kind, payload.span)
    try host.server.broadcast(
      frame, toGroup: name, except: except == 0 ? nil : ConsumerID(raw: except))
  }
}

@c @implementation
public func covey_group_count(
  _ server: OpaquePointer?, _ group: UnsafePointer<CChar>?,
  _ count_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try target(group)
    guard let count_out else { throw .invalid("count_out is NULL") }
    try host.server.requireLoop()
    count_out.pointee = host.server.hub.memberCount(of: name)
  }
}

@c @implementation
public func covey_group_list(
  _ server: OpaquePointer?, _ group: UnsafePointer<CChar>?,
  _ consumers_out: UnsafeMutablePointer<covey_consumer_id>?, _ capacity: Int,
  _ count_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try target(group)
    guard let count_out else { throw .invalid("count_out is NULL") }
    guard consumers_out != nil || capacity == 0 else {
      throw .invalid("consumers_out is NULL, capacity is \(UInt(bitPattern: capacity))")
    }
    try host.server.requireLoop()
    let members = host.server.hub.memberList(of: name)
    // A capacity beyond Int is more than there can be members.
    let room = capacity < 0 ? members.count : min(capacity, members.count)
    for position in 0..<room { consumers_out?[position] = members[position].raw }
    count_out.pointee = members.count
  }
}
