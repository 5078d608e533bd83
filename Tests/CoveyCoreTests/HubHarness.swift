import CoveyCore
import Testing

/// Plays a scenario on a hub, one step a line, and compares what is seen with what stands behind
/// `=>`. A line without `=>` may show anything; `=> nothing` must show nothing.
///
///     limits outbox=100 ping=off          before anything else; names as in `Scenario.limits`
///     channel ws/<room>/ echo groups=g    words: public accepts echo hears relays groups= origins=
///     on connect: host accepts me         handlers are steps; `me` and `$`: who and what
///     A connects /ws/x/ origin=http://x   => A: open
///     A sends "hi" & B sends 9 bytes      => A: text "hi" + text "ho" ; B: ping
///     +25s
///
/// `&` joins steps of one turn, `+` frames of one write. The steps are those of `Scenario`.
func check(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  let report = Scenario().play(text)
  if let report { Issue.record("\n\(report)", sourceLocation: sourceLocation) }
}

final class Scenario: FakeHost {
  static let token: UInt64 = 0x0123_4567_89AB_CDEF
  private var limits = Limits()
  private(set) lazy var transport = FakeTransport(
    Hub(limits: limits, token: Self.token, secret: Secret(1, 2)), self)
  private var hub: Hub { transport.hub }
  private var handlers: [Int: [Name: String]] = [:]
  private var seen: [String] = []
  private var logs = 0
  private var me: (name: String, kind: MessageKind, bytes: [UInt8]) = ("", .text, [])

