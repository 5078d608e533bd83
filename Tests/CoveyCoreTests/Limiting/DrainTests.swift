import Testing

@testable import CoveyCore

/// How a server empties itself, and how the host sees it go on.
struct DrainTests {
  private func hub(_ count: Int) throws -> Hub {
    var limits = Limits()
    limits.pingIntervalMilliseconds = nil
    limits.silenceTimeoutMilliseconds = nil
    let hub = Hub(limits: limits, token: 3, secret: Secret(5, 6))
    let channel = Channel(pattern: try Pattern("ws/"), origins: try OriginRules([]))
    channel.isPublic = true
    _ = try hub.register(channel)
    var opening = Opening()
    opening.path = Array("/ws/".utf8)
    opening.version = Array("13".utf8)
    opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    opening.host = Array("h".utf8)
    for _ in 0..<count {
      guard case .admit(let id) = hub.open(opening) else { continue }
      _ = hub.answer(id)
      hub.upgraded(id)
    }
    _ = hub.takeEffects()
    return hub
  }

  @Test func `everybody ends within the window, as many in each part of it`() throws {
    let hub = try hub(10_000)
    hub.now = 500
    hub.drain(over: 10_000)
    #expect(hub.isDraining)
    var parts = [Int](repeating: 0, count: 10)
    for time in UInt64(500)...10_500 {
      hub.advance(to: time)
      for effect in hub.takeEffects() {
        guard case .phase(_, .closing) = effect else { continue }
        parts[min(9, Int(time - 500) / 1000)] += 1
      }
    }
    #expect(parts.reduce(0, +) == 10_000)
    // Three standard deviations of a thousand each.
    #expect(parts.allSatisfy { (905...1095).contains($0) }, "\(parts)")
  }

  @Test func `no moment of a short window has many more than the others`() throws {
    let hub = try hub(5000)
    hub.drain(over: 1000)
    var most = 0
    for time in UInt64(0)...1000 {
      hub.advance(to: time)
      var ended = 0
      for case .phase(_, .closing) in hub.takeEffects() { ended += 1 }
      most = max(most, ended)
    }
    #expect(most <= 20)
  }

  @Test func `the host is told at the beginning, ten times a second, and at the end`() {
    check(
      """
      limits ping=off silence=off
      channel ws/ accepts
      A connects /ws/ & B connects /ws/
      drain 1000                => nothing
      reached                   => 2 of 2
      +250ms
      reached                   => 2 of 2 ; 2 of 2
      C connects /ws/           => C: 503
      A vanishes                => A: gone lost 1006
      +100ms
      reached                   => 1 of 2
      +900ms                    => B: close 1012
      B closes 1012             => B: gone stopped 1012 clean ; stopped
      reached                   => 1 of 2 ; 1 of 2 ; 1 of 2 ; 1 of 2 ; 1 of 2 ; 1 of 2 ; \
      1 of 2 ; 1 of 2 ; 1 of 2 ; 0 of 2
      """)
  }

  @Test func `without anybody it is over at once`() {
    check(
      """
      channel ws/ accepts
      drain 1000                => stopped
      reached                   => 0 of 0
      """)
  }

  @Test func `a stop ends a drain`() {
    check(
      """
      limits ping=off silence=off
      channel ws/ accepts
      A connects /ws/
      drain 60000 & stop 1001   => A: close 1001
      A closes 1001             => A: gone stopped 1001 clean ; stopped
      reached                   => 1 of 1 ; 0 of 1
      """)
  }

  @Test func `who does not go is given up, and the end is told`() {
    check(
      """
      limits ping=off silence=off
      channel ws/ accepts
      A connects /ws/ & A blocks & host sends A "x"
      drain 0                   => nothing
      +20s                      => A: gone stopped 1012 ; stopped
      """)
  }
}
