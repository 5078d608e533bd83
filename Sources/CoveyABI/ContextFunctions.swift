public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_context_register(
  _ server: OpaquePointer?, _ pattern: UnsafePointer<CChar>?,
  _ options: UnsafePointer<covey_channel_options>?,
  _ context: UnsafePointer<covey_context_options>?,
  _ handlers: UnsafePointer<covey_context_handlers>?,
  _ channel_out: UnsafeMutablePointer<covey_channel_id>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let given = ForeignStruct.read(handlers, into: covey_context_handlers())
    let owned = Owned(given.user, given.destroy)
    try ForeignStruct.check(handlers, "covey_context_handlers")
    guard given.reserved == 0 else {
      throw .invalid("a reserved field of covey_context_handlers is not zero")
    }
    let chosen = ForeignStruct.read(options, into: covey_channel_options())
    try ForeignStruct.check(options, "covey_channel_options")
    let shown = ForeignStruct.read(context, into: covey_context_options())
    try ForeignStruct.check(context, "covey_context_options")
    guard context != nil else { throw .invalid("context is NULL") }
    let host = try borrow(server)
    guard chosen.flags & UInt32(COVEY_CHANNEL_BROADCAST_RECEIVED) == 0 else {
      throw .invalid("a context channel broadcasts nothing of what it receives")
    }
    guard chosen.slow_policy == 0, chosen.outbox_high_bytes == 0, chosen.outbox_low_bytes == 0
    else {
      let marks = "\(chosen.outbox_high_bytes) and \(chosen.outbox_low_bytes)"
      throw .invalid(
        "slow_policy is \(chosen.slow_policy), marks \(marks): a context channel has none")
    }
    var plain = covey_channel_handlers()
    plain.on_connect = given.on_connect
    let channel = try channel(
      try text(pattern, "pattern"), chosen, plain, host.server.limits)
    channel.hasTextHandler = true
    channel.context = try Context(shown, given, channel.pattern, host.server.models)
    try host.server.requireSetup()
    let position = try host.server.hub.register(channel)
    host.channels.append(
      ForeignHost.Handlers(
        onConnect: given.on_connect, onText: nil, onBinary: nil,
        onDisconnect: given.on_disconnect, onOutbox: nil,
        context: ForeignHost.ContextHandlers(given), user: given.user, owned: owned))
    channel_out?.pointee = covey_channel_id(position + 1)
  }
}

extension Context {
  fileprivate convenience init(
    _ options: covey_context_options, _ handlers: covey_context_handlers, _ pattern: Pattern,
    _ models: Models
  ) throws(Failure) {
    guard options.flags & ~UInt32(COVEY_CONTEXT_MANY) == 0 else {
      throw .invalid("flags of the context are \(options.flags), known \(COVEY_CONTEXT_MANY)")
    }
    guard options.model > 0, let position = Int(exactly: options.model - 1),
      models.model(position) != nil
    else { throw .invalid("no model \(options.model)") }
    let isMany = options.flags & UInt32(COVEY_CONTEXT_MANY) != 0
    var parameter: Int?
    if let name = try optionalText(options.parameter, "parameter") {
      parameter = pattern.parameterNames.firstIndex(of: name)
      guard parameter != nil else {
        throw .invalid("parameter \(Failure.quote(name)) is not in the pattern")
      }
      guard !isMany else { throw .invalid("a list of anchors is not named by a parameter") }
    } else if !isMany, handlers.on_list == nil {
      guard !pattern.parameterNames.isEmpty else {
        throw .invalid("neither a parameter of the pattern nor on_list says which anchor")
      }
      parameter = 0
    }
    guard options.reserved == 0 else {
      throw .invalid("a reserved field of covey_context_options is not zero")
    }
    try self.init(
      model: position, isMany: isMany, parameter: parameter,
      name: try optionalText(options.name, "name"),
      variables: try ForeignFields.read(
        options.variables, options.variable_count, options.field_size))
    hasAuthenticate = handlers.on_authenticate != nil
    hasAuthorize = handlers.on_authorize != nil
    hasOpen = handlers.on_open != nil
    hasList = handlers.on_list != nil
    hasWrite = handlers.on_write != nil
  }
}

// MARK: - letting in

@c @implementation
public func covey_consumer_authenticate(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ user: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    try host.server.authenticate(ConsumerID(raw: consumer), user: try userName(user))
  }
}

@c @implementation
public func covey_consumer_authorize(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id
) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.authorize(ConsumerID(raw: consumer))
  }
}

@c @implementation
public func covey_consumer_reauthorize(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id
) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.reauthorize(ConsumerID(raw: consumer))
  }
}

