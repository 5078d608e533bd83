public import CCovey
internal import CoveyCore

extension Limits {
  /// Takes a host's options over the defaults, and refuses what is out of range.
  init(_ options: covey_server_options) throws(Failure) {
    self.init()
    guard options.reserved2 == 0, options.reserved == 0 else {
      throw .invalid("a reserved field of covey_server_options is not zero")
    }
    connectionsMax = Self.count(options.connections_max, or: connectionsMax)
    connectionsPerAddressMax =
      [0, UInt32.max].contains(options.connections_per_address_max)
      ? nil : Int(options.connections_per_address_max)
    groupsPerConsumerMax = Self.count(options.groups_per_consumer_max, or: groupsPerConsumerMax)
    mailboxEntriesMax = Self.count(options.mailbox_entries_max, or: mailboxEntriesMax)

    handshakeTimeoutMilliseconds = Self.time(
      options.handshake_timeout_ms, or: handshakeTimeoutMilliseconds)
    connectTimeoutMilliseconds = Self.timeOrOff(
      options.connect_timeout_ms, or: connectTimeoutMilliseconds)
    pingIntervalMilliseconds = Self.timeOrOff(
      options.ping_interval_ms, or: pingIntervalMilliseconds)
    silenceTimeoutMilliseconds = Self.timeOrOff(
      options.silence_timeout_ms, or: silenceTimeoutMilliseconds)
    closeTimeoutMilliseconds = Self.time(options.close_timeout_ms, or: closeTimeoutMilliseconds)
    flushTimeoutMilliseconds = Self.time(options.flush_timeout_ms, or: flushTimeoutMilliseconds)

    refusedCloseCode = try closeCode(options.close_code_refused, or: refusedCloseCode)
    undecidedCloseCode = try closeCode(options.close_code_undecided, or: undecidedCloseCode)
    slowCloseCode = try closeCode(options.close_code_slow, or: slowCloseCode)
    expiredCloseCode = try closeCode(options.close_code_expired, or: expiredCloseCode)

    messageBytesMax = try Self.bytes(
      options.message_bytes_max, or: messageBytesMax, 1...Self.messageBytesCeiling,
      "message_bytes_max")
    outboxBytesMax = try Self.bytes(
      options.outbox_bytes_max, or: outboxBytesMax, 256...Self.outboxBytesCeiling,
      "outbox_bytes_max")
    undecidedBytesMax = try Self.bytes(
      options.undecided_bytes_max, or: undecidedBytesMax, 1...Self.messageBytesCeiling,
      "undecided_bytes_max")
    pathBytesMax = try Self.bytes(
      options.path_bytes_max, or: pathBytesMax, 1...(8 << 10), "path_bytes_max")
    headerBytesMax = try Self.bytes(
      options.header_bytes_max, or: headerBytesMax, 1024...(60 << 10), "header_bytes_max")
    mailboxBytesMax = try Self.bytes(
      options.mailbox_bytes_max, or: mailboxBytesMax, 1024...Self.outboxBytesCeiling,
      "mailbox_bytes_max")
    receiveBufferBytes = try Self.bytes(
      UInt64(options.receive_buffer_bytes), or: receiveBufferBytes, 256...(1 << 20),
      "receive_buffer_bytes")
    jsonDepthMax = try Self.bytes(
      UInt64(options.json_depth_max), or: jsonDepthMax, 1...JSONScanner.depthMax,
      "json_depth_max")
    try takeState(options)
    try takeBounds(options)
  }

  /// The bounds of all clients together, and what is kept for people to see.
  private mutating func takeBounds(_ options: covey_server_options) throws(Failure) {
    if options.memory_bytes_max != UInt64(UInt32.max) {
      let bytes = try Self.bytes(
        options.memory_bytes_max, or: 0, Self.memoryBytesFloor...Self.outboxBytesCeiling,
        "memory_bytes_max")
      memoryBytesMax = bytes == 0 ? nil : bytes
    }
    let rate = options.connects_per_address_rate
    connectsPerAddress = try Rate(
      rate == UInt32.max ? 0 : UInt64(rate), burst: UInt64(options.connects_per_address_burst),
      "connects_per_address")
    endingsKept = try Self.bytes(
      UInt64(options.endings_kept), or: endingsKept, 1...Self.endingsKeptMax, "endings_kept")
  }

