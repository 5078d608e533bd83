internal import CoveyCore

/// The format of `channels_redis.core.RedisChannelLayer`.
///
///     <prefix>:group:<group>        sorted set of channel names, by when they were added
///     <prefix>specific.<process>!   sorted set, the mailbox of a process: 12 random bytes and the
///                                   message in msgpack, by when it was sent
///
/// This process is in a group once, under a name that tells which group it is; its consumers have
/// names of their own. What it is to be sent is read from one mailbox.
final class MailboxDriver: Driver {
  private enum Awaited {
    case ignored
    case script
    case joined(Name)
    /// Whether this process was not in the group, which it was to be already.
    case renewed(Name, Membership)
    case probed
    /// The members of the group that the first letter without an address is for.
    case members
    /// What it took, with the last piece of it.
    case sent(Name, size: Int?)
  }

  /// What is to be sent, until it is known to whom.
  private struct Parting {
    let contents: Contents
    let name: Name
    let size: Int

    enum Contents {
      /// The packed message.
      case event([UInt8])
      /// The same, for processes of Covey alone.
      case message([UInt8])
      /// For one channel.
      case direct([UInt8])
    }
  }

  /// How Redis knows a group, and this process in it.
  private struct Membership: Equatable {
    let key: [UInt8]
    let member: [UInt8]
  }

  /// A membership that is not renewed for so long is a dead process's.
  private static let membershipSeconds: UInt64 = 180
  private static let renewalMillisecondsMax: UInt64 = 30_000
  private static let mailboxesAtOnce = 500

  var outputs: [DriverOutput] = []
  var now = DriverTime()
  private let setting: DriverSetting
  private let seal: Seal
  private let inbox: Inbox
  private let mailbox: [UInt8]
  private let letters: MailboxLetters
  private var isConnected = false
  private var reading = MailboxReading()
  private var isListening = false
  private var renewedAt: UInt64 = 0
  private var beatenAt: UInt64 = 0
  private var script: [UInt8] = []
  private var memberships: [Name: Membership] = [:]
  private var groups: [UInt64: Name] = [:]
  private var groupCount: UInt64 = 0
  /// Joined, and since then the bus was away: something may be missing.
  private var doubtful: Set<Name> = []
  private var wasAway = false
  private var awaited = Fifo<Awaited>()
  /// Not yet with whom they are for; the first `asked` of them wait for members.
  private var partings = Fifo<Parting>()
  private var budget: Budget
  private var reports = DriverReports()
  private var seen = RecentPrefixes()
  /// Of the last letter, in microseconds: mailboxes are ordered by times, and by nothing else.
  private var lastTime: UInt64 = 0

  init(_ setting: DriverSetting) {
    self.setting = setting
    let ttl = UInt64(setting.url.expirySeconds) &+ 10
    seal = Seal(setting, ttl: ttl)
    inbox = Inbox(token: setting.token)
    letters = MailboxLetters(prefix: setting.url.prefix, ownNames: inbox.ownNames)
    mailbox = setting.url.prefix + inbox.ownNames
    budget = Budget(setting.limits)
  }

  // MARK: connections

  func connected() {
    isConnected = true
    beatenAt = now.milliseconds
    command(
      [Array("SCRIPT".utf8), Array("LOAD".utf8), Array(MailboxScript.deliver.utf8)], .script)
    // What of these was not known is doubted anyway.
    renewedAt = now.milliseconds
    for membership in memberships.values { add(membership, .ignored) }
    listen()
  }

  func disconnected() {
    isConnected = false
    isListening = false
    if let letter = reading.stop() { take(letter) }
    script = []
    wasAway = true
    doubtful = Set(memberships.keys)
    var unknown: [Name] = []
    while let next = awaited.popFirst() {
      guard case .sent(let name, let size) = next else { continue }
      budget.give(size)
      unknown.append(name)
    }
    guard !unknown.isEmpty else { return }
    outputs.append(.report(.gap(LayerGap(.unknown, unknown, count: UInt64(unknown.count)))))
  }

  /// The script is there: whatever waits can go.
  private func begun() {
    outputs.append(.report(.connected))
    miss(Array(doubtful))
    doubtful = []
    // Each is asked about in turn, and answered in turn.
    for parting in partings.all { ask(parting) }
  }

  func beat() {
    let stall = now.milliseconds &- beatenAt
    beatenAt = now.milliseconds
    let limits = setting.limits
    // Nobody read here for so long that what waited may have been too old.
    if stall > UInt64(limits.answerTimeoutMilliseconds) / 4 &+ UInt64(setting.url.expirySeconds)
      * 500
    {
      miss(Array(memberships.keys))
    }
    if memberships.isEmpty {
      command([Array("PING".utf8)], .ignored)
    } else if now.milliseconds &- renewedAt >= renewalMilliseconds {
      renew()
    } else if let membership = memberships.values.first {
      // Who empties Redis takes all of them.
      command([Array("ZSCORE".utf8), membership.key, membership.member], .probed)
    }
    if !isListening { listen() }
  }

  var isBusy: Bool { budget.isUsed }

