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
    /// The members of the group that the oldest letter without an address is for.
    case members
    /// The oldest piece that was sent.
    case sent
  }

  /// How Redis knows a group, and this process in it.
  private struct Membership: Equatable {
    let key: [UInt8]
    let member: [UInt8]
  }

  /// A membership that is not renewed for so long is a dead process's.
  private static let membershipSeconds: UInt64 = 180
  private static let renewalMillisecondsMax: UInt64 = 30_000

  var outputs: [DriverOutput] = []
  var now = DriverTime()
  private let setting: DriverSetting
  private let seal: Seal
  private let inbox: Inbox
  private let mailbox: [UInt8]
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
  private var sending: MailboxSending
  private var reports = DriverReports()
  private var seen = RecentPrefixes()
  /// Of the last letter, in microseconds: mailboxes are ordered by times, and by nothing else.
  private var lastTime: UInt64 = 0

  init(_ setting: DriverSetting) {
    self.setting = setting
    let ttl = UInt64(setting.url.expirySeconds) &+ 10
    seal = Seal(setting, ttl: ttl)
    inbox = Inbox(token: setting.token)
    let letters = MailboxLetters(prefix: setting.url.prefix, ownNames: inbox.ownNames)
    mailbox = setting.url.prefix + inbox.ownNames
    sending = MailboxSending(setting, letters, seal)
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
    awaited.removeAll()
    lose(.unknown, sending.interrupt())
  }

  /// The script is there: whatever waits can go.
  private func begun() {
    outputs.append(.report(.connected))
    miss(Array(doubtful))
    doubtful = []
    send()
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

  var isBusy: Bool { sending.isBusy }

  private func miss(_ groups: [Name]) {
    if !groups.isEmpty { outputs.append(.report(.gap(LayerGap(.missed, groups)))) }
  }

  func close() {
    let unknown = sending.interrupt()
    lose(.unsent, sending.abandon())
    lose(.unknown, unknown)
    awaited.removeAll()
    defer {
      memberships = [:]
      groups = [:]
      doubtful = []
    }
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

  private func part(_ contents: MailboxSending.Parting.Contents, _ name: Name) {
    guard sending.add(MailboxSending.Parting(contents, name)) else { return lose(.unsent, [name]) }
    send()
  }

  /// Sends what can go now, and asks whom the next is for.
  private func send() {
    guard isConnected, !script.isEmpty else { return }
    while let step = sending.nextStep(now) {
      switch step {
      case .piece(let piece): send(piece)
      case .lost(let parting): lose(.unsent, [parting.name])
      }
    }
    while let parting = sending.nextQuestion() { ask(parting) }
  }

  /// Asks who is in the group. What is for one channel takes its turn as well, so that everything
  /// leaves in the order it was sent.
  private func ask(_ parting: MailboxSending.Parting) {
    if case .direct = parting.contents { return command([Array("PING".utf8)], .members) }
    let key = setting.url.prefix + Array(":group:".utf8) + AsgiName.escaped(parting.name)
    command(
      [
        Array("ZREMRANGEBYSCORE".utf8), key, [UInt8(ascii: "0")],
        seconds(ago: setting.url.groupExpirySeconds),
      ], .ignored)
    command([Array("ZRANGE".utf8), key, [UInt8(ascii: "0")], Array("-1".utf8)], .members)
  }

  private func send(_ piece: MailboxSending.Piece) {
    let times = [
      score(nextTime()), seconds(ago: setting.url.expirySeconds),
      Array(String(setting.url.expirySeconds).utf8),
      Array(String(setting.url.capacity).utf8),
    ]
    command(
      [Array("EVALSHA".utf8), script, Array(String(piece.keys.count).utf8)] + piece.keys + times
        + piece.bodies, .sent)
  }

  /// Who is in the group that was asked about.
  private func answered(_ reply: RedisReply) {
    if case .direct? = sending.oldestAsked?.contents { return sending.answered([]) }
    guard let list = reply.list, case let names = list.compactMap(\.bytes),
      names.count == list.count
    else {
      reports.foreign(&outputs, now, "redis answered ZRANGE with no names")
      return lose(.unsent, sending.dropOldestAsked().map { [$0.name] } ?? [])
    }
    sending.answered(names)
  }

  /// What Redis says of a piece: how many mailboxes had no room.
  private func landed(_ reply: RedisReply) {
    let full = reply.number
    guard let piece = sending.landed(isLost: full == nil) else { return }
    if full == nil { reports.foreign(&outputs, now, "redis answered a script with no number") }
    if piece.isNews { lose(.unknown, [piece.name]) }
    if piece.isComplete { outputs.append(.report(.counted(.published, 1))) }
    guard let full, full > 0 else { return }
    outputs.append(.report(.gap(LayerGap(.full, [piece.name], count: full))))
  }

  /// Tells what was lost, a name for each message: so each group's are counted.
  private func lose(_ kind: LayerGap.Kind, _ names: [Name]) {
    guard !names.isEmpty else { return }
    outputs.append(.report(.gap(LayerGap(kind, names, count: UInt64(names.count)))))
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
      answered(reply)
      send()
    case .sent:
      landed(reply)
      send()
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
      // Else it is asked about again.
      if !RedisErrors.isPassing(text) {
        lose(.unsent, sending.dropOldestAsked().map { [$0.name] } ?? [])
      }
    case .sent:
      if let piece = sending.landed(isLost: true), piece.isNews { lose(.unsent, [piece.name]) }
    }
    if RedisErrors.isPassing(text) { outputs.append(.giveUp(text)) } else { send() }
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
      if reading.isOfFraction(text) { return listen() }
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
      let parcel = try Inbox.parcel(rest, depthMax: setting.depthMax)
      let event =
        parcel == nil
        ? try Event(json: try MessagePack.unpack(rest), depthMax: setting.depthMax) : nil
      // However often a letter names somebody.
      var groupsTold: Set<Name> = []
      var consumersTold: Set<UInt64> = []
      for name in names {
        if let group = inbox.group(named: name).flatMap({ groups[$0] }) {
          guard let parcel = parcel ?? event.map(Parcel.event),
            groupsTold.insert(group).inserted
          else { continue }
          outputs.append(.report(.received(parcel, group: group)))
        } else if let event, let (server, id) = Address.parts(Name(name)),
          server == setting.token, consumersTold.insert(id).inserted
        {
          outputs.append(.report(.addressed(ConsumerID(raw: id), event)))
        }
      }
    } catch {
      reports.foreign(&outputs, now, error.message)
    }
  }
}