  /// The limits of context channels and of the store.
  private mutating func takeState(_ options: covey_server_options) throws(Failure) {
    authenticationTimeoutMilliseconds = Self.time(
      options.authentication_timeout_ms, or: authenticationTimeoutMilliseconds)
    callTimeoutMilliseconds = Self.time(options.call_timeout_ms, or: callTimeoutMilliseconds)
    callsPerConsumerMax = Self.count(options.calls_per_consumer_max, or: callsPerConsumerMax)
    anchorsPerConsumerMax = Self.count(
      options.anchors_per_consumer_max, or: anchorsPerConsumerMax)
    unfollowedTimeoutMilliseconds = Self.time(
      options.unfollowed_timeout_ms, or: unfollowedTimeoutMilliseconds)
    sessionTimeoutMilliseconds = Self.time(
      options.session_timeout_ms, or: sessionTimeoutMilliseconds)
    stateBytesMax = try Self.bytes(
      options.context_state_bytes_max, or: stateBytesMax, 1024...Self.outboxBytesCeiling,
      "context_state_bytes_max")
    contextBytesMax = try Self.bytes(
      options.context_messages_bytes_max, or: contextBytesMax, 8192...Self.outboxBytesCeiling,
      "context_messages_bytes_max")
    snapshotPieceBytes = try Self.bytes(
      options.snapshot_piece_bytes, or: snapshotPieceBytes, 256...Self.messageBytesCeiling,
      "snapshot_piece_bytes")
    storeBytesMax = try Self.bytes(
      options.store_bytes_max, or: storeBytesMax, 1024...Self.storeBytesCeiling,
      "store_bytes_max")
    logBytesMax = try Self.bytes(
      options.log_bytes_max, or: logBytesMax, 1024...Self.outboxBytesCeiling, "log_bytes_max")
    logChangesMax = Self.count(options.log_changes_max, or: logChangesMax)
    logAgeMilliseconds = Self.time(options.log_age_ms, or: logAgeMilliseconds)
  }

  private static func count(_ value: UInt32, or fallback: Int) -> Int {
    value == 0 ? fallback : Int(value)
  }

  private static func time(_ value: UInt32, or fallback: UInt64) -> UInt64 {
    value == 0 ? fallback : UInt64(value)
  }

  private static func timeOrOff(_ value: UInt32, or fallback: UInt64?) -> UInt64? {
    value == UInt32.max ? nil : value == 0 ? fallback : UInt64(value)
  }

  private static func bytes(
    _ value: UInt64, or fallback: Int, _ range: ClosedRange<Int>, _ name: StaticString
  ) throws(Failure) -> Int {
    guard value != 0 else { return fallback }
    guard let number = Int(exactly: value), range.contains(number) else {
      throw .invalid("\(name) is \(value), limits \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

extension Rate {
  /// So much a second, and at once twice that unless it is said; nil: no limit.
  init?(_ rate: UInt64, burst: UInt64, atLeast: UInt64 = 1, _ name: StaticString) throws(Failure) {
    guard rate <= Rate.ceiling else {
      throw .invalid("\(name)_rate is \(rate), limit \(Rate.ceiling)")
    }
    guard burst <= Rate.ceiling else {
      throw .invalid("\(name)_burst is \(burst), limit \(Rate.ceiling)")
    }
    guard rate > 0 else {
      guard burst == 0 else { throw .invalid("\(name)_burst is \(burst), without a rate") }
      return nil
    }
    self.init(perSecond: rate, burst: max(burst == 0 ? 2 &* rate : burst, atLeast))
  }
}

@c @implementation
public func covey_error_init(_ error: UnsafeMutablePointer<covey_error>?, _ size: Int) {
  ForeignStruct.initialise(error, size)
}

@c @implementation
public func covey_server_options_init(
  _ options: UnsafeMutablePointer<covey_server_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_listen_options_init(
  _ options: UnsafeMutablePointer<covey_listen_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_channel_handlers_init(
  _ handlers: UnsafeMutablePointer<covey_channel_handlers>?, _ size: Int
) {
  ForeignStruct.initialise(handlers, size)
}

@c @implementation
public func covey_channel_options_init(
  _ options: UnsafeMutablePointer<covey_channel_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_layer_options_init(
  _ options: UnsafeMutablePointer<covey_layer_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_statistics_init(
  _ statistics: UnsafeMutablePointer<covey_statistics>?, _ size: Int
) {
  ForeignStruct.initialise(statistics, size)
}

@c @implementation
public func covey_model_init(_ model: UnsafeMutablePointer<covey_model>?, _ size: Int) {
  ForeignStruct.initialise(model, size)
}

@c @implementation
public func covey_context_handlers_init(
  _ handlers: UnsafeMutablePointer<covey_context_handlers>?, _ size: Int
) {
  ForeignStruct.initialise(handlers, size)
}

@c @implementation
public func covey_context_options_init(
  _ options: UnsafeMutablePointer<covey_context_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_action_init(_ action: UnsafeMutablePointer<covey_action>?, _ size: Int) {
  ForeignStruct.initialise(action, size)
}