  private func miss(_ groups: [Name]) {
    if !groups.isEmpty { outputs.append(.report(.gap(LayerGap(.missed, groups)))) }
  }

  func close() {
    guard isConnected else { return }
    for membership in memberships.values {
      command([Array("ZREM".utf8), membership.key, membership.member], .ignored)
    }
    command([Array("DEL".utf8), mailbox], .ignored)
  }

  // MARK: groups

  func perform(_ request: LayerRequest) {
    switch request {
    case .join(let group):
      groupCount &+= 1
      let key = setting.url.prefix + Array(":group:".utf8) + AsgiName.escaped(group)
      let membership = Membership(key: key, member: inbox.name(ofGroup: groupCount))
      memberships[group] = membership
      groups[groupCount] = group
      if isConnected {
        add(membership, .joined(group))
      } else if wasAway {
        doubtful.insert(group)
      }
    case .leave(let group):
      guard let membership = memberships.removeValue(forKey: group) else { return }
      doubtful.remove(group)
      if let number = inbox.group(named: membership.member) { groups[number] = nil }
      if isConnected {
        command([Array("ZREM".utf8), membership.key, membership.member], .ignored)
      }
    case .publish(.event(let event), let group):
      if let carried = event.carried { part(.event(carried), group) }
    case .publish(let parcel, let group):
      part(.message(Inbox.message(ParcelFormat.write(parcel))), group)
    case .send(let event, let address):
      if let carried = event.carried { part(.direct(carried), address) }
    }
  }

  /// Whoever sends to the group removes members that were added longer ago than the group's expiry:
  /// this one is written as if it had been, nearly, so that a dead process is soon gone.
  private func add(_ membership: Membership, _ reply: Awaited) {
    let expiry = UInt64(setting.url.groupExpirySeconds)
    let age = expiry > Self.membershipSeconds ? expiry &- Self.membershipSeconds : 0
    let added = now.microseconds &- min(now.microseconds, age &* 1_000_000)
    command(
      [Array("ZADD".utf8), membership.key, score(added), membership.member], reply)
    command([Array("EXPIRE".utf8), membership.key, Array(String(expiry).utf8)], .ignored)
  }

  private var renewalMilliseconds: UInt64 {
    min(Self.renewalMillisecondsMax, UInt64(setting.url.groupExpirySeconds) * 1_000 / 3)
  }

  private func renew() {
    renewedAt = now.milliseconds
    for (group, membership) in memberships { add(membership, .renewed(group, membership)) }
  }

  /// Of the next letter: later than the one before, also within one microsecond.
  private func nextTime() -> UInt64 {
    lastTime = max(now.microseconds, lastTime &+ 1)
    return lastTime
  }

  /// A time as a score: seconds since 1970, with six decimals.
  private func score(_ time: UInt64) -> [UInt8] {
    let fraction = String(time % 1_000_000)
    let zeroes = String(repeating: "0", count: 6 - fraction.utf8.count)
    return Array("\(time / 1_000_000).\(zeroes)\(fraction)".utf8)
  }

  private func seconds(ago seconds: Int) -> [UInt8] {
    let now = now.microseconds / 1_000_000
    return Array(String(now &- min(now, UInt64(clamping: seconds))).utf8)
  }

  // MARK: sending

  private func part(_ contents: Parting.Contents, _ name: Name) {
    let size: Int
    switch contents {
    case .event(let bytes), .message(let bytes), .direct(let bytes):
      size = bytes.count &+ name.bytes.count
    }
    guard budget.take(size) else {
      return outputs.append(.report(.gap(LayerGap(.unsent, [name], count: 1))))
    }
    let parting = Parting(contents: contents, name: name, size: size)
    partings.append(parting)
    if isConnected, !script.isEmpty { ask(parting) }
  }

  /// Asks who is in the group; the answer comes to the first parting. What is for one channel takes
  /// its turn as well, so that everything leaves in the order it was sent.
  private func ask(_ parting: Parting) {
    if case .direct = parting.contents { return command([Array("PING".utf8)], .members) }
    let key = setting.url.prefix + Array(":group:".utf8) + AsgiName.escaped(parting.name)
    command(
      [
        Array("ZREMRANGEBYSCORE".utf8), key, [UInt8(ascii: "0")],
        seconds(ago: setting.url.groupExpirySeconds),
      ], .ignored)
    command([Array("ZRANGE".utf8), key, [UInt8(ascii: "0")], Array("-1".utf8)], .members)
  }

  private func send(_ parting: Parting, _ reply: RedisReply) {
    switch parting.contents {
    case .direct(let packed): deliver([letters.letter(packed, to: parting.name)], parting)
    case .event(let packed): send(packed, coveyAlone: false, parting, reply)
    case .message(let packed): send(packed, coveyAlone: true, parting, reply)
    }
  }

  private func send(
    _ packed: [UInt8], coveyAlone: Bool, _ parting: Parting, _ reply: RedisReply
  ) {
    guard let list = reply.list, case let names = list.compactMap(\.bytes),
      names.count == list.count
    else {
      reports.foreign(&outputs, now, "redis answered ZRANGE with no names")
      return lose(parting.name, parting.size)
    }
    deliver(letters.letters(packed, to: names, coveyAlone: coveyAlone), parting)
  }

