internal import CoveyCore

/// Covey's own format: numbered letters, and a bounded log of each group to repair from.
///
///     <prefix>:bus             random, made once: another one tells that the data are others
///     <prefix>:topic:<topic>   hash: c the chain, n the last number, b bytes in the log
///     <prefix>:log:<topic>     list of the last letters
///     <prefix>:sender:<hex>    the last number of a sender, so that nothing is taken twice
///     <prefix>:live:<topic>    channel that letters are published on
///
/// A topic is "g:" and a group's name, or "p:" and a process, for what goes to one consumer there.
final class SequencedDriver: Driver {
  private enum Awaited {
    case publishScript, askScript
    case ignored
    case bus
    /// And the number of the letter that must have been taken before, or 0.
    case published(Letter, Name, after: UInt64)
    case answer(Name)
  }

  private static let evalsha = Array("EVALSHA".utf8)

  var outputs: [DriverOutput] = []
  var now = DriverTime()
  private let setting: DriverSetting
  private let keys: SequencedKeys
  private let seal: Seal
  private var sequencer: Sequencer
  private var awaited = Fifo<Awaited>()
  private var publishScript: [UInt8] = []
  private var askScript: [UInt8] = []
  private var reports: DriverReports
  private let senderKey: [UInt8]
  /// Sent on these connections and neither taken nor refused, and the last that was sent.
  private var underway: Set<UInt64> = []
  private var lastSent: UInt64 = 0
  /// What the script wants to know of it: letters, bytes, seconds.
  private let logBounds: [[UInt8]]
  /// Subscribed, besides topics, so that there is always something to be heard.
  private let beatChannel: [UInt8]

  init(_ setting: DriverSetting) {
    self.setting = setting
    let sender = setting.randomNumber()
    keys = SequencedKeys(prefix: setting.url.prefix, token: setting.token)
    senderKey = keys.sender(sender)
    let bounds = [setting.url.logMessagesMax, setting.url.logBytesMax, setting.url.logSecondsMax]
    logBounds = bounds.map { Array(String($0).utf8) }
    seal = Seal(setting)
    reports = DriverReports()
    var limits = Sequencer.Limits()
    limits.queueEntriesMax = setting.limits.queueEntriesMax
    limits.queueBytesMax = setting.limits.queueBytesMax
    sequencer = Sequencer(sender: sender, limits: limits)
    beatChannel = keys.live + Array("beat:\(Hex.digits(sender))".utf8)
    sequencer.follow(keys.ownTopic)
  }

  func connected() {
    command(["SCRIPT", "LOAD", SequencedScripts.publish], .publishScript)
    command(["SCRIPT", "LOAD", SequencedScripts.ask], .askScript)
    let bus = Hex.digits(setting.randomNumber())
    command([Array("SET".utf8), keys.bus, Array(bus.utf8), Array("NX".utf8)], .ignored)
    command([Array("GET".utf8), keys.bus], .bus)
    outputs.append(.listen([Array("SUBSCRIBE".utf8), beatChannel]))
  }

  func disconnected() {
    awaited.removeAll()
    underway = []
    lastSent = 0
    sequencer.disconnected()
    carryOut()
  }

  func perform(_ request: LayerRequest) {
    switch request {
    case .join(let group): sequencer.follow(keys.topic(ofGroup: group))
    case .leave(let group): sequencer.unfollow(keys.topic(ofGroup: group))
    case .publish(let parcel, let group): send(parcel, to: keys.topic(ofGroup: group))
    case .send(let event, let address):
      guard let (server, id) = Address.parts(address) else { return }
      send(.addressed(ConsumerID(raw: id), event), to: keys.topic(ofProcess: server))
    }
    carryOut()
  }

  private func send(_ parcel: Parcel, to topic: Name) {
    let parcel = ParcelFormat.write(parcel)
    let contents = seal.isOpen ? parcel : seal.close(ParcelFormat.bind(parcel, to: topic), now)
    guard let contents else {
      let gap = LayerGap(.unsent, [keys.name(ofTopic: topic)], count: 1)
      return outputs.append(.report(.gap(gap)))
    }
    sequencer.publish(contents, to: topic)
  }

  func beat() {
    command([Array("PUBLISH".utf8), beatChannel, []], .ignored)
  }

  var isBusy: Bool { !sequencer.isIdle }

  func close() {
    sequencer.end()
    carryOut()
  }

  // MARK: what Redis says

  func replied(_ reply: RedisReply) {
    guard let next = awaited.popFirst() else { return }
    if case .error(let text) = reply { return refused(next, text) }
    switch next {
    case .ignored: break
    case .publishScript, .askScript:
      guard let name = reply.bytes else {
        return outputs.append(.giveUp("redis did not load a script"))
      }
      if case .askScript = next { askScript = name } else { publishScript = name }
    case .bus:
      guard let bus = reply.bytes.flatMap(Hex.number) else {
        return outputs.append(.giveUp("key \(Failure.quote(keys.busText)) is none of Covey's"))
      }
      outputs.append(.report(.connected))
      sequencer.connected(bus: bus)
    case .published(let letter, _, _):
      // Nonsense: it is kept, and sent again to whatever answers next.
      guard reply.number != nil else {
        return outputs.append(.giveUp("redis answered with no number"))
      }
      underway.remove(letter.number)
      sequencer.published(letter.number)
    case .answer(let topic):
      if let answer = SequencedLetters.answer(reply) {
        sequencer.answered(answer, for: topic)
      } else {
        reports.foreign(&outputs, now)
        sequencer.unanswered(topic)
      }
    }
    carryOut()
  }

