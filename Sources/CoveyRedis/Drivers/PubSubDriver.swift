internal import CoveyCore

/// The format of `channels_redis.pubsub.RedisPubSubChannelLayer`.
///
///     <prefix>__group__<group>   channel of a group: msgpack of the message
///     <channel name>             channel of one consumer: the same
///     <prefix>__covey__<group>   channel for finished messages, which Django has no word for
///
/// Redis sends what this process published to this process, too. Its own messages are known by a
/// first pair that says who sent them under the key "type": the message's own type follows, and
/// wins wherever a map is read.
final class PubSubDriver: Driver {
  private struct Parting {
    let channel: [UInt8]
    let body: [UInt8]
    let name: Name

    var bytes: Int { channel.count &+ body.count }
  }

  private enum Awaited {
    case ignored
    case published(Parting)
  }

  var outputs: [DriverOutput] = []
  var now = DriverTime()
  private let setting: DriverSetting
  private let seal: Seal
  private let sender: String
  private let groupPrefix: [UInt8]
  private let messagePrefix: [UInt8]
  private let ownPattern: [UInt8]
  private let beatChannel: [UInt8]
  private var isConnected = false
  /// What is joined, by its name on the bus.
  private var groups: [[UInt8]: Name] = [:]
  /// Joined by their names on the bus, and since then the bus was away: something may be missing.
  private var doubtful: Set<[UInt8]> = []
  /// Everything is subscribed; or was not once it should have been.
  private var isListening = false
  private var wasAway = false
  private var awaited = Fifo<Awaited>()
  private var waiting = Fifo<Parting>()
  private var budget: Budget
  private var reports = DriverReports()

  init(_ setting: DriverSetting) {
    self.setting = setting
    seal = Seal(setting)
    sender = "covey." + Hex.digits(setting.token)
    groupPrefix = setting.url.prefix + Array("__group__".utf8)
    messagePrefix = setting.url.prefix + Array("__covey__".utf8)
    ownPattern = Array("specific.covey\(Hex.digits(setting.token))!*".utf8)
    beatChannel = setting.url.prefix + Array("__beat__\(sender)".utf8)
    budget = Budget(setting.limits)
  }

  func connected() {
    isConnected = true
    for group in groups.keys { subscribe(group) }
    outputs.append(.listen([Array("PSUBSCRIBE".utf8), ownPattern]))
    // The last: when it is there, all are.
    outputs.append(.listen([Array("SUBSCRIBE".utf8), beatChannel]))
    while let parting = waiting.popFirst() { publish(parting) }
  }

  func disconnected() {
    isConnected = false
    isListening = false
    wasAway = true
    doubtful = Set(groups.keys)
    tell(.unknown, takeUnknown())
  }

  func perform(_ request: LayerRequest) {
    switch request {
    case .join(let group):
      let escaped = AsgiName.escaped(group)
      groups[escaped] = group
      if isConnected { subscribe(escaped) } else if wasAway { doubtful.insert(escaped) }
    case .leave(let group):
      let escaped = AsgiName.escaped(group)
      groups[escaped] = nil
      doubtful.remove(escaped)
      guard isConnected else { return }
      outputs.append(
        .listen([Array("UNSUBSCRIBE".utf8), groupPrefix + escaped, messagePrefix + escaped]))
    case .publish(.event(let event), let group):
      guard let carried = event.carried else { return }
      let marked =
        MessagePack.prepending(key: "type", string: Array(sender.utf8), to: carried) ?? carried
      send(marked, on: groupPrefix + AsgiName.escaped(group), group)
    case .publish(let parcel, let group):
      let body = Array(sender.utf8) + ParcelFormat.write(parcel)
      send(body, on: messagePrefix + AsgiName.escaped(group), group)
    case .send(let event, let address):
      guard let carried = event.carried else { return }
      send(carried, on: address.bytes, address)
    }
  }

  func beat() { command([Array("PUBLISH".utf8), beatChannel, []], .ignored) }

  var isBusy: Bool { budget.isUsed }

  func close() {
    var unsent: [Name] = []
    while let parting = waiting.popFirst() { unsent.append(parting.name) }
    tell(.unsent, unsent)
    tell(.unknown, takeUnknown())
    budget = Budget(setting.limits)
  }

  /// What left and was not answered.
  private func takeUnknown() -> [Name] {
    var unknown: [Name] = []
    while let next = awaited.popFirst() {
      guard case .published(let parting) = next else { continue }
      budget.give(parting.bytes)
      unknown.append(parting.name)
    }
    return unknown
  }

  private func tell(_ kind: LayerGap.Kind, _ names: [Name]) {
    guard !names.isEmpty else { return }
    outputs.append(.report(.gap(LayerGap(kind, names, count: UInt64(names.count)))))
  }

  // MARK: sending

