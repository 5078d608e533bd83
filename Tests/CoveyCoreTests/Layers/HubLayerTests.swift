import Testing

@testable import CoveyCore

/// What a hub asks of its layer, and what it makes of what that says.
struct HubLayerTests {
  private let hub: Hub

  init() throws {
    hub = try Hub.public()
    try hub.registerEvent("note", channel: 0, handler: 0)
    hub.attachLayer()
  }

  private func note(_ text: String = "") throws -> Event {
    try Event(json: Array("{\"type\":\"note\",\"text\":\"\(text)\"}".utf8))
  }

  /// What is asked, handed to handlers, told and logged, in words and in order.
  private func seen() -> [String] {
    hub.endTurn()
    return hub.takeEffects().compactMap { effect in
      switch effect {
      case .layer(.join(let group)): "join \(group.text)"
      case .layer(.leave(let group)): "leave \(group.text)"
      case .layer(.publish(.event(let event), let group)): "publish \(event.type) to \(group.text)"
      case .layer(.publish(.message(let kind, let bytes), let group)):
        "publish \(kind) \(String(decoding: bytes, as: UTF8.self)) to \(group.text)"
      case .layer(.publish(.addressed, let group)): "PROBLEM: addressed to \(group.text)"
      case .layer(.send(let event, let address)): "send \(event.type) to \(address.text)"
      case .event(let event, let members): "\(event.type) for \(members.count)"
      case .layerGap(let gap):
        "gap \(gap.kind) \(gap.groups.map(\.text).joined(separator: ",")) \(gap.count)"
      case .layerState(let isConnected, let reason): "state \(isConnected) \(reason)"
      case .log(let record): "log \(record.event.rawValue)"
      default: nil
      }
    }
  }

  private func outbox(_ id: ConsumerID) -> Int {
    var bytes = 0
    while true {
      switch hub.nextWrite(id.slot) {
      case .nothing: return bytes
      case .frame(let frame): bytes += frame.count
      case .gathered: bytes += hub.gathered.count
      }
    }
  }

  /// The number by which the statistics go.
  private func count(_ counter: LayerCounter) -> UInt64 { hub.statistics.count(counter) }

  private func connect() -> ConsumerID {
    defer { _ = hub.takeEffects() }
    return hub.connect()
  }

  // MARK: groups

  @Test func `a group is joined with its first member, and left with its last`() throws {
    let (one, two) = (connect(), connect())
    try hub.add(one, to: Name("g"))
    try hub.add(two, to: Name("g"))
    try hub.add(two, to: Name("g"))
    try hub.add(two, to: Name("h"))
    #expect(seen() == ["join g", "join h"])
    try hub.discard(one, from: Name("g"))
    try hub.discard(one, from: Name("g"))
    try hub.discard(one, from: Name("never"))
    #expect(seen() == [])
    try hub.discard(two, from: Name("g"))
    #expect(seen() == ["leave g"])
    try hub.add(one, to: Name("g"))
    #expect(seen() == ["join g"])
  }

  @Test func `who ends leaves each group that nobody else is in`() throws {
    let (one, two) = (connect(), connect())
    for name in ["a", "b", "c"] { try hub.add(one, to: Name(name)) }
    try hub.add(two, to: Name("b"))
    _ = seen()
    hub.gone(one)
    #expect(Set(seen()) == ["leave a", "leave c"])
  }

  @Test func `without a layer nothing is asked of one`() throws {
    let alone = try Hub.public()
    let id = alone.connect()
    _ = alone.takeEffects()
    try alone.add(id, to: Name("g"))
    alone.send(try note(), toGroup: Name("g"))
    alone.send(try note(), toAddress: Name("specific.somebody!1"))
    alone.broadcast(Frame(.text, Array("x".utf8).span), toGroup: Name("g"), except: nil)
    try alone.discard(id, from: Name("g"))
    for effect in alone.takeEffects() {
      if case .layer = effect { Issue.record("\(effect)") }
    }
  }

  // MARK: sending

