import CCovey
import Testing

extension Wire {
  /// Broken frames. Today's behaviour, which is libwebsockets': where it is not what RFC 6455 asks
  /// for, the test says so.
  @Suite struct StrictnessTests {
    /// What a client gets for a frame, and how its consumer ended.
    private func fate(_ frames: [UInt8]...) throws -> (received: [Received], ending: Ending?) {
      let server = try TestServer()
      let client = try server.client()
      for frame in frames { client.send(frame) }
      client.patience(milliseconds: 500)
      let all = client.receiveAll()
      client.disconnect()
      let ending = server.endings().first
      #expect(try server.client().echoes("still there"))
      return (all, ending)
    }

    /// libwebsockets closes with 1002 and a reason of its own, or just ends the connection.
    private func expectRefused(_ frames: [UInt8]...) throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(Array(frames.joined()))
      let answer = client.receive()
      if case .close(1002, _) = answer {} else { #expect(answer == .end) }
      // An answer would be lost: libwebsockets reads on in the middle of the bad frame.
      client.disconnect()
      #expect(server.endings() == [Ending(cause: 10, code: 1006, isClean: false)])
      #expect(server.record.now.messages.isEmpty)
    }

    @Test func `nothing follows the close frame of a protocol error`() throws {
      let server = try TestServer(options: { $0.ping_interval_ms = 100 })
      let client = try server.client()
      client.send(WireFrame.make(3, [1]))
      #expect(client.receive() == .close(1002, "bad opc"))
      let consumer = try server.consumer()
      // libwebsockets closed by itself, and its callbacks said nothing.
      #expect(consumer.send("late") == COVEY_E_GONE)
      client.patience(milliseconds: 300)
      #expect(client.receiveAny() == .timeout)
    }

    @Test func `after a protocol error a peer that never answers is gone in time`() throws {
      let server = try TestServer(options: { $0.close_timeout_ms = 300 })
      let client = try server.client()
      client.send(WireFrame.make(3, [1]))
      client.patience(milliseconds: 1500)
      #expect(client.receive() == .close(1002, "bad opc"))
      #expect(client.receive() == .end)
    }

    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func `an unknown opcode ends the connection`(opcode: UInt8) throws {
      try expectRefused(WireFrame.make(opcode, [1, 2]))
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7] as [UInt8], [1, 2, 9] as [UInt8])
    func `a reserved bit ends the connection`(bits: UInt8, opcode: UInt8) throws {
      try expectRefused(WireFrame.make(opcode, [65], reserved: bits))
    }

    @Test(arguments: [8, 9, 10] as [UInt8])
    func `a fragmented control frame ends the connection`(opcode: UInt8) throws {
      try expectRefused(WireFrame.make(opcode, [], isFinal: false))
    }

    @Test(arguments: [8, 9, 10] as [UInt8])
    func `a control frame of 126 bytes ends the connection`(opcode: UInt8) throws {
      try expectRefused(WireFrame.make(opcode, [UInt8](repeating: 65, count: 126)))
    }

    @Test func `a control frame of 125 bytes is fine`() throws {
      let client = try TestServer().client()
      let payload = [UInt8](repeating: 7, count: 125)
      client.send(WireFrame.make(9, payload))
      #expect(client.receive() == .pong(payload))
    }

    @Test func `a continuation of nothing ends the connection`() throws {
      try expectRefused(WireFrame.make(0, [65]))
    }

    @Test func `a new message inside a fragmented one ends the connection`() throws {
      try expectRefused(WireFrame.make(1, [65], isFinal: false), WireFrame.text("b"))
    }

    @Test func `an unmasked frame is taken`() throws {
      // RFC 6455 section 5.1: a server must close.
      let (received, _) = try fate(WireFrame.make(1, [65, 66], mask: nil))
      #expect(received.first == .text("AB"))
    }

    @Test func `a mask of zeros is a mask`() throws {
      let (received, _) = try fate(WireFrame.make(1, [65, 66], mask: [0, 0, 0, 0]))
      #expect(received.first == .text("AB"))
    }

    @Test func `a second ping before the first was answered`() throws {
      let client = try TestServer().client()
      client.send(WireFrame.ping("one") + WireFrame.ping("two") + WireFrame.text("x"))
      var seen: [Received] = []
      while !seen.contains(.text("x")) || seen.count < 2, seen.count < 4 {
        seen.append(client.receive())
      }
      // RFC 6455 section 5.5.3 allows to answer the latest only.
      #expect(seen.contains(.pong(Array("one".utf8))) || seen.contains(.pong(Array("two".utf8))))
      #expect(seen.contains(.text("x")))
    }

    @Test func `pongs nobody asked for are ignored`() throws {
      let client = try TestServer().client()
      client.send(WireFrame.pong() + WireFrame.pong("what") + WireFrame.text("x"))
      #expect(client.receive() == .text("x"))
    }
  }
}
