#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import Testing

  /// What a driver of mailboxes sends at once, and what it makes of odd letters.
  struct MailboxDriverTests {
    private static let url = "redis+django://h"
    private static let said = #"{"type":"t","n":1}"#

    private func publish(_ redis: PlayedRedis, to group: String, _ json: String = said) throws {
      redis.perform(.publish(.event(try event(json, Self.url)), group: Name(group)))
    }

    private func big(_ number: Int, _ bytes: Int) -> String {
      #"{"type":"t","n":"event-\#(number)","x":"\#(String(repeating: "x", count: bytes))"}"#
    }

    /// Answers the oldest command as a sound Redis.
    private func answer(_ redis: PlayedRedis) {
      if let command = redis.commands.first {
        redis.reply(PlayedRedis.answer(command, redis.members))
      }
    }

    private func size(_ commands: [[String]]) -> Int {
      commands.joined().reduce(0) { $0 + $1.utf8.count }
    }

    /// By mailbox, which of the events that `big` makes were sent to it, in order.
    private func sent(_ redis: PlayedRedis) -> [String: [Int]] {
      var sent: [String: [Int]] = [:]
      for command in redis.history where command[0] == "EVALSHA" {
        let count = Int(command[2]) ?? 0
        for (key, body) in zip(command.dropFirst(3).prefix(count), command.suffix(count)) {
          guard let mark = body.prefix(80).firstRange(of: "event-") else { continue }
          sent[key, default: []].append(body[mark.upperBound...].first?.wholeNumberValue ?? -1)
        }
      }
      return sent
    }

    private func letter(_ prefix: UInt8, _ json: String, to names: [String]) throws -> [UInt8] {
      let packed = try MessagePack.pack(json: Array(json.utf8))
      let body = try #require(
        MessagePack.appending(
          key: Inbox.namesKey, strings: names.map { Array($0.utf8) }, asArray: true, to: packed))
      return [UInt8](repeating: prefix, count: 12) + body
    }

    private func hear(_ redis: PlayedRedis, _ letter: [UInt8]) {
      redis.hear(.list([.bytes([1]), .bytes(letter), .bytes([0x31])]))
      redis.hear(.list([]))
    }

    // MARK: what is sent

    @Test func `what is for many mailboxes is copied as it leaves, not at once`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.members = (0..<20).map { "specific.other\($0)!x" }
      redis.begin()
      for number in 0..<5 { try publish(redis, to: "a", big(number, 60_000)) }
      var largest = 0
      while !redis.commands.isEmpty {
        largest = max(largest, size(redis.commands))
        answer(redis)
      }
      #expect(largest < 3 << 19)
      #expect(largest > 1 << 19)
      let sent = sent(redis)
      #expect(sent.count == 20)
      #expect(sent.values.allSatisfy { $0 == [0, 1, 2, 3, 4] })
      #expect(redis.count(.published) == 5)
      #expect(redis.gaps == [])
      #expect(!redis.driver.isBusy)
    }

    @Test func `a message larger than all that may be on its way leaves alone`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.members = ["specific.other!x", "specific.more!x"]
      redis.begin()
      try publish(redis, to: "a", big(0, 2_000_000))
      answer(redis)
      answer(redis)
      #expect(redis.commands.map { $0[0] + $0[2] } == ["EVALSHA1"])
      redis.settle()
      #expect(sent(redis).values.allSatisfy { $0 == [0] })
      #expect(redis.count(.published) == 1)
    }

    @Test func `whom messages are for is asked of few at once`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.members = ["specific.other!x"]
      for number in 0..<200 { try publish(redis, to: "g\(number)") }
      redis.begin()
      redis.disconnect()
      #expect(redis.count(.published) == 200)
      for number in 0..<200 { try publish(redis, to: "g\(number)") }
      redis.connect()
      answer(redis)
      #expect(redis.commands.count { $0[0] == "ZRANGE" } == 64)
    }

    @Test func `many mailboxes are sent to in pieces, and a loss of several is told once`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.members = (0..<250).map { "specific.other\($0)!x" }
      redis.begin()
      try publish(redis, to: "a")
      answer(redis)
      answer(redis)
      #expect(redis.commands.map { $0[0] + $0[2] } == ["EVALSHA100", "EVALSHA100", "EVALSHA50"])
      redis.reply(.error("OOM command not allowed"))
      redis.reply(.error("OOM command not allowed"))
      #expect(redis.driver.isBusy)
      answer(redis)
      #expect(redis.gaps == [LayerGap(.unsent, [Name("a")], count: 1)])
      #expect(redis.count(.published) == 0)
      #expect(!redis.driver.isBusy)
    }

    @Test func `of what was sent in part the rest is not sent, and what was not is sent later`()
      throws
    {
      let redis = try PlayedRedis(Self.url, queueEntries: 3)
      redis.members = (0..<40).map { "specific.other\($0)!x" }
      redis.begin()
      for number in 0..<3 { try publish(redis, to: "g\(number)", big(number, 60_000)) }
      for _ in 0..<8 { answer(redis) }
      redis.disconnect()
      #expect(redis.gaps == [LayerGap(.unknown, [Name("g0")], count: 1)])
      // There is room for one again, and for no more.
      try publish(redis, to: "g3", big(3, 60_000))
      #expect(redis.gaps.count == 1)
      try publish(redis, to: "g4", big(4, 60_000))
      #expect(redis.gaps.last == LayerGap(.unsent, [Name("g4")], count: 1))
      redis.forget()
      redis.begin()
      #expect(redis.gaps == [])
      #expect(redis.count(.published) == 3)
      #expect(!redis.driver.isBusy)
      let sent = sent(redis)
      #expect(sent.values.allSatisfy { $0.suffix(3) == [1, 2, 3] })
      #expect(sent.values.contains { $0.count == 4 } && sent.values.contains { $0.count == 3 })
    }

    @Test(arguments: ["", "?key=secret"])
    func `without random bytes nothing leaves, and that is told`(options: String) throws {
      let redis = try PlayedRedis(Self.url + options)
      redis.members = ["specific.other!x"]
      redis.begin()
      redis.hasRandom = false
      try publish(redis, to: "a")
      redis.settle()
      #expect(redis.history.allSatisfy { $0[0] != "EVALSHA" })
      #expect(redis.gaps == [LayerGap(.unsent, [Name("a")], count: 1)])
      #expect(!redis.driver.isBusy)
      redis.hasRandom = true
      try publish(redis, to: "a")
      redis.settle()
      #expect(redis.count(.published) == 1)
    }

    @Test func `who stops tells what did not leave, and what may not have arrived`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.members = ["specific.other!x"]
      redis.perform(.join(Name("in")))
      redis.begin()
      try publish(redis, to: "sent")
      answer(redis)
      answer(redis)
      try publish(redis, to: "asked")
      try publish(redis, to: "asked")
      redis.forget()
      redis.driver.close()
      #expect(!redis.driver.isBusy)
      let reports: [LayerGap] = redis.driver.outputs.compactMap {
        if case .report(.gap(let gap)) = $0 { gap } else { nil }
      }
      #expect(
        reports == [
          LayerGap(.unsent, [Name("asked"), Name("asked")], count: 2),
          LayerGap(.unknown, [Name("sent")], count: 1),
        ])
      let goodbye: [String] = redis.driver.outputs.compactMap {
        if case .command(let command) = $0 {
          String(decoding: command[0], as: UTF8.self)
        } else {
          nil
        }
      }
      #expect(goodbye == ["ZREM", "DEL"])
      // Answers that still come are nobody's.
      for _ in 0..<8 { redis.reply(.number(0)) }
      #expect(redis.count(.published) == 0)
      #expect(!redis.driver.isBusy)
    }

    @Test func `who stops while the bus is away tells what waited`() throws {
      let redis = try PlayedRedis(Self.url)
      try publish(redis, to: "a")
      redis.driver.close()
      #expect(redis.driver.outputs.count == 1)
      guard case .report(.gap(let gap))? = redis.driver.outputs.first else {
        Issue.record("nothing was told")
        return
      }
      #expect(gap == LayerGap(.unsent, [Name("a")], count: 1))
      #expect(!redis.driver.isBusy)
    }

    // MARK: what is read

    @Test func `a letter is delivered once to whom it names often`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.perform(.join(Name("a")))
      redis.perform(.join(Name("b")))
      redis.begin()
      let own = redis.history.filter { $0[0] == "ZADD" }.compactMap(\.last)
      #expect(own.count == 2)
      let address = Address.of(ConsumerID(raw: 5), server: 0xC0)
      let names = (0..<100).flatMap { _ in own + [address] }
      hear(redis, try letter(1, Self.said, to: names))
      #expect(Set(redis.received) == ["a: \(Self.said)", "b: \(Self.said)", "5: \(Self.said)"])
      #expect(redis.received.count == 3)
    }

    @Test func `an event that is named like what Covey sends itself is an event`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.perform(.join(Name("a")))
      redis.begin()
      let own = try #require(redis.history.first { $0[0] == "ZADD" }?.last)
      let events = [
        #"{"type":"covey.message","parcel":"x"}"#, #"{"type":"covey.message","parcel":{"n":1}}"#,
        #"{"type":"covey.message","parcel":null,"n":1}"#, #"{"type":"covey.message"}"#,
      ]
      for (number, json) in events.enumerated() {
        hear(redis, try letter(UInt8(number), json, to: [own]))
      }
      #expect(redis.received == events.map { "a: \($0)" })
      #expect(redis.count(.foreign) == 0)
    }

    @Test func `a Redis that knows whole seconds alone is asked to wait for them`() throws {
      let redis = try PlayedRedis(Self.url, answerTimeoutMilliseconds: 500)
      redis.begin()
      #expect(redis.listens.map { $0[2] } == ["0.250"])
      redis.hear(.error("ERR timeout is not an integer or out of range"))
      #expect(redis.listens.map { $0[2] } == ["0.250", "1"])
      redis.hear(.nothing)
      redis.disconnect()
      redis.begin()
      #expect(redis.listens.map { $0[2] } == ["1"])
      #expect(redis.count(.errors) == 0)
    }
  }
#endif