  @Test func `members here are first, then the others get it once`() throws {
    let (one, two) = (connect(), connect())
    try hub.add(one, to: Name("g"))
    try hub.add(two, to: Name("g"))
    _ = seen()
    hub.send(try note(), toGroup: Name("g"))
    #expect(seen() == ["note for 2", "publish note to g"])
  }

  @Test func `what nobody here is to get is published all the same`() throws {
    hub.send(try note(), toGroup: Name("empty"))
    hub.broadcast(Frame(.binary, Array("x".utf8).span), toGroup: Name("empty"), except: nil)
    #expect(seen() == ["publish note to empty", "publish binary x to empty"])
  }

  @Test func `who is left out here is nobody elsewhere`() throws {
    let one = connect()
    try hub.add(one, to: Name("g"))
    _ = seen()
    hub.broadcast(Frame(.text, Array("hi".utf8).span), toGroup: Name("g"), except: one)
    #expect(outbox(one) == 0)
    #expect(seen() == ["publish text hi to g"])
  }

  @Test func `the address of somebody here is nobody else's business`() throws {
    let one = connect()
    let address = Name(Address.of(one, server: 1))
    hub.send(try note(), toGroup: address)
    #expect(seen() == ["note for 1"])
    hub.broadcast(Frame(.text, Array("hi".utf8).span), toGroup: address, except: nil)
    #expect(outbox(one) == 4)
    #expect(seen() == [])
  }

  @Test func `to an address elsewhere events go, and nothing else`() throws {
    let address = Name(Address.of(ConsumerID(raw: 7), server: 2))
    hub.send(try note(), toGroup: address)
    hub.send(try note(), toAddress: Name("thumbnails"))
    hub.broadcast(Frame(.text, Array("hi".utf8).span), toGroup: address, except: nil)
    #expect(seen() == ["send note to \(address.text)", "send note to thumbnails"])
  }

  // MARK: receiving

  @Test func `what comes goes to the members here, and not back`() throws {
    let (one, two) = (connect(), connect())
    try hub.add(one, to: Name("g"))
    try hub.add(two, to: Name("g"))
    _ = seen()
    hub.layer(.received(.event(try note()), group: Name("g")))
    #expect(seen() == ["note for 2"])
    hub.layer(.received(.message(.text, Array("hi".utf8)), group: Name("g")))
    #expect((outbox(one), outbox(two)) == (4, 4))
    #expect(seen() == [])
    #expect(count(.received) == 2)
  }

  @Test func `what comes for a group that was left is nothing`() throws {
    hub.layer(.received(.event(try note()), group: Name("left")))
    #expect(seen() == [])
    #expect(count(.received) == 0)
  }

  @Test func `an event for one consumer reaches it, while it is there`() throws {
    let one = connect()
    hub.layer(.addressed(one, try note()))
    #expect(seen() == ["note for 1"])
    hub.end(one)
    hub.layer(.addressed(one, try note()))
    hub.layer(.addressed(ConsumerID(raw: .max), try note()))
    #expect(seen() == [])
    #expect(hub.statistics.dropsGone == 2)
    #expect(count(.received) == 3)
  }

  @Test func `a message that no outbox takes is dropped, and ends nobody`() throws {
    let one = connect()
    try hub.add(one, to: Name("g"))
    _ = seen()
    let most = hub.limits.outboxBytesMax - Frame.headerBytesMax
    hub.layer(
      .received(.message(.binary, [UInt8](repeating: 0, count: most + 1)), group: Name("g")))
    #expect(count(.foreign) == 1)
    #expect(outbox(one) == 0)
    #expect(hub.isReachable(one))
    hub.layer(.received(.message(.binary, [UInt8](repeating: 0, count: most)), group: Name("g")))
    #expect(count(.foreign) == 1)
    #expect(outbox(one) == hub.limits.outboxBytesMax)
  }

  // MARK: states

