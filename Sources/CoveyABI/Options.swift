public import CCovey
internal import CoveyCore

extension Limits {
  /// Takes a host's options over the defaults, and refuses what is out of range.
  init(_ options: covey_server_options) throws(Failure) {
    self.init()
    guard options.reserved == 0, options.reserved2 == 0 else {
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
public func covey_statistics_init(
  _ statistics: UnsafeMutablePointer<covey_statistics>?, _ size: Int
) {
  ForeignStruct.initialise(statistics, size)
}
