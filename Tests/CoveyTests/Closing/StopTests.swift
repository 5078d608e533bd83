import CCovey
import Testing

extension Wire {
  @Suite struct StopTests {
    @Test(arguments: [(0, 1001), (1001, 1001), (1012, 1012), (4000, 4000)] as [(UInt16, Int)])
    func `a stop tells everybody, and ends when they are gone`(code: UInt16, told: Int) throws {
      let server = try TestServer()
      let clients = try (0..<5).map { _ in try server.client() }
      server.stop(code)
      for client in clients {
        #expect(client.receive() == .close(told, ""))
        client.close(UInt16(told))
        #expect(client.receive() == .end)
      }
      #expect(server.hasStopped(within: 1500))
      let ending = Ending(cause: 11, code: told, isClean: true)
      #expect(server.record.now.endings == Array(repeating: ending, count: 5))
      #expect(covey_server_stop(server.handle, 0) == COVEY_OK, "a second call does nothing")
    }

    @Test func `a stop without anybody ends at once`() throws {
      let server = try TestServer()
      _ = try server.connection()
      server.stop()
      #expect(server.hasStopped(within: 4000))
    }

    @Test func `a stop ends within flush_timeout_ms, whoever does not answer`() throws {
      let server = try TestServer(options: {
        $0.flush_timeout_ms = 400
        $0.close_timeout_ms = 60_000
        $0.outbox_bytes_max = 32 << 20
      })
      _ = try server.client()
      _ = try server.client(receiveBuffer: 4096)
      try server.consumer(1).send([UInt8](repeating: 5, count: 24 << 20))
      let started = milliseconds()
      server.stop()
      #expect(server.hasStopped(within: 10_000))
      #expect((380...10_000).contains(milliseconds() - started))
      #expect(server.record.now.endings.count == 2)
      #expect(server.record.now.endings.allSatisfy { $0.cause == 11 && !$0.isClean })
    }

    @Test func `one that is undecided is told as well`() throws {
      let server = try TestServer(TestChannel(onConnect: { _ in }))
      let client = try server.client()
      server.stop()
      #expect(client.receive() == .close(1001, ""))
    }

    @Test func `codes that may not be sent are INVALID`() throws {
      let server = try TestServer()
      for code in [1, 999, 1004, 1005, 1006, 1015, 5000] as [UInt16] {
        #expect(covey_server_stop(server.handle, code) == COVEY_E_INVALID)
      }
      #expect(try server.client().echoes("runs"))
    }

    @Test func `a stopped server says so`() throws {
      let server = try TestServer()
      let client = try server.client()
      let consumer = try server.consumer()
      client.disconnect()
      server.stop()
      #expect(server.hasStopped())
      #expect(covey_group_broadcast(server.handle, "g", 1, "x", 1, 0) == COVEY_E_STOPPED)
      // For a moment after the wait: the thread has yet to let go.
      #expect(covey_server_start(server.handle) == COVEY_E_STOPPED)
      #expect(covey_server_run(server.handle) == COVEY_E_STOPPED)
      #expect(consumer.send("late") == COVEY_E_GONE)
    }

    @Test func `freeing a server tells everybody 1001`() throws {
      let server = try TestServer(options: { $0.flush_timeout_ms = 300 })
      let client = try RawClient(port: server.port)
      #expect(client.upgrade().status == 101)
      server.free()
      #expect(client.receive() == .close(1001, ""))
      #expect(client.receive() == .end)
      #expect(server.record.now.endings == [Ending(cause: 11, code: 1001, isClean: false)])
    }
  }

  @Suite struct SlowReaderTests {
    private func server() throws -> TestServer {
      try TestServer(options: { $0.outbox_bytes_max = 1 << 20 })
    }

    @Test func `a reader that lets its outbox fill is closed with 1013`() throws {
      let server = try server()
      let slow = try server.client(receiveBuffer: 4096)
      let quick = try server.client()
      try server.consumer(0).join("g")
      try server.consumer(1).join("g")
      let piece = [UInt8](repeating: 6, count: 100_000)
      for _ in 0..<120 {
        #expect(covey_group_broadcast(server.handle, "g", 2, piece, piece.count, 0) == COVEY_OK)
        #expect(quick.receive() == .binary(piece))
      }
      let all = slow.receiveAll()
      #expect(all.suffix(2) == [.close(1013, "too slow"), .end])
      #expect(all.dropLast(2).allSatisfy { $0 == .binary(piece) }, "only whole messages")
      #expect(server.endings().first?.cause == COVEY_ENDING_SLOW)
      #expect(quick.echoes("not affected"))
      let statistics = server.statistics
      #expect(statistics.endings_slow == 1 && statistics.drops_queued > 0)
      #expect(statistics.consumers == 1 && statistics.outbox_bytes == 0)
    }

    @Test func `one that never reads again is gone after close_timeout_ms`() throws {
      let server = try server()
      _ = try server.client(receiveBuffer: 4096)
      let consumer = try server.consumer()
      while consumer.send([UInt8](repeating: 6, count: 500_000)) == COVEY_OK {}
      #expect(
        server.endings() == [Ending(cause: 5, code: 1013, isClean: false, reason: "too slow")])
    }

    @Test func `its code can be chosen`() throws {
      let server = try TestServer(options: {
        $0.outbox_bytes_max = 1000
        $0.close_code_slow = 4013
      })
      let client = try server.client()
      let consumer = try server.consumer()
      #expect(consumer.send([UInt8](repeating: 1, count: 1001)) == COVEY_E_TOO_LARGE)
      #expect(
        server.onLoop { _ in
          (0..<2).map { _ in consumer.send([UInt8](repeating: 1, count: 600)) }
        } == [COVEY_OK, COVEY_OK])
      #expect(client.receiveAny() == .close(4013, "too slow"))
    }

    @Test func `a flood of echoes that nobody reads ends the flooder alone`() throws {
      let server = try server()
      let flooder = try server.client(receiveBuffer: 4096)
      let other = try server.client()
      flooder.patience(milliseconds: 500)
      let frame = WireFrame.binary([UInt8](repeating: 1, count: 60_000))
      var sent = 0
      while sent < 2000, flooder.send(frame) { sent += 1 }
      #expect(other.echoes("not affected"))
      #expect(server.endings().first?.cause == COVEY_ENDING_SLOW)
    }
  }
}
