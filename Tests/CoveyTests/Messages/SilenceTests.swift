import CCovey
import Glibc
import Testing

extension Wire {
  @Suite struct SilenceTests {
    /// Waits for a ping, and answers as every client must; false when something else came.
    private func isPinged(_ client: RawClient) -> Bool {
      guard case .ping(let payload) = client.receiveAny() else { return false }
      return client.send(WireFrame.make(10, payload))
    }

    /// A peer that is to stay is given more time than a busy machine takes.
    private func server(ping: UInt32 = 100, silence: UInt32 = 350) throws -> TestServer {
      try TestServer(options: {
        $0.ping_interval_ms = ping
        $0.silence_timeout_ms = silence
      })
    }

    @Test func `a silent peer is pinged, and dropped without a close frame`() throws {
      let server = try server()
      let started = milliseconds()
      let client = try server.client()
      guard case .ping = client.receiveAny() else { return #expect(Bool(false), "no ping") }
      #expect(client.receive() == .end)
      #expect((340...10_000).contains(milliseconds() - started))
      #expect(server.endings() == [Ending(cause: 6, code: 1006, isClean: false)])
      #expect(server.statistics.endings_silent == 1)
    }

    @Test func `pongs keep a peer alive`() throws {
      let server = try server(silence: 1500)
      let client = try server.client()
      for _ in 0..<20 {
        #expect(isPinged(client))
      }
      #expect(client.echoes("alive"))
      #expect(server.record.now.endings.isEmpty)
    }

    @Test func `messages keep a peer alive, without a ping`() throws {
      let server = try server(ping: 1500, silence: 2000)
      let client = try server.client()
      for _ in 0..<10 {
        usleep(250_000)
        client.send("alive")
        #expect(client.receiveAny() == .text("alive"))
      }
    }

    @Test func `a peer's own pings do not count, nor do pongs without payload`() throws {
      // libwebsockets answers pings by itself, tells nothing, and swallows empty pongs.
      let server = try server()
      let client = try server.client()
      let started = milliseconds()
      client.patience(milliseconds: 60)
      while client.receive() != .end, milliseconds() < started + 15_000 {
        client.send(WireFrame.ping("me") + WireFrame.pong())
      }
      #expect((340...10_000).contains(milliseconds() - started))
      #expect(server.endings().first?.cause == COVEY_ENDING_SILENT)
    }

    @Test func `a peer that vanished is dropped, whatever is queued to it`() throws {
      let server = try TestServer(options: {
        $0.ping_interval_ms = 100
        $0.silence_timeout_ms = 300
        $0.outbox_bytes_max = 32 << 20
      })
      let client = try server.client(receiveBuffer: 4096)
      try server.consumer().send([UInt8](repeating: 1, count: 16 << 20))
      #expect(server.endings() == [Ending(cause: 6, code: 1006, isClean: false)])
      #expect(client.drain() < 16 << 20)
    }

    @Test func `pings can be off`() throws {
      let server = try TestServer(options: {
        $0.ping_interval_ms = UInt32.max
        $0.silence_timeout_ms = 200
      })
      #expect(try server.client().receiveAny() == .end)
      #expect(server.endings().first?.cause == COVEY_ENDING_SILENT)
    }

    @Test func `a half-closed peer is gone`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.endSending()
      #expect(client.receive() == .end)
      #expect(server.endings() == [Ending(cause: 10, code: 1006, isClean: false)])
    }

    @Test func `a peer that resets is lost`() throws {
      let server = try TestServer()
      try server.client().reset()
      #expect(server.endings() == [Ending(cause: 10, code: 1006, isClean: false)])
      #expect(server.statistics.endings_lost == 1)
    }

    @Test func `our pings come between the fragments of a message without harm`() throws {
      let server = try server(silence: 3000)
      let client = try server.client()
      client.send(WireFrame.make(1, [72], isFinal: false))
      for _ in 0..<3 {
        #expect(isPinged(client))
      }
      client.send(WireFrame.make(0, [105]))
      #expect(client.receive() == .text("Hi"))
    }
  }
}