  private func deliver(_ letters: [MailboxLetters.Letter], _ parting: Parting) {
    guard !letters.isEmpty else { return budget.give(parting.size) }
    var rest = letters[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Self.mailboxesAtOnce)
      rest = rest.dropFirst(Self.mailboxesAtOnce)
      let bodies = piece.compactMap { letter in
        seal.close(letter.body, now).map { setting.random(12) + $0 }
      }
      guard bodies.count == piece.count else { return lose(parting.name, parting.size) }
      let times = [
        score(nextTime()), seconds(ago: setting.url.expirySeconds),
        Array(String(setting.url.expirySeconds).utf8),
        Array(String(setting.url.capacity).utf8),
      ]
      command(
        [Array("EVALSHA".utf8), script, Array(String(piece.count).utf8)] + piece.map(\.key)
          + times + bodies,
        .sent(parting.name, size: rest.isEmpty ? parting.size : nil))
    }
  }

  private func command(_ parts: [[UInt8]], _ reply: Awaited) {
    awaited.append(reply)
    outputs.append(.command(parts))
  }

  func replied(_ reply: RedisReply) {
    guard let next = awaited.popFirst() else { return }
    if case .error(let text) = reply { return refused(next, text) }
    switch next {
    case .ignored, .joined: break
    case .script:
      guard let name = reply.bytes, !name.isEmpty else {
        return outputs.append(.giveUp("redis did not load a script"))
      }
      script = name
      begun()
    case .renewed(let group, let membership):
      // Somebody took it away, and others sent to whoever was left.
      if reply != .number(0), memberships[group] == membership { miss([group]) }
    case .probed: if case .nothing = reply { renew() }
    case .members:
      if let parting = partings.popFirst() { send(parting, reply) }
    case .sent(let name, let size):
      budget.give(size)
      guard let full = reply.number else {
        reports.foreign(&outputs, now, "redis answered a script with no number")
        return outputs.append(.report(.gap(LayerGap(.unknown, [name], count: 1))))
      }
      outputs.append(.report(.counted(.published, 1)))
      if full > 0 { outputs.append(.report(.gap(LayerGap(.full, [name], count: full)))) }
    }
  }

  private func refused(_ command: Awaited, _ text: String) {
    reports.refused(text, &outputs, now)
    switch command {
    case .ignored, .probed: break
    case .script: return outputs.append(.giveUp(text))
    case .joined(let group), .renewed(let group, _):
      // Nobody elsewhere knows of it.
      if memberships[group] != nil { miss([group]) }
    case .members:
      guard !RedisErrors.isPassing(text) else { break }
      if let parting = partings.popFirst() { lose(parting.name, parting.size) }
    case .sent(let name, let size): lose(name, size)
    }
    if RedisErrors.isPassing(text) { outputs.append(.giveUp(text)) }
  }

  private func lose(_ name: Name, _ size: Int?) {
    budget.give(size)
    outputs.append(.report(.gap(LayerGap(.unsent, [name], count: 1))))
  }

  // MARK: hearing

  private func listen() {
    isListening = true
    // Shorter than the patience with a bus that says nothing.
    let milliseconds = min(5_000, setting.limits.answerTimeoutMilliseconds / 2)
    outputs.append(.listen(reading.command(mailbox, atMost: milliseconds)))
  }

  func heard(_ reply: RedisReply) {
    // Else what nobody asked for would be asked for from then on.
    guard isListening else { return reports.foreign(&outputs, now) }
    switch reply {
    case .error(let text):
      reports.refused(text, &outputs, now)
      if let letter = reading.stop() { take(letter) }
      // Not at once again: the same would come of it.
      isListening = false
      if RedisErrors.isPassing(text) { outputs.append(.giveUp(text)) }
      return
    case .list(let list):
      for letter in reading.letters(in: list) { take(letter) }
    case .nothing, .number, .bytes:
      if let letter = reading.stop() { take(letter) }
    }
    listen()
  }

  private func take(_ member: [UInt8]) {
    guard seen.insert(member.prefix(12)) else {
      return outputs.append(.report(.counted(.duplicates, 1)))
    }
    do throws(Failure) {
      let packed = try seal.open(Array(member.dropFirst(12)), now)
      let (rest, names) = try MessagePack.taking(key: Inbox.namesKey, from: packed)
      if let parcel = try Inbox.parcel(rest, depthMax: setting.depthMax) {
        for group in names.compactMap(inbox.group(named:)).compactMap({ groups[$0] }) {
          outputs.append(.report(.received(parcel, group: group)))
        }
        return
      }
      let event = try Event(json: try MessagePack.unpack(rest), depthMax: setting.depthMax)
      for name in names {
        if let group = inbox.group(named: name).flatMap({ groups[$0] }) {
          outputs.append(.report(.received(.event(event), group: group)))
        } else if let (server, id) = Address.parts(Name(name)), server == setting.token {
          outputs.append(.report(.addressed(ConsumerID(raw: id), event)))
        }
      }
    } catch {
      reports.foreign(&outputs, now, error.message)
    }
  }
}