  private func refused(_ command: Awaited, _ text: String) {
    // The one before it was refused, or Redis was emptied: once more, behind those still underway.
    // One that follows none cannot be early: then it is refused like any other.
    if case .published(let letter, let topic, let after) = command, after > 0,
      text.hasPrefix("EARLY")
    {
      return publish(letter, topic, after: underway.contains(after) ? after : 0)
    }
    reports.refused(text, &outputs, now)
    switch command {
    case .publishScript, .askScript, .bus, .ignored: outputs.append(.giveUp(text))
    case .published(let letter, _, _):
      // What another attempt may mend is kept until then.
      if RedisErrors.isPassing(text) { return outputs.append(.giveUp(text)) }
      underway.remove(letter.number)
      sequencer.refused(letter.number)
    case .answer(let topic):
      if RedisErrors.isPassing(text) { return outputs.append(.giveUp(text)) }
      sequencer.unanswered(topic)
    }
    carryOut()
  }

  func heard(_ reply: RedisReply) {
    if case .error(let text) = reply {
      reports.refused(text, &outputs, now)
      return outputs.append(.giveUp(text))
    }
    switch RedisPush(reply) {
    case .subscribed(let channel):
      if let topic = keys.topic(ofChannel: channel) { sequencer.subscribed(topic) }
    case .message(let channel, let bytes):
      guard channel != beatChannel else { return }
      guard let topic = keys.topic(ofChannel: channel),
        let (position, letter) = SequencedLetters.live(bytes)
      else { return reports.foreign(&outputs, now) }
      sequencer.received(letter, at: position, in: topic)
    case .unsubscribed, nil: break
    }
    carryOut()
  }

  // MARK: what the sequencer wants

  private func carryOut() {
    for output in sequencer.takeOutputs() {
      switch output {
      case .subscribe(let topic):
        outputs.append(.listen([Array("SUBSCRIBE".utf8), keys.channel(of: topic)]))
      case .unsubscribe(let topic):
        outputs.append(.listen([Array("UNSUBSCRIBE".utf8), keys.channel(of: topic)]))
      case .publish(let letter, let topic):
        publish(letter, topic, after: underway.contains(lastSent) ? lastSent : 0)
        underway.insert(letter.number)
        lastSent = letter.number
      case .ask(let topic, let since):
        let from = since.map { String($0) } ?? ""
        command(
          [
            Self.evalsha, askScript, [UInt8(ascii: "2")], keys.head(of: topic),
            keys.log(of: topic), Array(from.utf8),
          ], .answer(topic))
      case .deliver(let contents, let topic): deliver(contents, topic)
      case .gap(let gap):
        let named = LayerGap(gap.kind, gap.groups.map(keys.name(ofTopic:)), count: gap.count)
        outputs.append(.report(.gap(named)))
      // The hub counts gaps, and what it received.
      case .counted(.missed, _), .counted(.unsent, _), .counted(.received, _): break
      case .counted(let counter, let count): outputs.append(.report(.counted(counter, count)))
      }
    }
  }

  private func publish(_ letter: Letter, _ topic: Name, after: UInt64) {
    var number: [UInt8] = []
    Decimal.append(letter.number, to: &number)
    var predecessor: [UInt8] = []
    Decimal.append(after, to: &predecessor)
    command(
      [
        Self.evalsha, publishScript, [UInt8(ascii: "3")], keys.head(of: topic),
        keys.log(of: topic), senderKey, number, SequencedLetters.write(letter),
        keys.channel(of: topic),
      ] + logBounds + [predecessor], .published(letter, topic, after: after))
  }

  private func deliver(_ contents: [UInt8], _ topic: Name) {
    do throws(Failure) {
      let opened = try seal.open(contents, now)
      let parcel = try ParcelFormat.read(
        seal.isOpen ? opened : try ParcelFormat.unbind(opened, from: topic),
        depthMax: setting.depthMax)
      if case .addressed(let id, let event) = parcel {
        outputs.append(.report(.addressed(id, event)))
      } else if let group = keys.group(ofTopic: topic) {
        outputs.append(.report(.received(parcel, group: group)))
      }
    } catch {
      reports.foreign(&outputs, now, error.message)
    }
  }

  private func command(_ parts: [String], _ reply: Awaited) {
    command(parts.map { Array($0.utf8) }, reply)
  }

  private func command(_ parts: [[UInt8]], _ reply: Awaited) {
    awaited.append(reply)
    outputs.append(.command(parts))
  }
}
