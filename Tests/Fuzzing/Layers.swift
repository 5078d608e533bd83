/// What comes from a bus: the first byte says which reader.
func fuzzLayers(_ input: [UInt8]) throws {
  let rest = Array(input.dropFirst())
  let head = input.first ?? 0
  switch head % 6 {
  case 0: try fuzzMessagePack(rest)
  case 1: fuzzNames(rest)
  case 2: fuzzURL(rest)
  case 3: try fuzzDriver("redis://h", rest)
  case 4: try fuzzDriver("redis+django://h", rest)
  default: try fuzzDriver("redis+django-pubsub://h", rest)
  }
}

/// What is unpacked is JSON; packed and unpacked again it is the same.
private func fuzzMessagePack(_ input: [UInt8]) throws {
  _ = try? MessagePack.taking(key: "__asgi_channel__", from: input)
  _ = try? Fernets(keys: [[0x6b]]).decrypt(input, now: 1_800_000_000, ttl: 70)
  guard let json = try? MessagePack.unpack(input) else { return }
  guard (try? JSONScanner.validate(json.span)) != nil else { fatalError("not json") }
  let packed = try MessagePack.pack(json: json)
  guard try MessagePack.unpack(packed) == json else { fatalError("json changed") }
}

private func fuzzNames(_ input: [UInt8]) {
  let name = Name(input)
  let escaped = AsgiName.escaped(name)
  guard AsgiName.isGroupName(escaped) || input.isEmpty else { fatalError("no name for Django") }
  if let back = AsgiName.unescaped(escaped), back != name { fatalError("another name") }
}

private func fuzzURL(_ input: [UInt8]) {
  guard let url = try? RedisURL(String(decoding: input, as: UTF8.self)) else { return }
  guard let password = url.password, password.count > 4 else { return }
  guard !Array(url.redacted.utf8).contains(password) else { fatalError("the password is told") }
}

extension [UInt8] {
  fileprivate func contains(_ other: [UInt8]) -> Bool {
    guard count >= other.count else { return false }
    return (0...(count - other.count)).contains { self[$0...].starts(with: other) }
  }
}

/// Calls a driver with whatever Redis may answer, one line each: the first byte of a line says what
/// happens, the rest of it is the answer.
private func fuzzDriver(_ url: String, _ input: [UInt8]) throws {
  let setting = DriverSetting(
    url: try RedisURL(url), limits: LayerLimits(), token: 7, depthMax: 64,
    random: { [UInt8](repeating: 9, count: $0) })
  let driver: any Driver =
    switch setting.url.driver {
    case .own: SequencedDriver(setting)
    case .django: MailboxDriver(setting)
    case .djangoPubSub: PubSubDriver(setting)
    }
  var event = try Event(json: Array("{\"type\":\"a\"}".utf8))
  try EventCarrier(driver: setting.url.driver).carry(&event)
  driver.connected()
  for line in input.split(separator: 0x0A, omittingEmptySubsequences: false) {
    let rest = line.dropFirst()
    let group = Name(rest.prefix(1))
    switch (line.first ?? 0) % 12 {
    case 0: driver.perform(.join(group))
    case 1: driver.perform(.leave(group))
    case 2: driver.perform(.publish(.event(event), group: group))
    case 3: driver.perform(.publish(.message(.binary, Array(rest)), group: group))
    case 4: driver.perform(.send(event, address: Name(rest)))
    case 5:
      driver.disconnected()
      driver.connected()
    case 6: driver.beat()
    case 7: driver.replied(.error(String(decoding: rest, as: UTF8.self)))
    case 8: driver.heard(.error(String(decoding: rest, as: UTF8.self)))
    case 9: driver.replied(reply(rest))
    default: driver.heard(reply(rest))
    }
    driver.now.milliseconds &+= 1
    driver.outputs = []
  }
}

/// Parts between commas; digits are numbers, nothing is nothing, and a bracket begins a list in it.
private func reply(_ bytes: ArraySlice<UInt8>) -> RedisReply {
  let parts = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
  guard parts.count > 1 else { return part(parts.first ?? []) }
  return .list(parts.map(part))
}

private func part(_ bytes: ArraySlice<UInt8>) -> RedisReply {
  if bytes.isEmpty { return .nothing }
  if bytes.first == UInt8(ascii: "[") {
    return .list(bytes.dropFirst().split(separator: UInt8(ascii: ";")).map { .bytes(Array($0)) })
  }
  if bytes.first == UInt8(ascii: "#") {
    return .number(Int64(String(decoding: bytes.dropFirst(), as: UTF8.self)) ?? 0)
  }
  return .bytes(Array(bytes))
}