  private func send(_ body: [UInt8], on channel: [UInt8], _ name: Name) {
    let body = seal.close(body, now)
    let parting = Parting(channel: channel, body: body ?? [], name: name)
    guard body != nil, budget.take(parting.bytes) else {
      return outputs.append(.report(.gap(LayerGap(.unsent, [name], count: 1))))
    }
    if isConnected { publish(parting) } else { waiting.append(parting) }
  }

  private func publish(_ parting: Parting) {
    command([Array("PUBLISH".utf8), parting.channel, parting.body], .published(parting))
  }

  private func command(_ parts: [[UInt8]], _ reply: Awaited) {
    awaited.append(reply)
    outputs.append(.command(parts))
  }

  private func subscribe(_ group: [UInt8]) {
    outputs.append(
      .listen([Array("SUBSCRIBE".utf8), groupPrefix + group, messagePrefix + group]))
  }

  func replied(_ reply: RedisReply) {
    guard let next = awaited.popFirst() else { return }
    if case .published(let parting) = next { budget.give(parting.bytes) }
    guard case .error(let text) = reply else {
      guard case .published(let parting) = next else { return }
      if reply.number == nil {
        reports.foreign(&outputs, now, "redis answered PUBLISH with no number")
        outputs.append(.report(.gap(LayerGap(.unknown, [parting.name], count: 1))))
      } else {
        outputs.append(.report(.counted(.published, 1)))
      }
      return
    }
    reports.refused(text, &outputs, now)
    if case .published(let parting) = next {
      outputs.append(.report(.gap(LayerGap(.unsent, [parting.name], count: 1))))
    }
    if RedisErrors.isPassing(text) { outputs.append(.giveUp(text)) }
  }

  // MARK: hearing

  func heard(_ reply: RedisReply) {
    if case .error(let text) = reply {
      reports.refused(text, &outputs, now)
      return outputs.append(.giveUp(text))
    }
    switch RedisPush(reply) {
    case .subscribed(beatChannel): begun()
    case .message(beatChannel, _): break
    case .message(let channel, let bytes):
      do throws(Failure) {
        try take(try seal.open(bytes, now), channel)
      } catch {
        reports.foreign(&outputs, now, error.message)
      }
    case .subscribed, .unsubscribed, nil: break
    }
  }

  /// Everything is subscribed.
  private func begun() {
    guard isConnected, !isListening else { return }
    isListening = true
    outputs.append(.report(.connected))
    let missed = doubtful.compactMap { groups[$0] }
    doubtful = []
    if !missed.isEmpty { outputs.append(.report(.gap(LayerGap(.missed, missed)))) }
  }

  private func take(_ bytes: [UInt8], _ channel: [UInt8]) throws(Failure) {
    if channel.starts(with: messagePrefix) {
      guard let group = groups[Array(channel.dropFirst(messagePrefix.count))] else { return }
      guard bytes.count > sender.utf8.count, bytes.starts(with: Array("covey.".utf8)) else {
        throw .invalid("not of this format")
      }
      guard !bytes.starts(with: sender.utf8) else { return }
      let parcel = try ParcelFormat.read(
        Array(bytes.dropFirst(sender.utf8.count)), depthMax: setting.depthMax)
      if case .message = parcel { outputs.append(.report(.received(parcel, group: group))) }
    } else if channel.starts(with: groupPrefix) {
      guard let group = groups[Array(channel.dropFirst(groupPrefix.count))] else { return }
      let (mark, rest) = try unmarked(bytes)
      guard mark != Array(sender.utf8) else { return }
      let event = try event(rest)
      outputs.append(.report(.received(.event(event), group: group)))
    } else if let (_, id) = Address.parts(Name(channel)) {
      outputs.append(.report(.addressed(ConsumerID(raw: id), try event(bytes))))
    }
  }

  /// Takes off who sent it, where a process of Covey did.
  private func unmarked(
    _ packed: [UInt8]
  ) throws(Failure) -> (mark: [UInt8]?, rest: [UInt8]) {
    var map = try OuterMap(packed)
    guard map.count > 1, let first = try map.next(), map.hasKey("type", first),
      let mark = MessagePack.string(packed[first.value]), mark.count == sender.utf8.count,
      mark.starts(with: Array("covey.".utf8)), Hex.number(mark.suffix(16)) != nil,
      try hasType(&map)
    else { return (nil, packed) }
    var rest: [UInt8] = []
    try PackedHead.put(mapOf: map.count - 1, to: &rest)
    return (Array(mark), rest + packed[first.value.upperBound...])
  }

  private func hasType(_ rest: inout OuterMap) throws(Failure) -> Bool {
    while let pair = try rest.next() {
      if rest.hasKey("type", pair) { return true }
    }
    return false
  }

  private func event(_ packed: [UInt8]) throws(Failure) -> Event {
    try Event(json: try MessagePack.unpack(packed), depthMax: setting.depthMax)
  }
}
