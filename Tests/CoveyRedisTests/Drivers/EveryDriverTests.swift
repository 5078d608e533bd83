#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import Testing

  /// What all drivers have in common.
  struct EveryDriverTests {
    private static let said = #"{"type":"t","n":1}"#

    private func publish(_ redis: PlayedRedis, _ url: String, to group: String) throws {
      redis.perform(.publish(.event(try event(Self.said, url)), group: Name(group)))
    }

    @Test(arguments: drivers)
    func `what waits while the bus is away leaves when it is back`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.members = ["specific.other!x"]
      try publish(redis, url, to: "a")
      try publish(redis, url, to: "b")
      redis.begin()
      #expect(redis.connections == 1)
      #expect(redis.count(.published) == 2)
      #expect(redis.gaps == [])
    }

    @Test(arguments: drivers)
    func `more than the queue holds is told, and no more than that`(url: String) throws {
      let redis = try PlayedRedis(url, queueEntries: 2)
      redis.members = ["specific.other!x"]
      for group in ["a", "b", "c", "d"] { try publish(redis, url, to: group) }
      let lost = redis.gaps
      #expect(lost.allSatisfy { $0.kind == .unsent })
      #expect(lost.flatMap(\.groups) == [Name("c"), Name("d")])
      #expect(lost.reduce(0) { $0 + $1.count } == 2)
      redis.begin()
      #expect(redis.count(.published) == 2)
      redis.forget()
      // There is room again.
      try publish(redis, url, to: "e")
      redis.settle()
      #expect(redis.gaps == [])
      #expect(redis.count(.published) == 1)
    }

    @Test(arguments: drivers)
    func `a process that has just begun has missed nothing`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.perform(.join(Name("a")))
      redis.begin()
      #expect(redis.gaps == [])
      #expect(redis.connections == 1)
    }

    @Test(arguments: drivers)
    func `a group left before it was subscribed says nothing, and can be joined again`(
      url: String
    ) throws {
      let redis = try PlayedRedis(url)
      redis.begin()
      redis.perform(.join(Name("a")))
      redis.perform(.leave(Name("a")))
      redis.perform(.join(Name("b")))
      redis.perform(.leave(Name("b")))
      redis.perform(.join(Name("b")))
      redis.settle()
      #expect(redis.gaps == [])
      redis.perform(.leave(Name("b")))
      redis.perform(.leave(Name("b")))
      redis.perform(.leave(Name("never")))
      redis.settle()
      redis.disconnect()
      redis.begin()
      #expect(redis.gaps == [])
      #expect(redis.givenUp == [])
    }

    @Test(arguments: drivers)
    func `what is left while the bus is away is not missed`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.perform(.join(Name("a")))
      redis.begin()
      redis.disconnect()
      redis.perform(.leave(Name("a")))
      redis.begin()
      #expect(redis.gaps == [])
    }

    @Test(arguments: drivers)
    func `a beat lets something be heard, and is answered`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.begin()
      for _ in 0..<40 {
        redis.beat()
        #expect(!redis.commands.isEmpty)
        redis.settle()
      }
      #expect(redis.gaps == [])
      #expect(redis.givenUp == [])
    }

    @Test(
      arguments: drivers,
      ["NOSCRIPT No matching script.", "LOADING in progress", "READONLY You can't write"])
    func `an error that passes gives up the session, which begins anew`(
      url: String, text: String
    ) throws {
      // At each command in turn.
      for place in 0..<12 {
        let redis = try PlayedRedis(url)
        redis.members = ["specific.other!x"]
        redis.perform(.join(Name("in")))
        try publish(redis, url, to: "out")
        redis.connect()
        for _ in 0..<place {
          guard let command = redis.commands.first else { break }
          redis.reply(PlayedRedis.answer(command, redis.members))
        }
        guard let command = redis.commands.first else { continue }
        redis.reply(.error(text))
        // A mailbox that beats tells whether it is read; nothing comes of its answer.
        guard command[0] != "ZSCORE" else { continue }
        #expect(redis.count(.errors) == 1)
        if command[0] == "EVALSHA" || command[0] == "PUBLISH" || command[0] == "SCRIPT" {
          #expect(!redis.givenUp.isEmpty, "\(command)")
        }
        if !redis.isUp { redis.begin() } else { redis.settle() }
        let told = redis.gaps.filter { $0.groups == [Name("out")] }.reduce(0) { $0 + $1.count }
        #expect(redis.count(.published) + told == 1, "\(command) of \(url)")
        if url == "redis://h" { #expect(told == 0) }
      }
    }

    @Test(arguments: drivers)
    func `what the bus refuses is told, and the rest goes on`(url: String) throws {
      let redis = try PlayedRedis(url)
      redis.members = ["specific.other!x"]
      redis.begin()
      try publish(redis, url, to: "bad")
      try publish(redis, url, to: "good")
      while let command = redis.commands.first {
        let isBad = command.contains { $0.hasSuffix("bad") }
        redis.reply(
          isBad ? .error("WRONGTYPE Operation") : PlayedRedis.answer(command, redis.members))
      }
      #expect(redis.gaps == [LayerGap(.unsent, [Name("bad")], count: 1)])
      #expect(redis.count(.published) == 1)
      #expect(redis.givenUp == [])
      #expect(redis.isUp)
    }

    @Test func `Redis before 7 says within what a script met`() {
      let said = "ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: "
      #expect(RedisErrors.isPassing(said + "-READONLY You can't write"))
      #expect(RedisErrors.isPassing(said + "-LOADING Redis is"))
      #expect(!RedisErrors.isPassing(said + "-WRONGTYPE Operation"))
      #expect(!RedisErrors.isPassing("ERR unknown command -READONLY"))
      #expect(RedisErrors.isPassing("READONLY You can't write"))
    }
  }
#endif
