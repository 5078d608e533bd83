import Foundation
import Testing

@testable import CoveyCore

/// What a person reads who wonders.
struct ReportTests {
  private func report(_ hub: Hub) throws -> [String: Any] {
    let json = hub.report(
      version: "1.2.3", wallTime: 1_795_253_400_000_000, uptimeMilliseconds: 1500
    ).json
    return try #require(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
  }

  private func list(_ name: String, _ hub: Hub) throws -> [[String: Any]] {
    try #require(try report(hub)[name] as? [[String: Any]])
  }

  @Test func `an idle server's report is whole`() throws {
    let report = try report(try Hub.public())
    #expect(report["version"] as? String == "1.2.3")
    #expect(report["state"] as? String == "running")
    #expect(report["time"] as? String == "2026-11-21T09:30:00.000Z")
    #expect(report["uptime"] as? Double == 1.5)
    #expect((report["consumers"] as? [Any])?.isEmpty == true)
    #expect((report["groups"] as? [Any])?.isEmpty == true)
    #expect((report["endings"] as? [Any])?.isEmpty == true)
    let statistics = try #require(report["statistics"] as? [String: Any])
    #expect(statistics["consumers"] as? Int == 0)
    #expect(statistics["endings_too_fast"] as? Int == 0)
    #expect(statistics["limits_address_rate"] as? Int == 0)
  }

  @Test func `a consumer is told with what is known of it`() throws {
    let hub = try Hub.public()
    hub.now = 1000
    let id = hub.connect()
    try hub.add(id, to: Name("a"))
    try hub.add(id, to: Name("b"))
    try hub.setUser("ada", of: id)
    try hub.send(.text, Array("hello".utf8).span, to: id)
    hub.now = 3250
    let told = try #require(try list("consumers", hub).first)
    #expect(told["id"] as? String == "\(id.raw)")
    #expect(told["channel"] as? String == "ws/")
    #expect(told["peer"] as? String == "")
    #expect(told["user"] as? String == "ada")
    #expect(told["state"] as? String == "open")
    #expect(told["age"] as? Double == 2.25)
    #expect(told["groups"] as? Int == 2)
    #expect(told["queued_bytes"] as? Int == 7)
    hub.stop(.goingAway)
    #expect(try list("consumers", hub).first?["state"] as? String == "closing")
    #expect(try report(hub)["state"] as? String == "stopping")
  }

  @Test func `one that nobody knows has no user`() throws {
    let hub = try Hub.public()
    _ = hub.connect()
    #expect(try list("consumers", hub).first?["user"] is NSNull)
  }

  @Test func `those with most queued come first, and a thousand of them`() throws {
    let hub = try Hub.public()
    let ids = (0..<1500).map { _ in hub.connect() }
    for (position, id) in ids.enumerated().suffix(3) {
      try hub.send(.text, [UInt8](repeating: 120, count: position).span, to: id)
    }
    let told = try list("consumers", hub)
    #expect(told.count == Limits.reportedMax)
    let first = told.prefix(4).compactMap { $0["id"] as? String }
    #expect(first == [ids[1499], ids[1498], ids[1497], ids[0]].map { "\($0.raw)" })
  }

  @Test func `the largest groups come first, and a thousand of them`() throws {
    let hub = try Hub.public()
    let ids = (0..<10).map { _ in hub.connect() }
    for number in 0..<1200 { try hub.add(ids[number / 200], to: Name("g\(number)")) }
    for id in ids { try hub.add(id, to: Name("all")) }
    let told = try list("groups", hub)
    #expect(told.count == Limits.reportedMax)
    #expect(told.first?["name"] as? String == "all")
    #expect(told.first?["members"] as? Int == 10)
  }

  @Test func `an ending is told with when, who and why`() throws {
    let hub = try Hub.public()
    hub.now = 1000
    let id = hub.connect()
    try hub.setUser("ada", of: id)
    hub.now = 5500
    try hub.close(id, CloseCode(rawValue: 4001), reason: Array("say \"why\"\n".utf8))
    hub.end(id)
    hub.now = 7500
    let told = try #require(try list("endings", hub).first)
    #expect(told["time"] as? String == "2026-11-21T09:29:58.000Z")
    #expect(told["id"] as? String == "\(id.raw)")
    #expect(told["channel"] as? String == "ws/")
    #expect(told["user"] as? String == "ada")
    #expect(told["cause"] as? String == "host")
    #expect(told["code"] as? Int == 4001)
    #expect(told["reason"] as? String == "say \"why\"\n")
    #expect(told["clean"] as? Bool == false)
    #expect(told["age"] as? Double == 4.5)
  }

  @Test(arguments: [[0xFF], [0xC3], [0x22, 0x80, 0x5C], [0, 1, 0x1F, 0x7F], [0xED, 0xA0, 0x80]])
  func `bytes that are no text cannot break it`(_ bytes: [UInt8]) throws {
    let hub = try Hub.public()
    let id = hub.connect()
    try hub.add(id, to: Name(bytes))
    try hub.close(id, .normal, reason: bytes)
    let other = hub.connect()
    try hub.add(other, to: Name(bytes))
    hub.end(id)
    let expected = String(decoding: bytes, as: UTF8.self)
    #expect(try list("endings", hub).first?["reason"] as? String == expected)
    #expect(try list("groups", hub).first?["name"] as? String == expected)
  }

  @Test func `as many endings are kept as the host says, the newest first`() throws {
    var limits = Limits()
    limits.endingsKept = 2
    let hub = Hub(limits: limits, token: 1, secret: Secret(1, 2))
    let channel = Channel(pattern: try Pattern("ws/"), origins: try OriginRules([]))
    channel.isPublic = true
    _ = try hub.register(channel)
    let ids = (0..<3).map { _ in hub.connect() }
    for id in ids { hub.end(id) }
    let told = try list("endings", hub).compactMap { $0["id"] as? String }
    #expect(told == ["\(ids[2].raw)", "\(ids[1].raw)"])
  }
}
