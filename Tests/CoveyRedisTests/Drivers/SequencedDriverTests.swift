#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import Testing

  struct SequencedDriverTests {
    private static let url = "redis://h"
    private static let said = #"{"type":"t","n":1}"#

    private func publish(_ redis: PlayedRedis, to group: String) throws {
      redis.perform(.publish(.event(try event(Self.said, Self.url)), group: Name(group)))
    }

    private func live(_ group: String, _ number: Int, by sender: String = "00000000000000e1")
      -> RedisReply
    {
      push("covey:live:g:\(group)", Array("7 \(number) \(sender) \(number) e\(Self.said)".utf8))
    }

    @Test func `what was not answered is sent again, under the same numbers`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.begin()
      try publish(redis, to: "a")
      try publish(redis, to: "b")
      let first = redis.commands
      #expect(first.count == 2)
      redis.reply(.number(1))
      redis.disconnect()
      #expect(redis.gaps == [])
      redis.connect()
      // The same, but that it follows none now.
      let again = Array(first[1].dropLast()) + ["0"]
      while redis.commands.first != again, let command = redis.commands.first {
        redis.reply(PlayedRedis.answer(command, []))
      }
      #expect(redis.commands.filter { $0.dropLast() == first[0].dropLast() } == [])
      redis.settle()
      #expect(redis.count(.published) == 2)
    }

    @Test func `a letter waits for the one before it, and not for one that was refused`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.begin()
      for group in ["a", "b", "c"] { try publish(redis, to: group) }
      #expect(redis.commands.map { $0.last } == ["0", "1", "2"])
      redis.reply(.error("WRONGTYPE"))
      redis.reply(.error("EARLY its predecessor has not arrived"))
      redis.reply(.error("EARLY its predecessor has not arrived"))
      #expect(redis.givenUp == [] && redis.commands.map { $0.last } == ["0", "2"])
      #expect(redis.commands.map { $0[6] } == ["2", "3"])
      redis.settle()
      #expect(redis.count(.published) == 2)
      #expect(redis.gaps == [LayerGap(.unsent, [Name("a")], count: 1)])
      try publish(redis, to: "d")
      #expect(redis.commands.first?.last == "0")
    }

    @Test func `a letter that follows none and is called early is refused, not sent for ever`()
      throws
    {
      let redis = try PlayedRedis(Self.url)
      redis.begin()
      try publish(redis, to: "a")
      redis.reply(.error("EARLY its predecessor has not arrived"))
      #expect(redis.commands == [] && redis.givenUp == [])
      #expect(redis.gaps == [LayerGap(.unsent, [Name("a")], count: 1)])
    }

    @Test func `an answer that is none lets the letter be sent again`() throws {
      for nonsense: RedisReply in [.nothing, .bytes([1]), .list([])] {
        let redis = try PlayedRedis(Self.url)
        redis.begin()
        try publish(redis, to: "a")
        redis.reply(nonsense)
        #expect(redis.givenUp.count == 1)
        #expect(redis.count(.published) == 0)
        redis.begin()
        #expect(redis.count(.published) == 1)
        #expect(redis.gaps == [])
      }
    }

    @Test func `a script that was not loaded ends the session`() throws {
      for place in 0...1 {
        let redis = try PlayedRedis(Self.url)
        redis.connect()
        for _ in 0..<place { redis.reply(.bytes([0x61])) }
        redis.reply(.number(3))
        #expect(redis.givenUp.count == 1)
        redis.begin()
        #expect(redis.connections == 1)
      }
    }

    @Test func `a bus whose name is nonsense is no bus`() throws {
      for nonsense: RedisReply in [.nothing, .bytes(Array("xyz".utf8)), .number(1), .list([])] {
        let redis = try PlayedRedis(Self.url)
        redis.connect()
        while let command = redis.commands.first, command[0] != "GET" {
          redis.reply(PlayedRedis.answer(command, []))
        }
        redis.reply(nonsense)
        #expect(redis.givenUp == [#"key "covey:bus" is none of Covey's"#])
        #expect(redis.connections == 0)
      }
    }

    @Test func `letters come once, in order; nonsense between them is counted`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.perform(.join(Name("a")))
      redis.begin()
      redis.hear(live("a", 1))
      redis.hear(live("a", 1))
      redis.hear(push("covey:live:g:a", Array("no letter".utf8)))
      redis.hear(push("covey:live:g:a", Array("7 3 ".utf8)))
      redis.hear(live("a", 2))
      #expect(redis.received.count == 2)
      #expect(redis.count(.duplicates) == 1)
      #expect(redis.count(.foreign) == 2)
      #expect(redis.gaps == [])
    }

    @Test func `a log that cannot be read is a gap`() throws {
      let redis = try PlayedRedis(Self.url)
      redis.perform(.join(Name("a")))
      redis.begin()
      redis.hear(live("a", 1))
      redis.hear(live("a", 3))
      #expect(redis.commands.count == 1)
      redis.reply(.error("WRONGTYPE Operation against a key"))
      #expect(redis.gaps == [LayerGap(.missed, [Name("a")])])
      redis.hear(live("a", 4))
      #expect(redis.received.count == 3)
    }
  }
#endif
