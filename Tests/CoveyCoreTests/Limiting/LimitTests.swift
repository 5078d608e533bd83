import Testing

@testable import CoveyCore

/// That the host is told when a limit is reached, and how often.
struct LimitTests {
  @Test func `each limit is told once a turn, and counts all`() {
    check(
      """
      limits connections=1 groups=1
      channel ws/ accepts
      A connects /ws/ & B connects /ws/ & C connects /ws/
      reached                   => connections nobody 1 2
      host adds A g             => nothing
      host adds A h & host adds A i => host: full ; host: full
      reached                   => groups A 1 2
      host adds A k             => host: full
      reached                   => groups A 1 3
      statistics limit-groups limit-connections => connections 2 ; groups 3
      """)
  }

  @Test func `a message that is too large is told`() {
    check(
      """
      limits message=10
      channel ws/ accepts hears
      A connects /ws/
      A sends 10 bytes          => A says "xxxxxxxxxx"
      A sends 11 bytes          => A: close 1009
      reached                   => message A 10 1
      """)
  }

  @Test func `a reader that is too slow is told, and logged once in ten seconds`() {
    check(
      """
      limits outbox=9
      channel ws/ accepts drops=newest
      A connects /ws/ & A blocks
      host sends A "1" & host sends A "2" & host sends A "3" => nothing
      logs                      => 0
      host sends A "4" & host sends A "5" & host sends A "6" & host sends A "7"
      host sends A "8"
      logs                      => 1
      reached                   => outbox A 9 4 ; outbox A 9 5
      +10000ms
      host sends A "9"
      logs                      => 1
      reached                   => outbox A 9 6
      """)
  }

  @Test func `addresses have a limit at a time, and one a second`() {
    var limits = Limits()
    limits.connectionsPerAddressMax = 2
    limits.connectsPerAddress = Rate(perSecond: 1, burst: 3)
    let hub = Hub(limits: limits, token: 1, secret: Secret(1, 2))
    let address = Array("10.0.0.1".utf8)
    #expect(hub.accepts(address: address, connections: 1))
    #expect(!hub.accepts(address: address, connections: 2))
    #expect(hub.accepts(address: address, connections: 0))
    #expect(hub.accepts(address: address, connections: 0))
    #expect(!hub.accepts(address: address, connections: 0))
    hub.now = 1000
    #expect(hub.accepts(address: address, connections: 0))
    #expect(hub.accepts(address: [], connections: 0))
    hub.endTurn()
    var told: [String] = []
    for case .limit(let reached) in hub.takeEffects() {
      told.append("\(reached.limit) \(reached.maximum) \(reached.count) \(reached.peer == address)")
    }
    #expect(told == ["address 2 1 true", "addressRate 1 1 true"])
    #expect(hub.statistics.connectionsDropped == 0)
  }

  @Test func `memory that fills again before the turn is over counts once`() throws {
    var limits = Limits()
    limits.memoryBytesMax = 100
    let hub = try Hub.public(limits)
    let message = [UInt8](repeating: 1, count: 150)
    var counts: [UInt64] = []
    // How often room was made in each turn.
    for times in [2, 1, 0, 3] {
      let ids = (0..<times).map { _ in hub.connect() }
      hub.beginTurn()
      for id in ids {
        try hub.send(.binary, message.span, to: id)
        hub.endTurn()
        #expect(!hub.isReachable(id))
        hub.end(id)
      }
      hub.endTurn()
      counts.append(hub.statistics.count(.memory))
    }
    #expect(counts == [1, 2, 2, 3])
    #expect(hub.statistics.count(.shed) == 6)
  }

  @Test func `a full mailbox is told with all that it refused`() {
    let hub = Hub(limits: Limits(), token: 1, secret: Secret(1, 2))
    hub.countMailboxFull(5, maximum: 64)
    hub.endTurn()
    var counts: [UInt64] = []
    for case .limit(let reached) in hub.takeEffects() { counts.append(reached.count) }
    #expect(counts == [5])
  }

  @Test func `calls past their limit are told`() {
    checkContext(
      """
      limits calls=1
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann own
      A sends {"callId":1,"action":"echo","params":[]}
      A sends {"callId":2,"action":"echo","params":[]}
        ...
      reached
        host: calls A 1 1
      """)
  }
}
