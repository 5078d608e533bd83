import SeededNumbers
import Testing

@testable import CoveyCore

/// Thousands of random steps by clients and host, against what must always hold.
struct RandomHubTests {
  @Test func `random clients and a random host never break a promise`() throws {
    try play(steps: 20_000, stopsGently: true)
  }

  @Test func `random clients of a server that ends at once never break a promise`() throws {
    try play(steps: 2_000, stopsGently: false)
  }

  private func play(steps: Int, stopsGently: Bool) throws {
    let world = try RandomWorld()
    for step in 0..<steps {
      world.step()
      if let problem = world.problems.first {
        Issue.record("COVEY_SEED=\(SeededNumbers.seed) step \(step): \(problem)")
        return
      }
    }
    world.end(gently: stopsGently)
    if steps >= 20_000 { #expect(world.missing == [], "COVEY_SEED=\(SeededNumbers.seed)") }
    for problem in world.problems {
      Issue.record("COVEY_SEED=\(SeededNumbers.seed) at the end: \(problem)")
    }
  }
}

/// A hub with clients and a host that do something random at each step, and a model beside it.
private final class RandomWorld: FakeHost {
  private var numbers = SeededNumbers()
  private let limits: Limits
  private let hub: Hub
  private lazy var transport = FakeTransport(hub, self)
  private(set) var problems: [String] = []
  private let names = (0..<6).map { Name("g\($0)") }
  private var members: [Name: Set<ConsumerID>] = [:]
  /// Everybody who was upgraded, and how often each was said to be gone.
  private var upgraded: Set<ConsumerID> = []
  private var goodbyes: [ConsumerID: Int] = [:]
  /// Messages that were queued to anybody.
  private var queued: UInt64 = 0
  private var connects = 0
  private var stops = 0

  private enum ChannelKind: Int, CaseIterable { case handled, later, relayed, publicly }

  init() throws {
    var limits = Limits()
    limits.outboxBytesMax = 3000
    limits.messageBytesMax = 2000
    limits.undecidedBytesMax = 500
    limits.groupsPerConsumerMax = 4
    limits.connectionsMax = 25
    limits.memoryBytesMax = 8000
    self.limits = limits
    hub = Hub(limits: limits, token: numbers.next(), secret: Secret(1, 2))
    for kind in ChannelKind.allCases {
      let pattern = try Pattern("\(kind)/")
      let channel = Channel(pattern: pattern, origins: try OriginRules([]))
      channel.groups = kind == .later ? [] : [try GroupName("g\(kind.rawValue)", parameters: [])]
      channel.hasConnectHandler = kind != .publicly
      channel.isPublic = kind == .publicly
      channel.broadcastsReceived = kind == .relayed
      channel.hasTextHandler = kind != .relayed
      channel.hasBinaryHandler = kind == .handled
      channel.messageRate = kind == .handled ? Rate(perSecond: 1, burst: 2) : nil
      channel.slowPolicy = kind == .later ? .dropOldest : kind == .publicly ? .dropNewest : .close
      channel.hasOutboxHandler = kind == .later
      channel.outboxHighBytes = 1000
      channel.outboxLowBytes = 500
      let position = try hub.register(channel)
      if kind != .later { try hub.registerEvent("go", channel: position, handler: 0) }
    }
  }

  // MARK: steps

  func step() {
    switch numbers.below(100) {
    case ..<10: connect()
    case ..<45: if let id = anybody() { client(id) }
    case ..<85: host(anybody())
    case ..<97: transport.wait(UInt64(numbers.below(300)))
    default:
      transport.settle()
      transport.wait(UInt64(numbers.below(30_000)))
    }
    if numbers.below(3) == 0 {
      transport.settle()
      check()
    }
  }

  /// The endings that never happened: a test in which nothing goes wrong shows nothing.
  var missing: [Ending.Cause] {
    let others: [Ending.Cause] = [.stopped, .expired, .tooFast, .shed]
    return Ending.Cause.allCases.filter {
      !others.contains($0) && hub.statistics.count($0) == 0
    }
  }

  private func anybody() -> ConsumerID? { transport.sockets.keys.min { $0.raw < $1.raw }.map(pick) }

  /// One of those who are connected, mostly; now and then one who was.
  private func pick(_ first: ConsumerID) -> ConsumerID {
    let all = transport.sockets.keys.sorted { $0.raw < $1.raw }
    return all.isEmpty ? first : all[numbers.below(all.count)]
  }

