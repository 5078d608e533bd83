#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import SeededNumbers
  import Testing

  /// A Redis that answers whatever it likes: no trap, no stall, nothing lost in silence, and all is
  /// well again once it is sound.
  struct NonsenseTests {
    private static let rounds = 400
    private static let groups = ["a", "b", "c.d-e", "ü"]

    private func nonsense(_ numbers: inout SeededNumbers, depth: Int = 0) -> RedisReply {
      switch numbers.below(depth > 2 ? 6 : 8) {
      case 0: return .nothing
      case 1: return .number([0, 1, -1, .max, .min, 7][numbers.below(6)])
      case 2: return .error(["ERR no", "", "NOSCRIPT", "WRONGTYPE x"][numbers.below(4)])
      case 3:
        let words = [
          "message", "pmessage", "subscribe", "psubscribe", "unsubscribe", "covey:live:g:a",
          "asgi__group__a", "asgi__covey__a", "covey:live:p:00000000000000c0", "7 1 ", "OK", "",
          "18446744073709551615 18446744073709551615 00000000000000e1 1 e{}",
          "7 1 00000000000000e1 18446744073709551615 e{\"type\":\"t\"}", "99999999999999999999",
          "specific.covey00000000000000c0!00000000000000c1", "covey.00000000000000c1t",
        ]
        return .bytes(Array(words[numbers.below(words.count)].utf8))
      case 4, 5:
        return .bytes(
          (0..<numbers.below(40)).map { _ in UInt8.random(in: 0...255, using: &numbers) })
      default:
        return .list((0..<numbers.below(7)).map { _ in nonsense(&numbers, depth: depth + 1) })
      }
    }

    private func group(_ numbers: inout SeededNumbers) -> Name {
      Name(Self.groups[numbers.below(Self.groups.count)])
    }

    private func step(
      _ redis: PlayedRedis, _ url: String, _ numbers: inout SeededNumbers, _ sent: inout UInt64
    ) throws {
      switch numbers.below(12) {
      case 0: redis.perform(.join(group(&numbers)))
      case 1: redis.perform(.leave(group(&numbers)))
      case 2, 3:
        sent += 1
        redis.perform(
          .publish(.event(try event(#"{"type":"t"}"#, url)), group: group(&numbers)))
      case 4:
        sent += 1
        redis.perform(.publish(.message(.binary, [0, 255]), group: group(&numbers)))
      case 5 where redis.isUp: redis.beat(after: UInt64(numbers.below(40_000)))
      case 6 where redis.isUp: redis.disconnect()
      case 7 where redis.isUp:
        if let command = redis.commands.first {
          redis.reply(PlayedRedis.answer(command, redis.members))
        }
      case 8, 9:
        guard redis.isUp, let command = redis.commands.first else { break }
        let reply = nonsense(&numbers)
        // A list of names makes sense: it says that nobody is there who is to have the message.
        let isSense = command[0] == "ZRANGE" && reply.list?.allSatisfy { $0.bytes != nil } == true
        redis.reply(isSense ? .nothing : reply)
      case 10: if redis.isUp { redis.hear(nonsense(&numbers)) }
      default: if !redis.isUp { redis.connect() }
      }
    }

    @Test(arguments: drivers)
    func `nothing that Redis may answer stops a driver or makes it lie`(url: String) throws {
      var numbers = SeededNumbers()
      for round in 0..<Self.rounds {
        let redis = try PlayedRedis(url, queueEntries: 20)
        redis.members = ["specific.other!x", "not a name", "specific.covey00000000000000c1!g0"]
        var sent: UInt64 = 0
        for _ in 0..<120 { try step(redis, url, &numbers, &sent) }
        if redis.isUp { redis.disconnect() }
        redis.begin()
        let place = "COVEY_SEED=\(SeededNumbers.seed), round \(round)"
        #expect(redis.isUp, "\(place)")
        #expect(redis.commands.isEmpty, "\(place)")
        // Each left, or somebody was told.
        let told = redis.gaps.filter { $0.kind == .unsent || $0.kind == .unknown }
        let lost = told.reduce(0) { $0 + $1.count }
        #expect(redis.count(.published) + lost == sent, "\(place)")

        // And it works as on the first day.
        redis.forget()
        for name in Self.groups { redis.perform(.leave(Name(name))) }
        redis.perform(.join(Name("fresh")))
        redis.perform(.publish(.event(try event(#"{"type":"t"}"#, url)), group: Name("fresh")))
        redis.settle()
        #expect(redis.count(.published) == 1, "\(place)")
        #expect(redis.gaps == [], "\(place)")
      }
    }
  }
#endif
