import CCovey
import Glibc
import Testing

extension Wire {
  @Suite struct HostCloseTests {
    @Test(arguments: Array(1000...1003) + Array(1007...1014) + [3000, 3999, 4000, 4999])
    func `every code that may be sent reaches the peer, with its reason`(code: Int) throws {
      let server = try TestServer()
      let client = try server.client()
      #expect(try server.consumer().close(UInt16(code), "the reason é") == COVEY_OK)
      #expect(client.receive() == .close(code, "the reason é"))
      client.close(UInt16(code), "the reason é")
      #expect(client.receive() == .end)
      let ending = Ending(cause: 2, code: code, isClean: true, reason: "the reason é")
      #expect(server.endings() == [ending])
      #expect(server.statistics.endings_host == 1)
    }

    @Test(arguments: [1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] as [UInt16])
    func `every other code is INVALID and nothing happens`(code: UInt16) throws {
      let server = try TestServer()
      let client = try server.client()
      #expect(try server.consumer().close(code) == COVEY_E_INVALID)
      #expect(client.echoes("still there"))
    }

    @Test func `the default is 1000, a reason has at most 123 bytes`() throws {
      let server = try TestServer()
      let client = try server.client()
      let consumer = try server.consumer()
      #expect(consumer.close(0, String(repeating: "r", count: 124)) == COVEY_E_TOO_LARGE)
      #expect(consumer.close(0, String(repeating: "r", count: 123)) == COVEY_OK)
      #expect(client.receive() == .close(1000, String(repeating: "r", count: 123)))
    }

    @Test func `after a close nothing can be sent, and groups are left at once`() throws {
      let server = try TestServer()
      let client = try server.client()
      let consumer = try server.consumer()
      consumer.join("g")
      let seen = server.onLoop { handle in
        var count = 7
        let statuses = [
          consumer.close(), consumer.send("late"), consumer.close(), consumer.join("g"),
        ]
        _ = covey_group_count(handle, "g", &count)
        return statuses + [count]
      }
      #expect(seen == [COVEY_OK, COVEY_E_GONE, COVEY_E_GONE, COVEY_E_GONE, 0])
      #expect(client.receive() == .close(1000, ""))
    }

    @Test func `what a peer sends after our close is not seen`() throws {
      let server = try TestServer()
      let client = try server.client()
      try server.consumer().close(4000)
      #expect(client.receive() == .close(4000, ""))
      client.send(WireFrame.text("late") + WireFrame.ping("late") + WireFrame.close(4000))
      #expect(server.endings() == [Ending(cause: 2, code: 4000, isClean: true)])
      #expect(server.record.now.messages.isEmpty)
    }

    @Test func `a peer may answer with another code`() throws {
      let server = try TestServer()
      let client = try server.client()
      try server.consumer().close(4000, "ours")
      #expect(client.receive() == .close(4000, "ours"))
      client.close(1000, "theirs")
      #expect(client.receive() == .end)
      #expect(server.endings() == [Ending(cause: 2, code: 4000, isClean: true, reason: "ours")])
    }

    @Test func `a peer that never answers is gone after close_timeout_ms`() throws {
      let server = try TestServer(options: { $0.close_timeout_ms = 300 })
      let client = try server.client()
      let started = milliseconds()
      try server.consumer().close()
      #expect(client.receive() == .close(1000, ""))
      #expect(client.receive() == .end)
      #expect((280...4500).contains(milliseconds() - started))
      #expect(server.endings() == [Ending(cause: 2, code: 1000, isClean: false)])
    }

    @Test func `a peer that vanishes instead of answering is not clean`() throws {
      let server = try TestServer()
      let client = try server.client()
      try server.consumer().close(1001)
      #expect(client.receive() == .close(1001, ""))
      client.disconnect()
      #expect(server.endings() == [Ending(cause: 2, code: 1001, isClean: false)])
    }

    @Test func `a close inside a handler follows what the handler sent`() throws {
      let server = try TestServer(
        TestChannel(onText: { consumer, _ in
          consumer.send("last words")
          consumer.close(4001, "done")
        }))
      let client = try server.client()
      client.send("x")
      #expect(client.receive() == .text("last words"))
      #expect(client.receive() == .close(4001, "done"))
    }
  }

  @Suite struct QueuedCloseTests {
    /// Queues 8 MiB to a reader that is slow to begin, and lets `end` end it.
    private func server() throws -> (TestServer, RawClient) {
      let server = try TestServer(options: { $0.outbox_bytes_max = 16 << 20 })
      let client = try server.client(receiveBuffer: 65536)
      let piece = [UInt8](repeating: 5, count: 1 << 20)
      for _ in 0..<8 { #expect(try server.consumer().send(piece) == COVEY_OK) }
      return (server, client)
    }

    private func expectEverything(_ client: RawClient, then close: Received) {
      var total = 0
      while case .binary(let bytes) = client.receive() {
        total += bytes.count
        if total == 8 << 20 { break }
      }
      #expect(total == 8 << 20)
      #expect(client.receive() == close)
    }

    @Test(arguments: Array(1000...1003) + Array(1007...1014) + [3000, 4999])
    func `a close reaches the peer after 8 MiB queued before it`(code: Int) throws {
      let (server, client) = try server()
      try server.consumer().close(UInt16(code), "after all")
      expectEverything(client, then: .close(code, "after all"))
      client.close(UInt16(code))
      #expect(client.receive() == .end)
      let ending = Ending(cause: 2, code: code, isClean: true, reason: "after all")
      #expect(server.endings() == [ending])
      #expect(server.statistics.drops_queued == 0)
    }

    @Test func `a reader that makes progress is given time past close_timeout_ms`() throws {
      let server = try TestServer(options: {
        $0.outbox_bytes_max = 32 << 20
        $0.close_timeout_ms = 1500
      })
      let client = try server.client(receiveBuffer: 65536)
      for _ in 0..<24 { try server.consumer().send([UInt8](repeating: 5, count: 1 << 20)) }
      try server.consumer().close(1000)
      // What the system holds of it is read in less; all of it in more.
      for _ in 0..<24 {
        usleep(100_000)
        let next = client.receive()
        guard case .binary(let bytes) = next else { return #expect(next == .binary([])) }
        #expect(bytes.count == 1 << 20)
      }
      #expect(client.receive() == .close(1000, ""))
    }

    @Test func `a reader that makes none is gone after close_timeout_ms`() throws {
      let server = try TestServer(options: {
        $0.outbox_bytes_max = 32 << 20
        $0.close_timeout_ms = 300
      })
      _ = try server.client(receiveBuffer: 4096)
      let consumer = try server.consumer()
      consumer.send([UInt8](repeating: 5, count: 24 << 20))
      consumer.close(1000)
      #expect(server.endings() == [Ending(cause: 2, code: 1000, isClean: false)])
    }

    @Test func `a stop reaches the peer after 8 MiB queued before it`() throws {
      let (server, client) = try server()
      // The mailbox keeps the order of this thread; a stop does not go through it.
      #expect(server.statistics(settle: { $0.outbox_bytes > 0 || $0.messages_out == 8 }))
      server.stop(1012)
      expectEverything(client, then: .close(1012, ""))
      client.close(1012)
      #expect(server.hasStopped())
      #expect(server.endings() == [Ending(cause: 11, code: 1012, isClean: true)])
    }
  }
}
