import CCovey
import Testing

extension Wire {
  @Suite struct UndecidedTests {
    private func server(
      _ options: (inout covey_server_options) -> Void = { _ in }
    ) throws -> TestServer {
      try TestServer(TestChannel(onConnect: { _ in }), options: options)
    }

    @Test func `messages wait until the consumer is accepted, and keep their order`() throws {
      let server = try server()
      let client = try server.client()
      for index in 0..<50 { client.send("\(index)") }
      client.send(WireFrame.ping("here"))
      #expect(client.receive() == .pong(Array("here".utf8)))
      #expect(server.record.now.messages.isEmpty)
      #expect(try server.consumer().accept() == COVEY_OK)
      for index in 0..<50 { #expect(client.receive() == .text("\(index)")) }
      #expect(client.echoes("after"))
    }

    @Test func `what the host sends waits as well`() throws {
      let server = try server()
      let client = try server.client()
      let consumer = try server.consumer()
      #expect(consumer.send("early") == COVEY_OK)
      #expect(server.statistics.outbox_bytes > 0)
      client.patience(milliseconds: 50)
      #expect(client.receive() == .timeout)
      client.patience(milliseconds: 5000)
      consumer.accept()
      #expect(client.receive() == .text("early"))
    }

    @Test func `reading pauses past undecided_bytes_max, and resumes`() throws {
      let server = try server { $0.undecided_bytes_max = 10_000 }
      let client = try server.client()
      client.patience(milliseconds: 300)
      let message = [UInt8](repeating: 7, count: 1000)
      var sent = 0
      // Until the system's buffers are full: the server takes no more.
      while sent < 20_000, client.send(WireFrame.binary(message)) { sent += 1 }
      #expect(sent < 20_000)
      // What was cut is lost; so is everything after it, which is why this one only reads.
      try server.consumer().accept()
      client.patience(milliseconds: 5000)
      for _ in 0..<1000 { #expect(client.receive() == .binary(message)) }
      #expect(server.record.wait { $0.messages.count >= sent })
    }

    @Test func `a decision after on_connect can choose no subprotocol and no status`() throws {
      let server = try server()
      let client = try server.client("/ws/x/", "Sec-WebSocket-Protocol: a, b")
      let consumer = try server.consumer()
      #expect(server.onLoop { _ in consumer.accept("a") } == COVEY_E_INVALID)
      #expect(server.onLoop { _ in consumer.accept() } == COVEY_OK)
      #expect(server.onLoop { _ in consumer.accept() } == COVEY_E_EXISTS)
      #expect(server.onLoop { _ in consumer.reject() } == COVEY_E_EXISTS)
      #expect(client.echoes("in"))
    }

    @Test func `one that is rejected later is closed with 4403`() throws {
      let server = try server()
      let client = try server.client()
      client.send("never seen")
      try server.consumer().reject()
      #expect(client.receive() == .close(4403, ""))
      client.close(4403)
      #expect(server.endings() == [Ending(cause: 3, code: 4403, isClean: true)])
      #expect(server.record.now.messages.isEmpty && server.statistics.endings_refused == 1)
    }

    @Test func `the code of a rejection can be chosen, and its default`() throws {
      let server = try server { $0.close_code_refused = 4000 }
      let client = try server.client()
      try server.consumer(0).reject()
      #expect(client.receive() == .close(4000, ""))
      let other = try server.client()
      try server.consumer(1).reject(0, close: 3001)
      #expect(other.receive() == .close(3001, ""))
    }

    @Test func `one nobody decides on is closed with 4408`() throws {
      let server = try server { $0.connect_timeout_ms = 100 }
      let client = try server.client()
      #expect(client.receive() == .close(4408, ""))
      client.close(4408)
      #expect(server.endings() == [Ending(cause: 4, code: 4408, isClean: true)])
      #expect(server.statistics.endings_undecided == 1)
    }

    @Test func `its code can be chosen, or the deadline be off`() throws {
      let server = try server {
        $0.connect_timeout_ms = 100
        $0.close_code_undecided = 4999
      }
      #expect(try server.client().receive() == .close(4999, ""))
      let patient = try self.server { $0.connect_timeout_ms = UInt32.max }
      let client = try patient.client()
      client.patience(milliseconds: 300)
      #expect(client.receive() == .timeout)
    }

    @Test func `a paused one is still closed in time`() throws {
      let server = try server {
        $0.connect_timeout_ms = 300
        $0.undecided_bytes_max = 1000
      }
      let client = try server.client()
      for _ in 0..<100 { client.send(WireFrame.binary([UInt8](repeating: 1, count: 1000))) }
      #expect(client.receive() == .close(4408, ""))
      client.close(4408)
      #expect(client.receive() == .end)
      #expect(server.endings().first?.cause == COVEY_ENDING_UNDECIDED)
    }

    @Test func `a peer that leaves undecided has ended as a peer does`() throws {
      let server = try server()
      let client = try server.client()
      client.close(1000, "never mind")
      #expect(client.receive() == .close(1000, "never mind"))
      #expect(
        server.endings() == [Ending(cause: 1, code: 1000, isClean: true, reason: "never mind")])
      #expect(try server.consumer().accept() == COVEY_E_GONE)
    }
  }
}
