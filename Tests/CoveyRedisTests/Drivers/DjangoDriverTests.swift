#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import Testing

  /// What the drivers for Django Channels lose, they tell; what may have arrived, they do not
  /// repeat.
  struct DjangoDriverTests {
    private static let pubSub = "redis+django-pubsub://h"
    private static let mailbox = "redis+django://h"
    private static let both = [pubSub, mailbox]
    private static let said = #"{"type":"t","n":1}"#

    private func publish(
      _ redis: PlayedRedis, _ url: String, to group: String, _ json: String = said
    ) throws {
      redis.perform(.publish(.event(try event(json, url)), group: Name(group)))
    }

    /// Answers all but what publishes.
    private func answerOthers(_ redis: PlayedRedis) {
      while let command = redis.commands.first,
        command[0] != "PUBLISH", command[0] != "EVALSHA"
      { redis.reply(PlayedRedis.answer(command, redis.members)) }
    }

    @Test(arguments: both)
    func `what left without an answer is unknown, by its groups, and not repeated`(
      url: String
    ) throws {
      let redis = try PlayedRedis(url)
      redis.members = ["specific.other!x"]
      redis.begin()
      try publish(redis, url, to: "answered")
      redis.settle()
      try publish(redis, url, to: "a")
      answerOthers(redis)
      try publish(redis, url, to: "b")
      // The mailbox asks who is in b, which has not left then.
      let published = redis.history.count { $0[0] == "PUBLISH" || $0[0] == "EVALSHA" }
      redis.disconnect()
      let gaps = redis.gaps
      let lost = url == Self.pubSub ? [Name("a"), Name("b")] : [Name("a")]
      #expect(gaps == [LayerGap(.unknown, lost, count: UInt64(lost.count))])
      #expect(published == 1 + lost.count)
      redis.begin()
      let again = redis.history.count { $0[0] == "PUBLISH" || $0[0] == "EVALSHA" } - published
      #expect(again == (url == Self.pubSub ? 0 : 1))
      #expect(redis.gaps == gaps)
    }

    @Test(arguments: both)
    func `who was in a group while the bus was away has missed something`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.perform(.join(Name("before")))
      redis.begin()
      redis.disconnect()
      redis.perform(.join(Name("meanwhile")))
      redis.begin()
      #expect(redis.gaps.map(\.kind) == [.missed])
      #expect(Set(redis.gaps[0].groups) == [Name("before"), Name("meanwhile")])
      redis.forget()
      redis.perform(.join(Name("after")))
      redis.settle()
      #expect(redis.gaps == [])
    }

    @Test(arguments: both)
    func `nonsense instead of an answer does not pass for success`(url: String) throws {
      for nonsense: RedisReply in [.nothing, .bytes([1]), .list([.number(1)]), .number(-1)] {
        let redis = try PlayedRedis(url)
        redis.members = ["specific.other!x"]
        redis.begin()
        try publish(redis, url, to: "a")
        answerOthers(redis)
        redis.reply(nonsense)
        redis.settle()
        #expect(redis.gaps == [LayerGap(.unknown, [Name("a")], count: 1)], "\(nonsense)")
        #expect(redis.count(.published) == 0)
        #expect(redis.count(.foreign) == 1)
      }
    }

    // MARK: pub/sub

    @Test func `what a process publishes itself is not delivered to it again`() throws {
      let redis = try PlayedRedis(Self.pubSub)
      redis.perform(.join(Name("a")))
      redis.begin()
      try publish(redis, Self.pubSub, to: "a")
      redis.perform(.publish(.message(.text, Array("hi".utf8)), group: Name("a")))
      var bodies: [(String, [UInt8])] = []
      // The text of a command is not its bytes: they are taken as they leave.
      let driver = try PlayedRedis(Self.pubSub).driver
      driver.connected()
      driver.perform(.publish(.event(try event(Self.said, Self.pubSub)), group: Name("a")))
      driver.perform(.publish(.message(.text, Array("hi".utf8)), group: Name("a")))
      for case .command(let command) in driver.outputs {
        bodies.append((String(decoding: command[1], as: UTF8.self), command[2]))
      }
      #expect(bodies.count == 2)
      for (channel, body) in bodies { redis.hear(push(channel, body)) }
      #expect(redis.received == [])
      #expect(redis.count(.foreign) == 0)
      // From another process they are: its token is another.
      for (channel, body) in bodies {
        let (mine, theirs) = ("covey.00000000000000c0", "covey.00000000000000c1")
        let other = body.replacing(Array(mine.utf8), with: Array(theirs.utf8))
        redis.hear(push(channel, other))
      }
      #expect(redis.received == ["a: \(Self.said)", "a: text hi"])
    }

    @Test func `a type of Django's that looks like a mark is none`() throws {
      let redis = try PlayedRedis(Self.pubSub)
      redis.perform(.join(Name("a")))
      redis.begin()
      for type in ["covey.00000000000000c0", "covey.00000000000000c1", "covey.x", "covey."] {
        let json = #"{"type":"\#(type)","n":1}"#
        let packed = try MessagePack.pack(json: Array(json.utf8))
        redis.hear(push("asgi__group__a", packed))
        #expect(redis.received.last == "a: \(json)")
      }
      #expect(redis.received.count == 4)
    }

    @Test func `a subscription that fails ends the session`() throws {
      let redis = try PlayedRedis(Self.pubSub)
      redis.begin()
      redis.perform(.join(Name("a")))
      redis.hear(.error("NOPERM this user has no permissions"))
      #expect(redis.givenUp == ["NOPERM this user has no permissions"])
      #expect(redis.count(.errors) == 1)
    }

    // MARK: mailboxes

    private func letter(_ prefix: UInt8, _ json: String, to names: [String]) throws -> [UInt8] {
      let packed = try MessagePack.pack(json: Array(json.utf8))
      let body = try #require(
        MessagePack.appending(
          key: Inbox.namesKey, strings: names.map { Array($0.utf8) }, asArray: true, to: packed))
      return [UInt8](repeating: prefix, count: 12) + body
    }

    private func popped(_ letter: [UInt8]) -> RedisReply {
      .list([.bytes(Array("key".utf8)), .bytes(letter), .bytes(Array("1.5".utf8))])
    }

    @Test func `a letter that comes twice is delivered once`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.perform(.join(Name("a")))
      redis.begin()
      let own = try #require(redis.history.first { $0[0] == "ZADD" }?.last)
      redis.hear(popped(try letter(1, Self.said, to: [own])))
      redis.hear(.list([.bytes(try letter(1, Self.said, to: [own])), .bytes([0x31])]))
      redis.hear(popped(try letter(2, Self.said, to: [own])))
      redis.hear(.list([]))
      #expect(redis.received.count == 2)
      #expect(redis.count(.duplicates) == 1)
      #expect(redis.count(.foreign) == 0)
    }

    @Test func `what waits in a mailbox is handed on together`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.perform(.join(Name("a")))
      redis.begin()
      let own = try #require(redis.history.first { $0[0] == "ZADD" }?.last)
      redis.hear(popped(try letter(1, Self.said, to: [own])))
      #expect(redis.received.isEmpty && redis.listens.last?.first == "ZPOPMIN")
      redis.hear(.list([.bytes(try letter(2, Self.said, to: [own])), .bytes([0x31])]))
      #expect(redis.received.count == 2 && redis.listens.last?.first == "BZPOPMIN")
    }

    @Test(arguments: [false, true])
    func `a letter that was taken alone is not lost with the connection`(isError: Bool) throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.perform(.join(Name("a")))
      redis.begin()
      let own = try #require(redis.history.first { $0[0] == "ZADD" }?.last)
      redis.hear(popped(try letter(1, Self.said, to: [own])))
      if isError { redis.hear(.error("WRONGTYPE")) } else { redis.disconnect() }
      #expect(redis.received.count == 1)
    }

    @Test func `who emptied Redis is noticed by the next beat, and told`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.perform(.join(Name("a")))
      redis.perform(.join(Name("b")))
      redis.begin()
      redis.beat()
      #expect(redis.commands.map { $0[0] } == ["ZSCORE"])
      redis.reply(.nothing)
      while let command = redis.commands.first {
        redis.reply(command[0] == "ZADD" ? .number(1) : .number(1))
      }
      #expect(redis.gaps.allSatisfy { $0.kind == .missed && $0.count == 0 })
      #expect(Set(redis.gaps.flatMap(\.groups)) == [Name("a"), Name("b")])
      redis.forget()
      redis.beat()
      redis.settle()
      #expect(redis.gaps == [])
    }

    @Test func `a membership that was lost is renewed, and told`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.perform(.join(Name("a")))
      redis.perform(.join(Name("b")))
      redis.begin()
      redis.beat(after: 31_000)
      while let command = redis.commands.first {
        redis.reply(.number(command[0] == "ZADD" && command[1].hasSuffix("b") ? 1 : 0))
      }
      #expect(redis.gaps == [LayerGap(.missed, [Name("b")])])
    }

    @Test func `memberships are renewed well before others drop them`() throws {
      let redis = try PlayedRedis("redis+django://h?group_expiry=20")
      redis.perform(.join(Name("a")))
      redis.begin()
      let joined = redis.history.count { $0[0] == "ZADD" }
      for _ in 0..<8 {
        redis.beat()
        redis.settle()
      }
      #expect(redis.history.count { $0[0] == "ZADD" } >= joined + 2)
    }

    @Test func `a group whose key is another's is told`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.begin()
      redis.perform(.join(Name("a")))
      redis.reply(.error("WRONGTYPE Operation against a key"))
      #expect(redis.gaps == [LayerGap(.missed, [Name("a")])])
      #expect(redis.isUp)
    }

    @Test func `who slept for longer than letters wait is told`() throws {
      let redis = try PlayedRedis("redis+django://h?expiry=10")
      redis.perform(.join(Name("a")))
      redis.begin()
      redis.beat()
      redis.settle()
      #expect(redis.gaps == [])
      redis.beat(after: 9_000)
      #expect(redis.gaps == [LayerGap(.missed, [Name("a")])])
    }

    @Test func `members that are no names lose the message in no silence`() throws {
      for nonsense: RedisReply in [.nothing, .number(1), .bytes([1]), .list([.number(1)])] {
        let redis = try PlayedRedis(Self.mailbox)
        redis.begin()
        try publish(redis, Self.mailbox, to: "a")
        #expect(redis.commands.map { $0[0] } == ["ZREMRANGEBYSCORE", "ZRANGE"])
        redis.reply(.number(0))
        redis.reply(nonsense)
        #expect(redis.gaps == [LayerGap(.unsent, [Name("a")], count: 1)])
      }
    }

    @Test func `a script that was not loaded ends the session`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      try publish(redis, Self.mailbox, to: "a")
      redis.connect()
      redis.reply(.nothing)
      #expect(redis.givenUp.count == 1)
      redis.begin()
      #expect(redis.gaps == [])
      #expect(redis.connections == 1)
    }

    @Test func `a mailbox that cannot be read is tried again at each beat`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.begin()
      #expect(redis.listens.count == 1)
      redis.hear(.error("WRONGTYPE Operation against a key"))
      #expect(redis.listens.count == 1)
      redis.beat()
      #expect(redis.listens.count == 2)
      redis.hear(.nothing)
      #expect(redis.listens.count == 3)
      // What nobody asked for is not answered by another question.
      redis.hear(.error("WRONGTYPE Operation against a key"))
      redis.hear(.nothing)
      #expect(redis.listens.count == 3)
    }

    @Test func `letters of one microsecond, or of a clock that steps back, stay in order`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.members = ["specific.other!x"]
      redis.begin()
      for _ in 0..<3 {
        try publish(redis, Self.mailbox, to: "a")
        redis.settle()
        redis.driver.now.microseconds -= 500_000
        try publish(redis, Self.mailbox, to: "a")
        redis.settle()
      }
      let times = redis.history.filter { $0[0] == "EVALSHA" }.compactMap { Double($0[4]) }
      #expect(times.count == 6)
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `a full mailbox is told with the group`() throws {
      let redis = try PlayedRedis(Self.mailbox)
      redis.members = ["specific.other!x", "specific.more!y"]
      redis.begin()
      try publish(redis, Self.mailbox, to: "a")
      while let command = redis.commands.first, command[0] != "EVALSHA" {
        redis.reply(PlayedRedis.answer(command, redis.members))
      }
      redis.reply(.number(2))
      #expect(redis.gaps == [LayerGap(.full, [Name("a")], count: 2)])
    }
  }
#endif