  private func connect() {
    let kind = ChannelKind.allCases[numbers.below(4)]
    connects += 1
    var opening = Opening()
    opening.path = Array("/\(kind)/".utf8)
    opening.version = Array("13".utf8)
    opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    opening.host = Array("h".utf8)
    let answer = transport.connect(opening, as: "c\(connects)")
    guard answer == "open" || answer == "held", let id = transport.ids["c\(connects)"] else {
      return
    }
    upgraded.insert(id)
    if kind == .publicly { members[names[kind.rawValue], default: []].insert(id) }
  }

  private func client(_ id: ConsumerID) {
    switch numbers.below(20) {
    case ..<9: send(id)
    case ..<11: transport.sockets[id]?.room = numbers.below(200)
    case ..<13: transport.drain(id, numbers.below(3000))
    case ..<15: transport.drain(id, nil)
    case ..<16: transport.pong(id)
    case ..<17:
      if transport.peerClosed(id, [0x03, 0xE8]) || numbers.below(2) == 0 { transport.gone(id) }
    case ..<18: _ = transport.peerClosed(id, [])
    case ..<19: transport.gone(id)
    default: send(id)
    }
  }

  private func send(_ id: ConsumerID) {
    // What is due comes before what arrives, and may change who is in the group.
    transport.pump()
    let isBad = numbers.below(100) == 0
    let size = numbers.below(50) == 0 ? 2000 + numbers.below(2) : numbers.below(300)
    let bytes = [UInt8](repeating: isBad ? 0xFF : 0x61, count: size)
    let kind: MessageKind = numbers.below(40) == 0 ? .binary : .text
    let isLast = numbers.below(4) > 0
    let slot = id.slot
    let isWhole = isLast && size <= 2000 && !(isBad && kind == .text && size > 0)
    // What the channel's group has at this moment gets what is relayed.
    if hub.channel(of: id) == ChannelKind.relayed.rawValue, isWhole,
      hub.consumers[slot].fragments.isEmpty, hub.consumers[slot].fragmentsKind == nil,
      case .open = hub.consumers[slot].state
    {
      queued += UInt64(hub.memberCount(of: names[ChannelKind.relayed.rawValue]))
      transport.receive(id, Piece(kind: kind, isFirst: true, isLast: true, remaining: 0), bytes)
    } else if hub.channel(of: id) != ChannelKind.relayed.rawValue {
      let isFirst = hub.consumers[slot].fragmentsKind == nil
      let piece = Piece(kind: kind, isFirst: isFirst, isLast: isLast, remaining: 0)
      transport.receive(id, piece, bytes)
    }
  }

