import CCovey
import Glibc
import Testing

extension Wire {
  @Suite struct FragmentTests {
    @Test func `a message in fragments with pings between is one message`() throws {
      let server = try TestServer()
      let client = try server.client()
      for (index, frame) in WireFrame.fragments(1, [[72, 101], [], [108], [108, 111]]).enumerated()
      {
        client.send(frame)
        client.send(WireFrame.ping("p\(index)"))
        if index < 3 { #expect(client.receive() == .pong(Array("p\(index)".utf8))) }
      }
      // The answer to the message may come before or after that to the last ping.
      let last = [client.receive(), client.receive()]
      #expect(last.contains(.text("Hello")) && last.contains(.pong(Array("p3".utf8))))
      #expect(server.record.now.texts == ["Hello"])
    }

    @Test func `fragments with pings between in one write`() throws {
      let client = try TestServer().client()
      let pieces = WireFrame.fragments(2, [[1], [2], [3], [4]])
      client.send(Array(pieces.map { $0 + WireFrame.ping() + WireFrame.pong() }.joined()))
      var received: [Received] = []
      while !received.contains(.binary([1, 2, 3, 4])), received.count < 8 {
        received.append(client.receive())
      }
      #expect(received.contains(.binary([1, 2, 3, 4])))
      #expect(client.send("next"))
      while received.count < 12, received.last != .text("next") {
        received.append(client.receive())
      }
      #expect(received.last == .text("next"))
    }

    @Test func `a thousand fragments of one byte`() throws {
      let client = try TestServer().client()
      let pieces = Array(repeating: [UInt8(ascii: "x")], count: 1000)
      client.send(Array(WireFrame.fragments(1, pieces).joined()))
      #expect(client.receive() == .text(String(repeating: "x", count: 1000)))
    }

    @Test func `writes of one byte each`() throws {
      let client = try TestServer().client()
      let message = String(repeating: "byte ", count: 60)
      for byte in WireFrame.text(message) + WireFrame.ping("p") { client.send([byte]) }
      #expect(client.receive() == .text(message))
      #expect(client.receive() == .pong([UInt8(ascii: "p")]))
    }

    @Test func `a handshake in writes of one byte`() throws {
      let client = try TestServer().connection()
      for byte in Array(RawClient.request().utf8) { client.send([byte]) }
      #expect(client.response().status == 101)
      #expect(client.echoes("hi"))
    }

    @Test func `a message that comes with the rest of a split handshake ends the connection`()
      throws
    {
      // RFC 6455 section 4.1 forbids clients to send before they were answered; libwebsockets
      // loses its place when the handshake came in several reads, and not when it came in one.
      let client = try TestServer().connection()
      let request = Array(RawClient.request().utf8)
      client.send(Array(request.dropLast(10)))
      usleep(300_000)
      client.send(request.suffix(10) + WireFrame.text("hi"))
      #expect(client.response().status == 101)
      #expect(client.receive() == .end)
    }

    @Test func `a message in the same write as the handshake`() throws {
      let client = try TestServer().connection()
      client.send(Array(RawClient.request().utf8) + WireFrame.text("hi") + WireFrame.text("ho"))
      #expect(client.response().status == 101)
      #expect(client.receive() == .text("hi"))
      #expect(client.receive() == .text("ho"))
    }

    /// A small conversation with every kind of frame and length.
    private var conversation: [UInt8] {
      WireFrame.text("one") + WireFrame.make(2, [1, 2], isFinal: false) + WireFrame.ping("p")
        + WireFrame.make(0, [3]) + WireFrame.text(String(repeating: "é", count: 65))
        + WireFrame.text("")
    }

    @Test func `a conversation split in two at every byte`() throws {
      let server = try TestServer()
      let answers: [Received] = [
        .text("one"), .binary([1, 2, 3]), .text(String(repeating: "é", count: 65)), .text(""),
      ]
      for position in 1..<conversation.count {
        let client = try server.client()
        client.send(Array(conversation[..<position]))
        client.send(Array(conversation[position...]))
        var all = (0..<5).map { _ in client.receive() }
        let pong = all.firstIndex(of: .pong([UInt8(ascii: "p")]))
        if let pong { all.remove(at: pong) }
        #expect(pong != nil && all == answers, "split at \(position)")
        client.close(1000, "bye")
        #expect(client.receiveAll() == [.close(1000, "bye"), .end])
      }
      #expect(server.endings(conversation.count - 1).allSatisfy { $0.isClean && $0.code == 1000 })
    }

    @Test func `each frame alone, split at every byte with a pause between`() throws {
      let client = try TestServer().client()
      let frame = WireFrame.text("pause")
      for position in 1..<frame.count {
        client.send(Array(frame[..<position]))
        // Nothing can be awaited: the server says nothing to half a frame.
        client.patience(milliseconds: 3)
        #expect(client.receive() == .timeout)
        client.patience(milliseconds: 5000)
        client.send(Array(frame[position...]))
        #expect(client.receive() == .text("pause"), "split at \(position)")
      }
    }

    @Test func `sixteen messages in one write are sixteen answers`() throws {
      let client = try TestServer().client()
      client.send(Array((0..<16).map { WireFrame.text("message \($0)") }.joined()))
      for index in 0..<16 { #expect(client.receive() == .text("message \(index)")) }
    }

    @Test func `a flood of messages is answered in order`() throws {
      let server = try TestServer(options: { $0.outbox_bytes_max = 64 << 20 })
      let client = try server.client()
      for round in 0..<20 {
        let numbers = round * 500..<(round + 1) * 500
        client.send(Array(numbers.map { WireFrame.text("\($0)") }.joined()))
        for number in numbers { #expect(client.receive() == .text("\(number)")) }
      }
      #expect(server.statistics.messages_in == 10_000)
      #expect(server.statistics.messages_out == 10_000)
    }
  }
}
