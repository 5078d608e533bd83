import CCovey
import Testing

extension Wire {
  @Suite struct PeerCloseTests {
    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
    func `a valid code is echoed and reported`(code: Int) throws {
      let server = try TestServer()
      let client = try server.client()
      client.close(UInt16(code), "the reason é")
      #expect(client.receiveAll() == [.close(code, "the reason é"), .end])
      let ending = Ending(cause: 1, code: code, isClean: true, reason: "the reason é")
      #expect(server.endings() == [ending])
      #expect(server.statistics.endings_peer == 1 && server.statistics.consumers == 0)
    }

    @Test func `a close without a code is 1005`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.close()
      #expect(client.receiveAll() == [.close(1005, ""), .end])
      #expect(server.endings() == [Ending(cause: 1, code: 1005, isClean: true)])
    }

    @Test func `a reason of 123 bytes is taken`() throws {
      let server = try TestServer()
      let reason = String(repeating: "r", count: 123)
      let client = try server.client()
      client.close(4000, reason)
      #expect(client.receiveAll() == [.close(4000, reason), .end])
      #expect(server.endings().first?.reason == reason)
    }

    // What libwebsockets makes of the others today. RFC 6455 (section 7.4, and IANA since) allows
    // 1012 to 1014, and demands 1002 or a dropped connection for the rest.
    @Test(arguments: [1012, 1013, 1014])
    func `1012 to 1014 arrive as 1002`(code: Int) throws {
      let server = try TestServer()
      let client = try server.client()
      client.close(UInt16(code))
      #expect(client.receiveAll() == [.close(1002, ""), .end])
      #expect(server.endings() == [Ending(cause: 1, code: 1002, isClean: true)])
    }

    @Test(arguments: [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999])
    func `an invalid code is answered with 1002`(code: Int) throws {
      let server = try TestServer()
      let client = try server.client()
      client.close(UInt16(code))
      #expect(client.receiveAll() == [.close(1002, ""), .end])
      #expect(server.endings() == [Ending(cause: 1, code: 1002, isClean: true)])
    }

    @Test func `a close with one byte is echoed`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(WireFrame.make(8, [3]))
      #expect(client.receiveAll() == [.other(0x88, [3]), .end])
      #expect(server.endings() == [Ending(cause: 1, code: 1005, isClean: true)])
    }

    @Test(arguments: [5000, 65535])
    func `codes past 4999 are echoed`(code: Int) throws {
      let server = try TestServer()
      let client = try server.client()
      client.close(UInt16(code))
      #expect(client.receiveAll() == [.close(code, ""), .end])
      #expect(server.endings() == [Ending(cause: 1, code: code, isClean: true)])
    }

    @Test func `a reason that is no UTF-8 is echoed, and not reported`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(WireFrame.make(8, [3, 232, 0xff, 0xfe]))
      #expect(client.receiveAll() == [.close(1000, "\u{fffd}\u{fffd}"), .end])
      #expect(server.endings() == [Ending(cause: 1, code: 1000, isClean: true)])
    }

    @Test func `frames after a close are not seen`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(WireFrame.close(1000) + WireFrame.text("late") + WireFrame.ping("late"))
      #expect(client.receive() == .close(1000, ""))
      #expect(server.endings() == [Ending(cause: 1, code: 1000, isClean: true)])
      #expect(server.record.now.messages.isEmpty)
    }

    @Test func `a close in the middle of a fragmented message ends it`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(WireFrame.make(1, [72], isFinal: false) + WireFrame.close(1000))
      #expect(client.receive() == .close(1000, ""))
      #expect(server.endings().first?.isClean == true)
      #expect(server.record.now.messages.isEmpty)
    }

    @Test func `messages in the same write as a close are handled before it`() throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(WireFrame.text("one") + WireFrame.text("two") + WireFrame.close(1000))
      // Their answers were queued in the turn in which the close came: not sent any more.
      #expect(client.receiveAll().suffix(2) == [.close(1000, ""), .end])
      #expect(server.record.now.texts == ["one", "two"])
    }

    @Test func `a peer that closes while 8 MiB are queued to it ends unclean`() throws {
      let server = try TestServer(options: { $0.outbox_bytes_max = 16 << 20 })
      let client = try server.client(receiveBuffer: 65536)
      try server.consumer().send([UInt8](repeating: 1, count: 8 << 20))
      #expect(server.statistics(settle: { $0.outbox_bytes > 0 }))
      client.close(1000, "enough")
      let ending = try #require(server.endings().first)
      #expect(ending.code == 1006 && !ending.isClean)
      #expect(server.statistics(settle: { $0.outbox_bytes == 0 && $0.consumers == 0 }))
    }
  }
}
