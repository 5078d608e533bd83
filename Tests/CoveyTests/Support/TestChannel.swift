import CCovey

/// A channel to be registered: by default it accepts everybody and echoes.
struct TestChannel {
  typealias OnConnect = @Sendable (TestConsumer) -> Void
  typealias OnMessage = @Sendable (TestConsumer, [UInt8]) -> Void
  typealias OnEvent = @Sendable (TestConsumer, String) -> Void

  var pattern = "ws/<str:room>/"
  var flags = 0
  var origins: [String] = []
  var groups: [String] = []
  var keptHeaders: [String] = []
  var onConnect: OnConnect? = { $0.accept() }
  var onText: OnMessage? = { $0.send($1, kind: COVEY_TEXT) }
  var onBinary: OnMessage? = { $0.send($1) }
  var events: [String: OnEvent] = [:]

  /// Registers it; `record` gets what the handlers see.
  @discardableResult
  func register(on server: OpaquePointer, _ record: Record) -> Int {
    let context = Context(self, record)
    var handlers = covey_channel_handlers()
    covey_channel_handlers_init(&handlers, MemoryLayout.size(ofValue: handlers))
    if onConnect != nil { handlers.on_connect = connected }
    if onText != nil { handlers.on_text = received }
    if onBinary != nil { handlers.on_binary = received }
    handlers.on_disconnect = disconnected
    handlers.user = context.retained()
    handlers.destroy = destroyed
    var options = covey_channel_options()
    covey_channel_options_init(&options, MemoryLayout.size(ofValue: options))
    options.flags = UInt32(flags)
    var channel: covey_channel_id = 0
    let status = withList(origins) { origins in
      withList(groups) { groups in
        withList(keptHeaders) { headers in
          options.origins = origins
          options.groups = groups
          options.kept_headers = headers
          return covey_channel_register(server, pattern, &options, &handlers, &channel, nil)
        }
      }
    }
    for type in events.keys where status == COVEY_OK {
      _ = covey_event_register(server, channel, type, happened, context.retained(), destroyed)
    }
    return Int(status)
  }

  /// What `user` points to.
  private final class Context {
    let channel: TestChannel
    let record: Record

    init(_ channel: TestChannel, _ record: Record) {
      self.channel = channel
      self.record = record
    }

    func retained() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func of(_ user: UnsafeMutableRawPointer?) -> Context? {
      user.map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  private var connected: covey_on_connect_fn {
    { server, id, user in
      guard let server, let context = Context.of(user) else { return }
      context.record.update { $0.connects.append(id) }
      context.channel.onConnect?(TestConsumer(server, id))
    }
  }

  private var received: covey_on_message_fn {
    { server, id, kind, data, size, user in
      guard let server, let context = Context.of(user) else { return }
      let bytes = Array(UnsafeRawBufferPointer(start: data, count: size))
      context.record.update { $0.messages.append(bytes) }
      let handler = kind == COVEY_TEXT ? context.channel.onText : context.channel.onBinary
      handler?(TestConsumer(server, id), bytes)
    }
  }

  private var happened: covey_on_event_fn {
    { server, id, type, json, size, user in
      guard let server, let type, let context = Context.of(user) else { return }
      let event = String(decoding: UnsafeRawBufferPointer(start: json, count: size), as: UTF8.self)
      context.record.update { $0.events.append(event) }
      context.channel.events[String(cString: type)]?(TestConsumer(server, id), event)
    }
  }

  private var disconnected: covey_on_disconnect_fn {
    { _, _, ending, user in
      guard let ending = ending?.pointee, let context = Context.of(user) else { return }
      let reason = String(
        decoding: UnsafeRawBufferPointer(start: ending.reason, count: ending.reason_bytes),
        as: UTF8.self)
      let seen = Ending(
        cause: Int(ending.cause), code: Int(ending.code), isClean: ending.is_clean == 1,
        reason: reason)
      context.record.update { $0.endings.append(seen) }
    }
  }

  private var destroyed: covey_destroy_fn {
    { user in
      guard let user else { return }
      let context = Unmanaged<Context>.fromOpaque(user).takeRetainedValue()
      context.record.update { $0.destroyed += 1 }
    }
  }
}

/// Hands over texts as a list that ends with a NULL.
private func withList<Answer>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
) -> Answer {
  let copies = texts.map { text in
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
    for (position, byte) in text.utf8.enumerated() { copy[position] = CChar(bitPattern: byte) }
    copy[text.utf8.count] = 0
    return copy
  }
  defer { for copy in copies { copy.deallocate() } }
  return body(copies.map { UnsafePointer($0) } + [nil])
}
