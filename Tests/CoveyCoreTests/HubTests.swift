import Testing

@testable import CoveyCore

extension Hub {
  /// A hub with one public channel.
  static func `public`(_ limits: Limits = Limits()) throws -> Hub {
    let hub = Hub(limits: limits, token: 1, secret: Secret(1, 2))
    let channel = Channel(pattern: try Pattern("ws/"), origins: try OriginRules([]))
    channel.isPublic = true
    _ = try hub.register(channel)
    return hub
  }

  /// Connects to it.
  func connect() -> ConsumerID {
    var opening = Opening()
    opening.path = Array("/ws/".utf8)
    opening.version = Array("13".utf8)
    opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    opening.host = Array("h".utf8)
    guard case .admit(let id) = open(opening) else { return ConsumerID(raw: 0) }
    _ = answer(id)
    upgraded(id)
    return id
  }

  /// Ends a connection and all that follows.
  func end(_ id: ConsumerID) {
    gone(id)
    release(id)
    _ = takeEffects()
  }
}

/// Who an id names, and for how long.
struct HubTests {
  @Test func `ids are never used again, however often slots are`() throws {
    let hub = try Hub.public()
    var seen: Set<ConsumerID> = []
    var previous = ConsumerID(raw: 0)
    for round in 0..<100_000 {
      let id = hub.connect()
      guard id.slot == 0, seen.insert(id).inserted, !hub.isReachable(previous) else {
        Issue.record("round \(round): \(id.raw)")
        return
      }
      hub.end(id)
      previous = id
    }
    #expect(hub.statistics.connectionsAccepted == 100_000)
  }

  @Test func `a stale id is gone for every call`() throws {
    let hub = try Hub.public()
    let stale = hub.connect()
    hub.end(stale)
    let current = hub.connect()
    #expect(current.slot == stale.slot)
    let empty: [UInt8] = []
    for id in [stale, ConsumerID(raw: 0), ConsumerID(raw: .max), ConsumerID(raw: stale.raw + 1)] {
      let calls: [() throws -> Void] = [
        { try hub.send(Frame(.text, empty.span), to: id) },
        { try hub.send(.text, empty.span, to: id) },
        { try hub.close(id, .normal, reason: []) },
        { try hub.accept(id, subprotocol: nil) },
        { try hub.reject(id, status: 403, code: nil) },
        { try hub.add(id, to: Name("g")) },
        { try hub.discard(id, from: Name("g")) },
        { try hub.setUser("x", of: id) },
      ]
      for (position, call) in calls.enumerated() {
        let failure = #expect(throws: Failure.self, "call \(position)") { try call() }
        #expect(failure?.kind == .gone, "call \(position)")
      }
      checkIsUnknown(hub, id)
    }
    #expect(hub.isReachable(current))
    #expect(!hub.hasEffects || hub.statistics.consumers == 1)
  }

  private func checkIsUnknown(_ hub: Hub, _ id: ConsumerID) {
    #expect(hub.channel(of: id) == nil)
    #expect(hub.request(of: id) == nil)
    #expect(hub.user(of: id) == nil)
    #expect(!hub.isReachable(id))
    #expect(!hub.isUndecided(id))
    #expect(hub.parameter("x", of: id) == nil)
    let piece = Piece(kind: .text, isFirst: true, isLast: true, remaining: 0)
    let empty: [UInt8] = []
    if case .deliver = hub.received(id, piece, empty.span) { Issue.record("delivered") }
    #expect(!hub.peerClosed(id, []))
    #expect(hub.answer(id) == .refuse(status: 403))
    hub.upgraded(id)
    hub.drained(id)
    hub.ponged(id)
    hub.gone(id)
    hub.release(id)
    #expect(hub.statistics.consumers == 1)
  }

  @Test func `the id 0 names nobody, also when the first slot is free`() throws {
    let hub = try Hub.public()
    let first = hub.connect()
    let second = hub.connect()
    hub.end(first)
    let nobody = ConsumerID(raw: 0)
    #expect(hub.channel(of: nobody) == nil)
    #expect(hub.user(of: nobody) == nil)
    #expect(!hub.isReachable(nobody))
    #expect(hub.isReachable(second))
  }

  @Test func `ids of servers with other tokens begin elsewhere`() throws {
    let ids = try [UInt64(1), 1 << 40, .max].map { token in
      let hub = Hub(limits: Limits(), token: token, secret: Secret(1, 2))
      let channel = Channel(pattern: try Pattern("ws/"), origins: try OriginRules([]))
      channel.isPublic = true
      _ = try hub.register(channel)
      return hub.connect()
    }
    #expect(Set(ids).count == 3)
    #expect(ids.allSatisfy { $0.raw >> 24 != 0 && $0.slot == 0 })
  }
}
