public import CCovey
internal import CoveyCore
internal import CoveyTransport

private let knownFlags = UInt32(
  COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_REQUIRE_ORIGIN | COVEY_CHANNEL_BROADCAST_RECEIVED)

@c @implementation
public func covey_channel_register(
  _ server: OpaquePointer?, _ pattern: UnsafePointer<CChar>?,
  _ options: UnsafePointer<covey_channel_options>?,
  _ handlers: UnsafePointer<covey_channel_handlers>?,
  _ channel_out: UnsafeMutablePointer<covey_channel_id>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let given = ForeignStruct.read(handlers, into: covey_channel_handlers())
    let owned = Owned(given.user, given.destroy)
    try ForeignStruct.check(handlers, "covey_channel_handlers")
    let chosen = ForeignStruct.read(options, into: covey_channel_options())
    try ForeignStruct.check(options, "covey_channel_options")
    let host = try borrow(server)
    let channel = try channel(
      try text(pattern, "pattern"), chosen, given, host.server.limits)
    try host.server.requireSetup()
    let position = try host.server.hub.register(channel)
    host.channels.append(
      ForeignHost.Handlers(
        onConnect: given.on_connect, onText: given.on_text, onBinary: given.on_binary,
        onDisconnect: given.on_disconnect, onOutbox: given.on_outbox, user: given.user,
        owned: owned))
    channel_out?.pointee = covey_channel_id(position + 1)
  }
}

func channel(
  _ pattern: String, _ options: covey_channel_options, _ handlers: covey_channel_handlers,
  _ limits: Limits
) throws(Failure) -> Channel {
  guard handlers.reserved == 0 else {
    throw .invalid("a reserved field of covey_channel_handlers is not zero")
  }
  guard options.reserved == 0 else {
    throw .invalid("a reserved field of covey_channel_options is not zero")
  }
  guard options.flags & ~knownFlags == 0 else {
    throw .invalid("flags are \(options.flags), known \(knownFlags)")
  }
  let pattern = try Pattern(pattern)
  let channel = Channel(
    pattern: pattern, origins: try OriginRules(try texts(options.origins, "origin rule")))
  for name in try texts(options.groups, "group name") {
    channel.groups.append(try GroupName(name, parameters: pattern.parameterNames))
  }
  channel.keptHeaders = try texts(options.kept_headers, "header name").map { $0.lowercased() }
  channel.isPublic = options.flags & UInt32(COVEY_CHANNEL_PUBLIC) != 0
  channel.isOriginRequired = options.flags & UInt32(COVEY_CHANNEL_REQUIRE_ORIGIN) != 0
  channel.broadcastsReceived = options.flags & UInt32(COVEY_CHANNEL_BROADCAST_RECEIVED) != 0
  channel.hasConnectHandler = handlers.on_connect != nil
  channel.hasTextHandler = handlers.on_text != nil
  channel.hasBinaryHandler = handlers.on_binary != nil
  channel.hasOutboxHandler = handlers.on_outbox != nil
  try channel.takeBounds(options, limits)
  return channel
}

extension Channel {
  /// What its consumers may send and leave unread.
  fileprivate func takeBounds(
    _ options: covey_channel_options, _ limits: Limits
  ) throws(Failure) {
    messageRate = try Rate(
      UInt64(options.messages_rate), burst: UInt64(options.messages_burst), "messages")
    // A message that is not too large is never too much at once.
    byteRate = try Rate(
      options.bytes_rate, burst: options.bytes_burst, atLeast: UInt64(limits.messageBytesMax),
      "bytes")
    guard let policy = SlowPolicy(rawValue: options.slow_policy) else {
      throw .invalid("slow_policy is \(options.slow_policy), known 0 to 2")
    }
    slowPolicy = policy
    let (high, low) = (options.outbox_high_bytes, options.outbox_low_bytes)
    guard high <= UInt64(limits.outboxBytesMax) else {
      throw .invalid("outbox_high_bytes is \(high), outbox_bytes_max \(limits.outboxBytesMax)")
    }
    guard low == 0 || low < high else {
      throw .invalid("outbox_low_bytes is \(low), outbox_high_bytes \(high)")
    }
    outboxHighBytes = high == 0 ? nil : Int(high)
    outboxLowBytes = Int(low == 0 ? high / 2 : low)
  }
}

/// The position of a channel that a host names.
func channelPosition(_ channel: covey_channel_id, in hub: Hub) throws(Failure) -> Int {
  guard channel > 0, let position = Int(exactly: channel - 1), hub.channelExists(position) else {
    throw .invalid("no channel \(channel)")
  }
  return position
}

@c @implementation
public func covey_event_register(
  _ server: OpaquePointer?, _ channel: covey_channel_id, _ type: UnsafePointer<CChar>?,
  _ handler: covey_on_event_fn?, _ user: UnsafeMutableRawPointer?, _ destroy: covey_destroy_fn?
) -> covey_status {
  status { () throws(Failure) in
    let owned = Owned(user, destroy)
    let host = try borrow(server)
    let type = try text(type, "event type")
    guard (1...Limits.nameBytesMax).contains(type.utf8.count) else {
      throw .invalid("event type is \(type.utf8.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    guard let handler else { throw .invalid("handler is NULL") }
    try host.server.requireSetup()
    try host.server.hub.registerEvent(
      type, channel: try channelPosition(channel, in: host.server.hub),
      handler: host.eventHandlers.count)
    host.eventHandlers.append(ForeignHost.EventHandler(function: handler, user: user, owned: owned))
  }
}

@c @implementation
public func covey_directory_register(
  _ server: OpaquePointer?, _ prefix: UnsafePointer<CChar>?,
  _ directory: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let prefix = try text(prefix, "prefix")
    let directory = try text(directory, "directory")
    try host.server.requireSetup()
    try host.server.serve(directory: directory, at: prefix)
  }
}

@c @implementation
public func covey_file_register(
  _ server: OpaquePointer?, _ pattern: UnsafePointer<CChar>?, _ file: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let pattern = try Pattern(try text(pattern, "pattern"))
    let file = try text(file, "file")
    try host.server.requireSetup()
    try host.server.serve(file: file, at: pattern)
  }
}