  /// Returns nil, or all lines with the wrong ones marked.
  func play(_ text: String) -> String? {
    var report: [String] = []
    var isRight = true
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=>", maxSplits: 1).map { Self.trimmed($0) }
      guard let step = parts.first, !step.isEmpty else { continue }
      seen = []
      if step.hasPrefix("on ") { register(step) } else { perform(step) }
      if !step.hasPrefix("limits") { transport.settle() }
      let got = seen.joined(separator: " ; ")
      let expected = parts.count < 2 ? nil : parts[1] == "nothing" ? "" : parts[1]
      if expected.map({ $0 == got }) ?? !got.contains("PROBLEM") {
        report.append("    \(step)" + (got.isEmpty ? "" : "  => \(got)"))
      } else {
        isRight = false
        report.append("  - \(step)  => \(expected.map { $0.isEmpty ? "nothing" : $0 } ?? "...")")
        report.append("  + \(step)  => \(got.isEmpty ? "nothing" : got)")
      }
    }
    return isRight ? nil : report.joined(separator: "\n")
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    return String(start.prefix(start.count - start.reversed().prefix { $0 == " " }.count))
  }

  // MARK: FakeHost

  func connect(_ name: String, _ id: ConsumerID) { handle("connect", name, id) }
  func message(_ name: String, _ id: ConsumerID, _ kind: MessageKind, _ bytes: [UInt8]) {
    handle(kind == .text ? "text" : "binary", name, id, kind, bytes)
  }
  func event(_ name: String, _ id: ConsumerID, _ event: Event) {
    handle("event \(event.type)", name, id, .text, event.json)
  }
  func disconnect(_ name: String, _ id: ConsumerID, _ ending: Ending) {
    let reason = ending.reason.isEmpty ? "" : " \(FakeTransport.shown(ending.reason))"
    tell(
      "\(name): gone \(ending.cause) \(ending.code.rawValue)\(reason)"
        + (ending.isClean ? " clean" : ""))
    handle("gone", name, id)
  }
  func log(_ message: String) { logs += 1 }
  func tell(_ note: String) { seen.append(note) }

  private func handle(
    _ handler: String, _ name: String, _ id: ConsumerID, _ kind: MessageKind = .text,
    _ bytes: [UInt8] = []
  ) {
    guard let channel = hub.channel(of: id), let step = handlers[channel]?[Name(handler)]
    else { return }
    let outer = me
    me = (name, kind, bytes)
    perform(step)
    me = outer
  }

  // MARK: setup

  private func register(_ step: String) {
    let parts = step.dropFirst(3).split(separator: ":", maxSplits: 1).map { Self.trimmed($0) }
    handlers[lastChannel, default: [:]][Name(parts[0])] = parts[1]
    let words = parts[0].split(separator: " ")
    switch words[0] {
    case "connect": channels[lastChannel].hasConnectHandler = true
    case "text": channels[lastChannel].hasTextHandler = true
    case "binary": channels[lastChannel].hasBinaryHandler = true
    case "event":
      attempt { try hub.registerEvent(String(words[1]), channel: lastChannel, handler: 0) }
    default: break
    }
  }

  private var channels: [Channel] = []
  private var lastChannel: Int { channels.count - 1 }

  private func addChannel(_ words: [String]) {
    attempt {
      let pattern = try Pattern(words[0])
      let origins = Self.value("origins", words)?.split(separator: ",").map(String.init) ?? []
      let channel = Channel(pattern: pattern, origins: try OriginRules(origins))
      channel.groups = try (Self.value("groups", words)?.split(separator: ",") ?? [])
        .map { try GroupName(String($0), parameters: pattern.parameterNames) }
      channel.isPublic = words.contains("public")
      channel.isOriginRequired = words.contains("requires-origin")
      channel.broadcastsReceived = words.contains("relays")
      try bound(channel, words)
      _ = try hub.register(channel)
      channels.append(channel)
    }
    if words.contains("accepts") { register("on connect: host accepts me") }
    for kind in ["text", "binary"] {
      if words.contains("echo") { register("on \(kind): host sends me $") }
      if words.contains("hears") { register("on \(kind): note me says $") }
    }
  }

  /// `messages=2/4` and `bytes=`: a second, at once; `drops=oldest`; `marks=low/high`.
  private func bound(_ channel: Channel, _ words: [String]) throws {
    func pair(_ name: String) -> (UInt64, UInt64)? {
      let parts = Self.value(name, words)?.split(separator: "/").compactMap { UInt64($0) }
      return parts.flatMap { $0.count == 2 ? ($0[0], $0[1]) : nil }
    }
    channel.messageRate = pair("messages").map { Rate(perSecond: $0, burst: $1) }
    channel.byteRate = pair("bytes").map { Rate(perSecond: $0, burst: $1) }
    switch Self.value("drops", words) {
    case "oldest": channel.slowPolicy = .dropOldest
    case "newest": channel.slowPolicy = .dropNewest
    default: break
    }
    channel.hasOutboxHandler = words.contains("told")
    if let (low, high) = pair("marks") {
      channel.outboxHighBytes = Int(high)
      channel.outboxLowBytes = Int(low)
    }
  }

  private static func value(_ name: String, _ words: [String]) -> String? {
    words.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  private static let limits: [String: @Sendable (inout Limits, Int?) -> Void] = [
    "connections": { $0.connectionsMax = $1 ?? 0 },
    "groups": { $0.groupsPerConsumerMax = $1 ?? 0 },
    "connect": { $0.connectTimeoutMilliseconds = $1.map(UInt64.init) },
    "ping": { $0.pingIntervalMilliseconds = $1.map(UInt64.init) },
    "silence": { $0.silenceTimeoutMilliseconds = $1.map(UInt64.init) },
    "close": { $0.closeTimeoutMilliseconds = UInt64($1 ?? 0) },
    "flush": { $0.flushTimeoutMilliseconds = UInt64($1 ?? 0) },
    "message": { $0.messageBytesMax = $1 ?? 0 },
    "outbox": { $0.outboxBytesMax = $1 ?? 0 },
    "undecided": { $0.undecidedBytesMax = $1 ?? 0 },
    "path": { $0.pathBytesMax = $1 ?? 0 },
    "refused": { $0.refusedCloseCode = CloseCode(rawValue: UInt16($1 ?? 0)) },
    "late": { $0.undecidedCloseCode = CloseCode(rawValue: UInt16($1 ?? 0)) },
    "slow": { $0.slowCloseCode = CloseCode(rawValue: UInt16($1 ?? 0)) },
    "expired": { $0.expiredCloseCode = CloseCode(rawValue: UInt16($1 ?? 0)) },
    "memory": { $0.memoryBytesMax = $1 },
  ]

  // MARK: steps

  func attempt(_ body: () throws -> Void) {
    do { try body() } catch let failure as Failure { tell("host: \(failure.kind)") } catch {
      tell("PROBLEM: \(error)")
    }
  }

  private func perform(_ steps: String) {
    for step in Self.split(steps) { perform(words: step) }
  }

  private func perform(words: [String]) {
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "limits":
      for word in rest {
        let pair = word.split(separator: "=").map(String.init)
        if let change = Self.limits[pair[0]] {
          change(&limits, Int(pair[1]))
        } else {
          tell("PROBLEM: no limit \(pair[0])")
        }
      }
    case "channel": addChannel(rest)
    case "drain": hub.drain(over: UInt64(rest.first ?? "0") ?? 0)
    case "stop" where rest == ["now"]: hub.stopNow()
    case "stop": hub.stop(CloseCode(rawValue: UInt16(rest.first ?? "1001") ?? 0))
    case "note": tell("\(name(rest[0])) \(rest[1]) \(FakeTransport.shown(payload(rest).bytes))")
    case "event":
      attempt {
        let json = #"{"type":"\#(rest[0])"}"#
        hub.send(try Event(json: Array(json.utf8)), toGroup: group(rest[2]))
      }
    case "broadcast":
      let (kind, bytes, end) = payload(rest)
      hub.broadcast(
        Frame(kind, bytes.span), toGroup: group(rest[end + 1]),
        except: rest.count > end + 2 ? id(rest[end + 3]) : nil)
    case "timer": hub.startTimer(UInt64(rest[0]) ?? 0, after: UInt64(rest[2]) ?? 0)
    case "logs":
      tell("\(logs)")
      logs = 0
    case "statistics": statistics(rest)
    case "reached": told()
    case "host": attempt { try host(rest[0], Array(rest.dropFirst())) }
    case "late": transport.turn(transport.now + Self.milliseconds(rest[0]))
    case let word where word.hasPrefix("+"): transport.wait(Self.milliseconds(word))
    default: client(name(words[0]), rest[0], Array(rest.dropFirst()))
    }
  }

  private func host(_ verb: String, _ words: [String]) throws {
    let about = words.first.flatMap { transport.ids[name($0)] } ?? ConsumerID(raw: 0)
    switch verb {
    case "sends", "mails":
      let (kind, bytes, _) = payload(Array(words.dropFirst()))
      // From another thread it comes framed.
      if verb == "sends" {
        try hub.send(kind, bytes.span, to: about)
      } else {
        try hub.send(Frame(kind, bytes.span), to: about)
      }
    case "accepts": try hub.accept(about, subprotocol: words.count > 1 ? words[1] : nil)
    case "rejects":
      let number = words.count > 1 ? UInt16(words[1]) : nil
      let code = number.flatMap { $0 >= 1000 ? CloseCode(rawValue: $0) : nil }
      try hub.reject(about, status: Int(number ?? 403), code: code)
    case "closes":
      let reason = words.count > 2 ? payload([words[2]]).bytes : []
      try hub.close(about, CloseCode(rawValue: UInt16(words[1]) ?? 0), reason: reason)
    case "adds": try hub.add(about, to: group(words[1]))
    case "discards": try hub.discard(about, from: group(words[1]))
    case "names": try hub.setUser(words[1], of: about)
    case "expires": try hub.setExpiry(about, after: UInt32(words[1]))
    case "disconnects":
      let code = words.count > 1 ? UInt16(words[1]) ?? 0 : 1008
      hub.disconnect(user: words[0], CloseCode(rawValue: code), reason: [])
    case "counts": tell("host: \(hub.memberCount(of: group(words[0])))")
    case "lists":
      let names = hub.memberList(of: group(words[0])).map { transport.names[$0] ?? "?" }.sorted()
      tell("host: \(names.joined(separator: " "))")
    default: tell("PROBLEM: host \(verb)?")
    }
  }

  private func client(_ name: String, _ verb: String, _ words: [String]) {
    if verb == "connects" { return tell("\(name): \(transport.connect(opening(words), as: name))") }
    guard let id = transport.ids[name], let socket = transport.sockets[id] else {
      return tell("PROBLEM: \(name) is not connected")
    }
    switch verb {
    case "sends": send(id, words, isFirst: true, isLast: true)
    case "begins": send(id, words, isFirst: true, isLast: false)
    case "goes-on": send(id, words, isFirst: false, isLast: false)
    case "ends": send(id, words, isFirst: false, isLast: true)
    case "pongs": transport.pong(id)
    case "blocks": socket.room = 0
    case "takes": transport.drain(id, Int(words[0]))
    case "drains": transport.drain(id, nil)
    case "vanishes": transport.gone(id)
    case "closes":
      let code = words.first.flatMap { UInt16($0) }
      let reason = payload(Array(words.dropFirst())).bytes
      let bytes = code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + reason } ?? []
      if transport.peerClosed(id, bytes) { tell("\(name): answered") }
      if words.last != "lingers" { transport.gone(id) }
    default: tell("PROBLEM: \(name) \(verb)?")
    }
  }

  private func send(_ id: ConsumerID, _ words: [String], isFirst: Bool, isLast: Bool) {
    let (kind, bytes, end) = payload(words)
    let remaining = words.count > end + 1 ? Int(words[end + 1]) ?? 0 : 0
    let piece = Piece(kind: kind, isFirst: isFirst, isLast: isLast, remaining: remaining)
    transport.receive(id, piece, bytes)
  }

  private func opening(_ words: [String]) -> Opening {
    func bytes(_ name: String, _ fallback: String?) -> [UInt8]? {
      let value = Self.value(name, words) ?? fallback
      return value == "none" ? nil : value.map { Array($0.utf8) }
    }
    var opening = Opening()
    opening.isGet = !words.contains("POST")
    opening.path = Array(words[0].utf8)
    if let text = Self.value("hex", words) { opening.path += Self.hex(text) }
    opening.version = bytes("version", "13")
    opening.key = bytes("key", "dGhlIHNhbXBsZSBub25jZQ==")
    opening.host = bytes("host", "example.com")
    opening.origin = bytes("origin", nil)
    opening.subprotocols =
      Self.value("offers", words)?.split(separator: ",").map { Array($0.utf8) } ?? []
    opening.isSubprotocolListBad = words.contains("bad-list")
    return opening
  }

  private func statistics(_ names: [String]) {
    let now = hub.statistics
    for mirror in Mirror(reflecting: now).children {
      if let label = mirror.label, names.contains(label) { tell("\(label) \(mirror.value)") }
    }
    for limit in Limit.allCases where names.contains("limit-\(limit)") {
      tell("\(limit) \(now.count(limit))")
    }
    for cause in Ending.Cause.allCases where names.contains("\(cause)") {
      tell("\(cause) \(now.count(cause))")
    }
  }

  /// The limits that the host was told of, and how far a drain has come.
  private func told() {
    for reached in transport.reached {
      let who = reached.consumer.map { transport.names[$0] ?? "?" } ?? "nobody"
      tell("\(reached.limit) \(who) \(reached.maximum) \(reached.count)")
    }
    transport.reached = []
    for drain in transport.drains { tell("\(drain.remaining) of \(drain.total)") }
    transport.drains = []
  }

  // MARK: words

  private func name(_ word: String) -> String { word == "me" ? me.name : word }
  private func id(_ word: String) -> ConsumerID? { transport.ids[name(word)] }

  /// A group's name; `@A` is the address of A, `@A@other` the same on another server.
  private func group(_ word: String) -> Name {
    guard word.hasPrefix("@") else { return Name(word) }
    let parts = word.dropFirst().split(separator: "@").map(String.init)
    let server = parts.count > 1 ? Self.token ^ 1 : Self.token
    return Name(Address.of(id(parts[0]) ?? ConsumerID(raw: 0), server: server))
  }

  /// Reads `"hi"`, `9 bytes`, `hex c3`, `$`, each perhaps after `binary`; and where it ends.
  private func payload(_ words: [String]) -> (kind: MessageKind, bytes: [UInt8], end: Int) {
    for (index, word) in words.enumerated() {
      let kind: MessageKind = words.prefix(index).contains("binary") ? .binary : .text
      if word == "$" { return (me.kind, me.bytes, index + 1) }
      if word.hasPrefix("\"") { return (kind, Array(word.dropFirst().utf8), index + 1) }
      if word == "bytes", index > 0, let count = Int(words[index - 1]) {
        return (kind, [UInt8](repeating: UInt8(ascii: "x"), count: count), index + 1)
      }
      if word == "hex" { return (kind, Self.hex(words[index + 1]), index + 2) }
    }
    return (.text, [], words.count)
  }

  private static func milliseconds(_ word: String) -> UInt64 {
    (UInt64(word.filter(\.isNumber)) ?? 0) * (word.hasSuffix("ms") ? 1 : 1000)
  }

  private static func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  /// Splits steps at `&` and words at blanks, but not inside quotes; a quoted word keeps its first.
  private static func split(_ text: String) -> [[String]] {
    var steps: [[String]] = [[]]
    var word = ""
    var isQuoted = false
    for character in text + " " {
      switch character {
      case "\"":
        isQuoted.toggle()
        if isQuoted { word.append("\"") }
      case " " where !isQuoted:
        if word == "&" {
          steps.append([])
        } else if !word.isEmpty {
          steps[steps.count - 1].append(word)
        }
        word = ""
      default: word.append(character)
      }
    }
    return steps
  }
}