  private func host(_ id: ConsumerID?) {
    let id = id ?? ConsumerID(raw: numbers.next())
    let name = names[numbers.below(names.count)]
    switch numbers.below(20) {
    case ..<7: queue(id)
    case ..<10:
      guard (try? hub.add(id, to: name)) != nil else { return }
      members[name, default: []].insert(id)
    case ..<12: if (try? hub.discard(id, from: name)) != nil { members[name]?.remove(id) }
    case ..<15: broadcast(name)
    case ..<17:
      if let event = try? Event(json: Array(#"{"type":"go"}"#.utf8)) {
        hub.send(event, toGroup: name)
      }
    case ..<18: accept(id)
    case ..<19: if numbers.below(3) == 0 { try? hub.reject(id, status: 403, code: nil) }
    default:
      switch numbers.below(5) {
      case ..<2: try? hub.close(id, .normal, reason: [0x62])
      case 2: try? hub.setExpiry(id, after: UInt32(numbers.below(20)))
      case 3: try? hub.setExpiry(id, after: numbers.below(3) == 0 ? nil : 0)
      default: break
      }
    }
  }

  private func queue(_ id: ConsumerID) {
    let bytes = [UInt8](repeating: 0x62, count: numbers.below(8) == 0 ? 900 : numbers.below(40))
    if numbers.below(2) == 0 {
      if (try? hub.send(.text, bytes.span, to: id)) != nil { queued += 1 }
    } else if (try? hub.send(Frame(.binary, bytes.span), to: id)) != nil {
      queued += 1
    }
  }

  private func broadcast(_ name: Name) {
    let bytes = [UInt8](repeating: 0x63, count: numbers.below(200))
    let ids = hub.memberList(of: name)
    let except = numbers.below(3) == 0 ? ids.first : nil
    queued += UInt64(ids.count - (except == nil ? 0 : 1))
    hub.broadcast(Frame(.text, bytes.span), toGroup: name, except: except)
  }

  private func accept(_ id: ConsumerID) {
    guard (try? hub.accept(id, subprotocol: nil)) != nil, let channel = hub.channel(of: id),
      channel != ChannelKind.later.rawValue
    else { return }
    members[names[channel], default: []].insert(id)
  }

  // MARK: FakeHost

  func connect(_ name: String, _ id: ConsumerID) {
    if numbers.below(3) == 0 { queue(id) }
    switch numbers.below(10) {
    case 0: try? hub.reject(id, status: 401, code: nil)
    case 1 where hub.channel(of: id) == ChannelKind.handled.rawValue: break
    default: if hub.channel(of: id) != ChannelKind.later.rawValue { accept(id) }
    }
  }

  func message(_ name: String, _ id: ConsumerID, _ kind: MessageKind, _ bytes: [UInt8]) {
    if !hub.isReachable(id) { problems.append("a message for \(name), who is closing") }
    if bytes.count > limits.messageBytesMax { problems.append("a message is too large") }
    host(id)
  }

  func event(_ name: String, _ id: ConsumerID, _ event: Event) {
    if !hub.isReachable(id) { problems.append("an event for \(name), who is closing") }
    // It must not decide on one whose upgrade is under way: see the known issues of AdmissionTests.
    queue(id)
  }

  func disconnect(_ name: String, _ id: ConsumerID, _ ending: Ending) {
    if hub.isReachable(id) { problems.append("\(name) is gone and can be reached") }
    if (try? hub.send(Frame.ping, to: id)) != nil { problems.append("\(name) was sent to") }
    goodbyes[id, default: 0] += 1
  }

  func log(_ message: String) {}

  func tell(_ note: String) {
    if note.contains("PROBLEM") { problems.append(note) }
    if note == "stopped" { stops += 1 }
  }

  // MARK: what must hold

  private func check() {
    for name in names {
      members[name] = members[name]?.filter { hub.isReachable($0) }
      let (got, expected) = (hub.memberList(of: name), members[name] ?? [])
      if got.count != expected.count || Set(got) != expected {
        problems.append("group \(name.text) has \(got.map(\.raw)), not \(expected.map(\.raw))")
      }
    }
    for consumer in hub.consumers {
      // A close frame comes on top.
      if consumer.outbox.bytes > limits.outboxBytesMax + 127 {
        problems.append("\(consumer.outbox.bytes) bytes are queued")
      }
    }
    for (id, count) in goodbyes where count != 1 { problems.append("\(id.raw): \(count) goodbyes") }
    reconcile()
  }

  private func reconcile() {
    let now = hub.statistics
    let endings = Ending.Cause.allCases.reduce(0) { $0 + now.count($1) }
    if now.connectionsAccepted != endings + now.consumers {
      problems.append("\(now.connectionsAccepted) accepted, \(endings) ended, the rest not open")
    }
    if endings != UInt64(goodbyes.count) { problems.append("\(endings) endings, other goodbyes") }
    if now.consumers != UInt64(transport.sockets.count) { problems.append("consumers miscounted") }
    let waiting = hub.consumers.reduce(0) { $0 + $1.outbox.waitingMessages }
    if queued != now.messagesOut + now.dropsQueued + now.dropsSlow + waiting {
      problems.append(
        "\(queued) queued, \(now.messagesOut) out, \(now.dropsQueued) dropped, \(waiting) waiting")
    }
    var (bytes, leaving) = (0, 0)
    for consumer in hub.consumers {
      bytes += consumer.outbox.bytes + consumer.fragments.count
      if case .undecided(_, let held) = consumer.state { bytes += held }
      if consumer.isShed { leaving += consumer.outbox.bufferedBytes }
    }
    if bytes != hub.memoryBytes || leaving != hub.leavingBytes {
      problems.append("\(bytes) bytes held, \(hub.memoryBytes) counted")
    }
  }

  func end(gently: Bool) {
    transport.settle()
    if gently {
      hub.stop(.goingAway)
      transport.settle()
      // At the deadline of closing everybody left is dropped.
      transport.wait(20_000)
    } else {
      hub.stopNow()
      transport.settle()
      for id in upgraded.sorted(by: { $0.raw < $1.raw }) { transport.gone(id) }
    }
    transport.settle()
    if Set(goodbyes.keys) != upgraded { problems.append("not everybody got a goodbye") }
    if !transport.names.isEmpty { problems.append("not everybody was released") }
    if stops != 1 { problems.append("stopped \(stops) times") }
    let now = hub.statistics
    if now.consumers + now.outboxBytes + now.groups != 0 { problems.append("leftovers") }
    if hub.memoryBytes != 0 || hub.leavingBytes != 0 { problems.append("memory is left") }
    if hub.occupied != 0 || hub.consumers.count > limits.connectionsMax {
      problems.append("\(hub.occupied) of \(hub.consumers.count) slots are taken")
    }
    reconcile()
  }
}

extension Outbox {
  /// Messages that wait; counted on a copy.
  fileprivate var waitingMessages: UInt64 {
    var copy = self
    return UInt64(copy.dropWaiting())
  }
}
