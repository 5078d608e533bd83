public import CCovey
internal import CoveyCore
internal import CoveyTransport

#if Redis
  internal import CoveyRedis
#endif

@c @implementation
public func covey_server_set_layer(
  _ server: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ options: UnsafePointer<covey_layer_options>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let chosen = ForeignStruct.read(options, into: covey_layer_options())
    let owned = Owned(chosen.user, chosen.destroy)
    try ForeignStruct.check(options, "covey_layer_options")
    let host = try borrow(server)
    let url = try text(url, "url")
    try host.server.requireSetup()
    #if Redis
      let layer = RedisLayer(
        try RedisURL(url), try LayerLimits(chosen), token: host.server.hub.token,
        jsonDepthMax: host.server.limits.jsonDepthMax)
      try host.server.attach(layer)
      host.layerHandlers = ForeignHost.LayerHandlers(
        onLayerGap: chosen.on_layer_gap, onLayerState: chosen.on_layer_state, owned: owned)
    #else
      _ = try LayerLimits(chosen)
      _ = (url, owned)
      throw .notFound("this library was built without layers over Redis")
    #endif
  }
}

extension LayerLimits {
  fileprivate init(_ given: covey_layer_options) throws(Failure) {
    guard given.reserved == 0 else {
      throw .invalid("a reserved field of covey_layer_options is not zero")
    }
    self.init()
    queueEntriesMax = try number(
      given.queue_entries_max, or: queueEntriesMax, 1...10_000_000, "queue_entries_max")
    queueBytesMax = try number(
      given.queue_bytes_max, or: queueBytesMax, 65_536...(64 << 30), "queue_bytes_max")
    connectTimeoutMilliseconds = try number(
      given.connect_timeout_ms, or: connectTimeoutMilliseconds, 1...3_600_000,
      "connect_timeout_ms")
    answerTimeoutMilliseconds = try number(
      given.answer_timeout_ms, or: answerTimeoutMilliseconds, 100...3_600_000,
      "answer_timeout_ms")
    retryMillisecondsMax = try number(
      given.retry_ms_max, or: retryMillisecondsMax, 100...3_600_000, "retry_ms_max")
  }
}

private func number(
  _ given: some FixedWidthInteger & UnsignedInteger, or standard: Int,
  _ range: ClosedRange<Int>, _ name: StaticString
) throws(Failure) -> Int {
  guard given != 0 else { return standard }
  guard let value = Int(exactly: given), range.contains(value) else {
    throw .invalid(
      "\(name) is \(given), limit \(range.lowerBound) to \(range.upperBound)")
  }
  return value
}

@c @implementation
public func covey_address_send(
  _ server: OpaquePointer?, _ address: UnsafePointer<CChar>?, _ json: UnsafeRawPointer?,
  _ size: Int, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let name = Name(try text(address, "address"))
    guard (1...Limits.nameBytesMax).contains(name.bytes.count) else {
      throw .invalid("address is \(name.bytes.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    let json = try payload(json, size, atMost: host.payloadBytesMax)
    let event = try Event(json: Array(json), depthMax: host.server.limits.jsonDepthMax)
    try host.server.send(event, toAddress: name)
  }
}
