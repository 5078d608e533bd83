import CCovey
import Testing

extension Wire {
  @Suite struct TextTests {
    /// Every class of bytes that are no UTF-8.
    static let invalid: [[UInt8]] = [
      [0x80], [0xbf], [0x61, 0x80],  // stray continuations
      [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],  // overlong
      [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
      [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],  // surrogates
      [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe],  // past U+10FFFF
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xf0],  // cut short
      [0xe2, 0x28, 0xa1], [0xc3, 0xc3], [0xf0, 0x9f, 0x98, 0x41],
    ]
    static let valid = "a\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}\0é€😀"

    private func expectBadText(_ frames: [[UInt8]]) throws {
      let server = try TestServer()
      let client = try server.client()
      client.send(Array(frames.joined()))
      #expect(client.receive() == .close(1007, ""))
      client.close(1007)
      #expect(client.receive() == .end)
      #expect(server.endings() == [Ending(cause: 8, code: 1007, isClean: true)])
      #expect(server.statistics.endings_bad_text == 1 && server.record.now.messages.isEmpty)
    }

    @Test(arguments: invalid)
    func `bytes that are no UTF-8 are 1007`(bytes: [UInt8]) throws {
      try expectBadText([WireFrame.make(1, bytes)])
    }

    @Test(arguments: invalid, 0..<3)
    func `also in the first, the middle or the last fragment`(bytes: [UInt8], place: Int) throws {
      var pieces = [[UInt8](repeating: 0x61, count: 3), [0x62], [0x63, 0x64]]
      pieces[place] += bytes
      try expectBadText(WireFrame.fragments(1, pieces))
    }

    @Test(arguments: [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]] as [[UInt8]])
    func `also when a message ends inside a character before an empty fragment`(
      bytes: [UInt8]
    ) throws {
      try expectBadText(WireFrame.fragments(1, [bytes, []]))
      try expectBadText(WireFrame.fragments(1, [[], bytes, [], []]))
    }

    @Test(arguments: invalid)
    func `the same bytes are fine as binary`(bytes: [UInt8]) throws {
      let client = try TestServer().client()
      client.send(WireFrame.binary(bytes))
      #expect(client.receive() == .binary(bytes))
      for frame in WireFrame.fragments(2, [bytes, [], bytes]) { client.send(frame) }
      #expect(client.receive() == .binary(bytes + bytes))
    }

    @Test func `valid text may be split anywhere, also inside a character`() throws {
      let client = try TestServer().client()
      let bytes = Array(Self.valid.utf8)
      for position in 0...bytes.count {
        let pieces = [Array(bytes[..<position]), Array(bytes[position...])]
        client.send(Array(WireFrame.fragments(1, pieces).joined()))
        #expect(client.receive() == .text(Self.valid), "split at \(position)")
      }
      client.send(Array(WireFrame.fragments(1, bytes.map { [$0] }).joined()))
      #expect(client.receive() == .text(Self.valid))
    }

    @Test func `invalid text across the receive buffer's edge is 1007`() throws {
      for lead in 1018...1030 {
        let server = try TestServer()
        let client = try server.client()
        client.send(WireFrame.make(1, [UInt8](repeating: 0x61, count: lead) + [0xe2, 0x28, 0xa1]))
        #expect(client.receive() == .close(1007, ""), "after \(lead) bytes")
      }
    }

    @Test func `a kind without a handler is 1003`() throws {
      let server = try TestServer(
        TestChannel(pattern: "text", onBinary: nil), TestChannel(pattern: "binary", onText: nil))
      let text = try server.client("/text")
      #expect(text.echoes("fine"))
      text.send(WireFrame.binary([1]))
      #expect(text.receive() == .close(1003, ""))
      let binary = try server.client("/binary")
      binary.send("text")
      #expect(binary.receive() == .close(1003, ""))
      text.close(1003)
      binary.close(1003)
      #expect(server.endings(2).allSatisfy { $0.cause == COVEY_ENDING_BAD_KIND && $0.isClean })
      #expect(server.statistics.endings_bad_kind == 2)
    }

    @Test func `a kind without a handler is 1003 at its first fragment`() throws {
      let server = try TestServer(TestChannel(onBinary: nil))
      let client = try server.client()
      client.send(WireFrame.make(2, [1], isFinal: false))
      #expect(client.receive() == .close(1003, ""))
    }
  }
}
