#if Redis
  import CoveyCore
  import Glibc
  import Testing

  @testable import CoveyRedis

  /// How a session begins, and when it is given up.
  struct RedisSessionTests {
    private final class Hearer: RedisSessionClient {
      var begun = 0
      var beats = 0
      var reasons: [String] = []

      func sessionBegan() { begun += 1 }
      func sessionReplied(_ reply: RedisReply) {}
      func sessionHeard(_ reply: RedisReply) {}
      func sessionBeats() { beats += 1 }
      func sessionEnded(_ reason: String) { reasons.append(reason) }
    }

    private let loop = PlayedLoop()
    private let hearer = Hearer()

    private func session(_ url: String, answerMilliseconds: Int = 10_000) throws -> RedisSession {
      var limits = LayerLimits()
      limits.connectTimeoutMilliseconds = 3_000
      limits.answerTimeoutMilliseconds = answerMilliseconds
      return RedisSession(try RedisURL(url), limits, on: loop, hearer)
    }

    @Test func `a host nobody answers for is given up in time, and asked for again`() throws {
      let session = try session("redis://slow.test")
      session.start()
      loop.pass(2_999)
      #expect(hearer.reasons == [])
      loop.pass(1)
      #expect(hearer.reasons == ["no connection within 3000 ms"])
      loop.pass(60)
      #expect(loop.lookups.map(\.host) == ["slow.test", "slow.test"])
      // The answer to the first is late: the second attempt waits for its own.
      loop.lookups[0].found(["127.0.0.1"], "")
      loop.lookups[0].found([], "not known")
      #expect(loop.watched.isEmpty && hearer.reasons.count == 1)
      loop.lookups[1].found([], "not known")
      #expect(hearer.reasons.last == "host is not found: not known")
      // Also between two attempts.
      loop.lookups[1].found(["127.0.0.1"], "")
      #expect(loop.watched.isEmpty)
      session.close()
      loop.pass(10_000)
      #expect(loop.lookups.count == 2)
    }

    @Test func `finding the host and logging in have one deadline together`() throws {
      let listener = Listener()
      let session = try session("redis://slow.test:\(listener.port)")
      session.start()
      loop.pass(2_900)
      loop.lookups[0].found(["127.0.0.1"], "")
      #expect(loop.watched.count == 2)
      loop.pass(99)
      #expect(hearer.reasons == [])
      loop.pass(1)
      #expect(hearer.reasons == ["no connection within 3000 ms"])
      session.close()
    }

    @Test func `programs that are started do not get the sockets`() throws {
      let listener = Listener()
      let session = try session("redis://host.test:\(listener.port)")
      session.start()
      loop.lookups[0].found(["127.0.0.1"], "")
      #expect(loop.watched.count == 2)
      for (descriptor, _) in loop.watched {
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
      }
      session.close()
    }

    @Test func `a bus that waits in whole seconds is not given up within them`() throws {
      let listener = Listener()
      let session = try session("redis://host.test:\(listener.port)", answerMilliseconds: 500)
      session.start()
      loop.lookups[0].found(["127.0.0.1"], "")
      for (_, ready) in loop.watched {
        ready(.writing)
        listener.say("+PONG\r\n")
        ready(.reading)
      }
      #expect(hearer.begun == 1)
      loop.pass(1_500)
      #expect(hearer.beats > 8)
      #expect(hearer.reasons == [])
      loop.pass(1_000)
      #expect(hearer.reasons == ["nothing was heard for 2000 ms"])
      session.close()
    }
  }
#endif
