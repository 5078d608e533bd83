import CCovey
import Testing

extension Wire {
  @Suite struct SizeTests {
    private func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private func server() throws -> TestServer {
      // So that the echo of the largest fits.
      try TestServer(options: { $0.outbox_bytes_max = 4 << 20 })
    }

    @Test(arguments: [0, 1, 125, 126, 127, 1023, 1024, 1025, 65535, 65536, 1 << 20])
    func `a message of any size up to the limit is echoed`(count: Int) throws {
      let client = try server().client()
      let payload = bytes(count)
      client.send(WireFrame.binary(payload))
      let isSame = client.receive() == .binary(payload)
      #expect(isSame)
      #expect(client.echoes(String(repeating: "t", count: count)))
    }

    @Test func `one byte past the limit is 1009, as soon as its length is read`() throws {
      let server = try server()
      let client = try server.client()
      client.send(Array(WireFrame.make(2, bytes(2000), length: 1 << 20 | 1)))
      #expect(client.receive() == .close(1009, ""))
      #expect(server.statistics(settle: { $0.messages_in == 0 }))
      client.close(1009)
      client.disconnect()
      #expect(server.endings().first?.cause == COVEY_ENDING_TOO_LARGE)
      #expect(server.statistics.endings_too_large == 1)
    }

    @Test(arguments: [1 << 31, 1 << 32, 1 << 62] as [UInt64])
    func `an enormous length is 1009`(length: UInt64) throws {
      let client = try server().client()
      client.send(WireFrame.make(2, [1, 2, 3], length: length))
      #expect(client.receive() == .close(1009, ""))
    }

    @Test func `a length with its highest bit set ends the connection`() throws {
      let server = try server()
      let client = try server.client()
      client.send(WireFrame.make(2, [1, 2, 3], length: 1 << 63))
      let next = client.receive()
      #expect(next == .end || next == .close(1002, "") || next == .close(1009, ""))
      #expect(try server.client().echoes("still there"))
    }

    @Test func `fragments that pass the limit together are 1009`() throws {
      let server = try server()
      let client = try server.client()
      let half = bytes(1 << 19)
      client.send(WireFrame.make(2, half, isFinal: false))
      client.send(WireFrame.make(0, half, isFinal: false))
      client.send(WireFrame.ping("fine"))
      #expect(client.receive() == .pong(Array("fine".utf8)))
      client.send(WireFrame.make(0, [1], isFinal: true))
      #expect(client.receive() == .close(1009, ""))
      client.close(1009)
      #expect(server.endings() == [Ending(cause: 7, code: 1009, isClean: true)])
    }

    @Test func `a limit of one's own`() throws {
      let server = try TestServer(options: { $0.message_bytes_max = 10 })
      #expect(try server.client().echoes("0123456789"))
      let client = try server.client()
      client.send("0123456789a")
      #expect(client.receive() == .close(1009, ""))
    }

    @Test(arguments: [256, 4096, 65536, 1 << 20] as [UInt32])
    func `any receive buffer takes a large message`(count: UInt32) throws {
      let server = try TestServer(
        options: {
          $0.receive_buffer_bytes = count
          $0.outbox_bytes_max = 4 << 20
        })
      let client = try server.client()
      let payload = bytes(300_000)
      client.send(WireFrame.binary(payload))
      let isSame = client.receive() == .binary(payload)
      #expect(isSame)
      #expect(client.echoes("x"))
    }

    @Test func `lengths that are longer than needed are taken, as libwebsockets does`() throws {
      let client = try server().client()
      client.send(WireFrame.make(1, [65, 66], lengthBytes: 2))
      let first = client.receive()
      #expect(first == .text("AB"))
      client.send(WireFrame.make(1, [65, 66], lengthBytes: 8))
      #expect(client.receive() == .text("AB"))
    }
  }
}