@c @implementation
public func covey_consumer_deny(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ code: UInt16,
  _ error: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard code == 0 || (400...599).contains(code) else {
      throw .invalid("code is \(code), limits 400 to 599")
    }
    let error = try optionalText(error, "error")
    guard (error?.utf8.count ?? 0) <= Limits.nameBytesMax else {
      throw .tooLarge("error is \(error?.utf8.count ?? 0) bytes, limit \(Limits.nameBytesMax)")
    }
    try host.server.deny(
      ConsumerID(raw: consumer), code: code == 0 ? nil : Int(code), error: error)
  }
}

private func setGrant(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ grant: UnsafePointer<CChar>?,
  isGranted: Bool
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let grant = try Action.checked(grant: try text(grant, "grant"))
    try host.server.setGrant(ConsumerID(raw: consumer), grant, isGranted: isGranted)
  }
}

@c @implementation
public func covey_grant_add(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ grant: UnsafePointer<CChar>?
) -> covey_status {
  setGrant(server, consumer, grant, isGranted: true)
}

@c @implementation
public func covey_grant_discard(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ grant: UnsafePointer<CChar>?
) -> covey_status {
  setGrant(server, consumer, grant, isGranted: false)
}

// MARK: - anchors

private func edit(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ id: UnsafePointer<CChar>?,
  _ make: ([UInt8]) -> AnchorEdit<[UInt8]>
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let id = Array(try text(id, "id").utf8)
    try host.server.edit(ConsumerID(raw: consumer), make(id), bytes: id.count)
  }
}

@c @implementation
public func covey_anchor_append(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ id: UnsafePointer<CChar>?
) -> covey_status {
  edit(server, consumer, id) { .append($0) }
}

@c @implementation
public func covey_anchor_prepend(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ id: UnsafePointer<CChar>?
) -> covey_status {
  edit(server, consumer, id) { .prepend($0) }
}

@c @implementation
public func covey_anchor_remove(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ id: UnsafePointer<CChar>?
) -> covey_status {
  edit(server, consumer, id) { .remove($0) }
}

@c @implementation
public func covey_anchor_clear(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id
) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.edit(ConsumerID(raw: consumer), .clear, bytes: 0)
  }
}

@c @implementation
public func covey_anchor_replace(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ ids: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let limit = host.server.limits.anchorsPerConsumerMax
    guard count >= 0, count <= limit else {
      throw .tooLarge("\(UInt(bitPattern: count)) anchors, limit \(limit)")
    }
    guard ids != nil || count == 0 else { throw .invalid("ids is NULL, count is \(count)") }
    var anchors: [[UInt8]] = []
    for position in 0..<count { anchors.append(Array(try text(ids?[position], "id").utf8)) }
    let bytes = anchors.reduce(0) { $0 + $1.count + 32 }
    try host.server.edit(ConsumerID(raw: consumer), .replace(anchors), bytes: bytes)
  }
}

@c @implementation
public func covey_anchor_count(
  _ server: OpaquePointer?, _ model: covey_model_id, _ id: UnsafePointer<CChar>?,
  _ count_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let count_out else { throw .invalid("count_out is NULL") }
    let schema = try host.server.schema()
    let position = try modelPosition(model, schema)
    count_out.pointee = try host.server.followers(
      of: position, try instanceID(id, position, schema))
  }
}

// MARK: - runtime variables

private func variableName(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> Name {
  let name = Name(try text(pointer, "variable name"))
  guard (1...Limits.nameBytesMax).contains(name.bytes.count) else {
    throw .invalid("variable name is \(name.bytes.count) bytes, limit 1 to \(Limits.nameBytesMax)")
  }
  return name
}

@c @implementation
public func covey_variable_set(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ json: UnsafeRawPointer?, _ size: Int
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try variableName(name)
    let value = try payload(json, size, atMost: host.answerBytesMax)
    try JSONScanner.validate(value.span, depthMax: host.server.limits.jsonDepthMax)
    try host.server.setVariable(ConsumerID(raw: consumer), name, Array(value))
  }
}

@c @implementation
public func covey_variable_get(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ json_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let name = try variableName(name)
    try host.server.requireLoop()
    let json = try host.server.hub.variable(ConsumerID(raw: consumer), name)
    if let json_out { json_out.pointee = UnsafePointer(host.lend(json)) }
    size_out?.pointee = json.count
  }
}

// MARK: - seeing off

@c @implementation
public func covey_system_send(
  _ server: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    let source = try text(source, "source")
    let message = try text(message, "message")
    let size = source.utf8.count + message.utf8.count
    // Every byte may take six to write, and the source is there twice.
    guard size <= host.answerBytesMax / 12 else {
      throw .tooLarge("message is \(size) bytes, limit \(host.answerBytesMax / 12)")
    }
    try host.server.sendSystem(source, message)
  }
}

@c @implementation
public func covey_server_drain(_ server: OpaquePointer?, _ window_ms: UInt32) -> covey_status {
  status { () throws(Failure) in try borrow(server).server.drain(over: UInt64(window_ms)) }
}