  @Test func `each state is told, and the log is not flooded`() throws {
    for _ in 0..<3 {
      hub.layer(.disconnected("refused"))
      hub.layer(.connected)
    }
    #expect(
      seen() == [
        "state false refused", "log layer.disconnected", "state true ", "log layer.connected",
        "state false refused", "state true ", "log layer.connected",
        "state false refused", "state true ", "log layer.connected",
      ])
    #expect(hub.statistics.layerConnected == 1)
    hub.advance(to: hub.now + RareLog.gapMilliseconds)
    hub.layer(.disconnected("refused"))
    #expect(seen() == ["state false refused", "log layer.disconnected"])
    #expect(hub.statistics.layerConnected == 0)
  }

  // MARK: gaps

  @Test func `gaps of one kind are told at the end of the turn, as one`() throws {
    hub.layer(.gap(LayerGap(.unsent, [Name("a")], count: 1)))
    hub.layer(.gap(LayerGap(.missed, [Name("c"), Name("a")])))
    hub.layer(.gap(LayerGap(.unsent, [Name("b")], count: 2)))
    hub.layer(.gap(LayerGap(.unsent, [Name("a")], count: 3)))
    hub.layer(.gap(LayerGap(.missed, [Name("a"), Name("d")])))
    for effect in hub.takeEffects() {
      if case .layerGap = effect { Issue.record("told before the turn ended") }
    }
    #expect(
      seen() == [
        "gap missed c,a,d 0", "log layer.gap", "gap unsent a,b 6", "log layer.gap",
      ])
    #expect(seen() == [])
    #expect((count(.missed), count(.unsent)) == (4, 6))
  }

  @Test func `a gap that could not be counted makes the sum unknown`() throws {
    hub.layer(.gap(LayerGap(.full, [Name("a")], count: 5)))
    hub.layer(.gap(LayerGap(.full, [Name("b")])))
    hub.layer(.gap(LayerGap(.full, [Name("c")], count: 5)))
    #expect(seen() == ["gap full a,b,c 0", "log layer.gap"])
  }

  @Test func `what was missed is told in each turn, other losses once a second`() throws {
    for _ in 0..<3 {
      hub.layer(.gap(LayerGap(.missed, [Name("a")])))
      #expect(seen().first == "gap missed a 0")
    }
    hub.layer(.gap(LayerGap(.unsent, [Name("a")], count: 1)))
    #expect(seen() == ["gap unsent a 1", "log layer.gap"])
    for group in ["a", "b", "a"] {
      hub.layer(.gap(LayerGap(.unsent, [Name(group)], count: 1)))
      #expect(seen() == [] && !hub.hasOutput)
    }
    hub.advance(to: hub.now + 999)
    #expect(seen() == [])
    hub.advance(to: hub.now + 1)
    #expect(hub.hasOutput)
    #expect(seen() == ["gap unsent a,b 3"])
    hub.layer(.gap(LayerGap(.unsent, [Name("c")], count: 1)))
    #expect(seen() == [])
    hub.tellGaps(isLast: true)
    #expect(seen() == ["gap unsent c 1"])
  }

  @Test func `gaps are told, but the log only now and then`() throws {
    for _ in 0..<5 {
      hub.layer(.gap(LayerGap(.unknown, [Name("a")], count: 1)))
      #expect(seen().first == "gap unknown a 1")
      hub.advance(to: hub.now + 1_000)
    }
    hub.layer(.gap(LayerGap(.unknown, [Name("a")], count: 1)))
    #expect(seen() == ["gap unknown a 1"])
    // Another kind has a log of its own.
    hub.layer(.gap(LayerGap(.full, [Name("a")], count: 1)))
    #expect(seen() == ["gap full a 1", "log layer.gap"])
    hub.advance(to: hub.now + RareLog.gapMilliseconds)
    hub.layer(.gap(LayerGap(.unknown, [Name("a")], count: 1)))
    #expect(seen() == ["gap unknown a 1", "log layer.gap"])
    #expect(count(.unknown) == 7)
  }

  @Test func `what a layer counts and logs is passed on`() throws {
    hub.layer(.counted(.published, 3))
    hub.layer(.counted(.published, 4))
    hub.layer(.log(LogRecord(.warning, .layerForeign, "odd")))
    #expect(count(.published) == 7)
    #expect(seen() == ["log layer.foreign"])
  }
}
