public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_action_register(
  _ server: OpaquePointer?, _ channel: covey_channel_id, _ action: UnsafePointer<covey_action>?,
  _ handler: covey_on_action_fn?, _ user: UnsafeMutableRawPointer?, _ destroy: covey_destroy_fn?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let owned = Owned(user, destroy)
    let given = ForeignStruct.read(action, into: covey_action())
    try ForeignStruct.check(action, "covey_action")
    guard action != nil else { throw .invalid("action is NULL") }
    let host = try borrow(server)
    guard let handler else { throw .invalid("handler is NULL") }
    let known = UInt32(COVEY_ACTION_ANONYMOUS | COVEY_ACTION_UNCHECKED)
    guard given.flags & ~known == 0 else {
      throw .invalid("flags of the action are \(given.flags), known \(known)")
    }
    guard (0...covey_field_type(COVEY_FIELD_CHOICE)).contains(given.result_type) else {
      throw .invalid("result_type is \(given.result_type)")
    }
    let isUnchecked = given.flags & UInt32(COVEY_ACTION_UNCHECKED) != 0
    guard !isUnchecked || given.parameter_count == 0 else {
      throw .invalid("an unchecked action has no parameters")
    }
    let parameters = try ForeignFields.read(
      given.parameters, given.parameter_count, given.field_size)
    let result = try ForeignFields.result(given)
    let declared = try Action(
      try text(given.name, "action name"), grant: try optionalText(given.grant, "grant"),
      allowsAnonymous: given.flags & UInt32(COVEY_ACTION_ANONYMOUS) != 0,
      parameters: isUnchecked ? nil : parameters, result: result, handler: host.actionHandlers.count
    )
    try host.server.requireSetup()
    let hub = host.server.hub
    try hub.register(declared, channel: try channelPosition(channel, in: hub))
    host.actionHandlers.append(
      ForeignHost.ActionHandler(function: handler, user: user, owned: owned))
  }
}

/// An object or any other value, checked before anything is done with it.
private func json(
  _ host: ForeignHost, _ data: UnsafeRawPointer?, _ size: Int
) throws(Failure) -> UnsafeBufferPointer<UInt8> {
  let value = try payload(data, size, atMost: host.answerBytesMax)
  try JSONScanner.validate(value.span, depthMax: host.server.limits.jsonDepthMax)
  return value
}

@c @implementation
public func covey_call_return(
  _ server: OpaquePointer?, _ call: covey_call_id, _ json: UnsafeRawPointer?, _ size: Int
) -> covey_status {
  status { () throws(Failure) in
    try lending(server) { host throws(Failure) in
      guard json != nil || size != 0 else {
        let nothing: StaticString = "null"
        let text = UnsafeBufferPointer(start: nothing.utf8Start, count: 4)
        return try host.server.finish(CallID(raw: call), result: text)
      }
      let result = try CoveyABI.json(host, json, size)
      try host.server.finish(CallID(raw: call), result: result)
    }
  }
}

@c @implementation
public func covey_call_fail(
  _ server: OpaquePointer?, _ call: covey_call_id, _ code: Int32,
  _ message: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let message = try optionalText(message, "message") ?? ""
    // Rather a shorter answer than none.
    let shown = message.prefix(utf8BytesMax: Limits.errorMessageBytesMax)
    try host.server.fail(CallID(raw: call), code: Int(code), message: String(shown))
  }
}

@c @implementation
public func covey_call_drop(_ server: OpaquePointer?, _ call: covey_call_id) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.fail(CallID(raw: call), code: 500, message: "not answered")
  }
}

@c @implementation
public func covey_write_accept(
  _ server: OpaquePointer?, _ call: covey_call_id, _ id: UnsafePointer<CChar>?,
  _ json: UnsafeRawPointer?, _ size: Int, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    var object: [UInt8]?
    if json != nil || size != 0 {
      let value = try payload(json, size, atMost: host.server.limits.messageBytesMax)
      let depthMax = host.server.limits.jsonDepthMax
      guard try JSONScanner.scan(value.span, depthMax: depthMax, member: { _ in }) == .object
      else { throw .invalid("json is no object") }
      object = Array(value)
    }
    try host.server.acceptWrite(
      CallID(raw: call), id: try optionalText(id, "id"), json: object)
  }
}
