import Testing

@testable import CoveyCore

struct FrameTests {
  private func bytes(_ frame: Frame) -> [UInt8] { frame.withBytes { Array($0) } }

  private func checkHeader(
    _ size: Int, _ header: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    for (kind, first) in [(MessageKind.text, UInt8(0x81)), (.binary, 0x82)] {
      let frame = Frame(kind, payload.span)
      #expect(bytes(frame) == [first] + header + payload, sourceLocation: sourceLocation)
      #expect(frame.count == header.count + 1 + size, sourceLocation: sourceLocation)
      #expect(Frame.bytes(forPayload: size) == frame.count, sourceLocation: sourceLocation)
      #expect(frame.traffic.messages == 1, sourceLocation: sourceLocation)
      #expect(frame.traffic.bytes == UInt64(size), sourceLocation: sourceLocation)
    }
  }

  @Test func `the header grows with the payload`() {
    checkHeader(0, [0])
    checkHeader(1, [1])
    checkHeader(125, [125])
    checkHeader(126, [126, 0, 126])
    checkHeader(127, [126, 0, 127])
    checkHeader(65_535, [126, 0xFF, 0xFF])
    checkHeader(65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0])
    checkHeader(70_000, [127, 0, 0, 0, 0, 0, 1, 0x11, 0x70])
  }

  @Test func `a close frame has its code and its reason`() {
    #expect(bytes(.close(.normal, reason: [])) == [0x88, 2, 0x03, 0xE8])
    #expect(
      bytes(.close(CloseCode(rawValue: 4999), reason: Array("bye".utf8)))
        == [0x88, 5, 0x13, 0x87] + Array("bye".utf8))
    let longest = Frame.close(.normal, reason: [UInt8](repeating: 1, count: 123))
    #expect(bytes(longest).prefix(2) == [0x88, 125])
    #expect(longest.traffic.messages == 0)
  }

  @Test func `a ping is a control frame with a payload`() {
    #expect(bytes(.ping).prefix(2) == [0x89, 1])
    #expect(Frame.ping.traffic.messages == 0)
  }

  @Test func `frames are the same only when they are one`() {
    let frame = Frame(.text, Array("x".utf8).span)
    let copy = frame
    #expect(copy.isIdentical(to: frame))
    #expect(!Frame(.text, Array("x".utf8).span).isIdentical(to: frame))
  }

  @Test func `several messages stand side by side in one frame while there is room`() {
    let row = Frame(capacity: 10)
    row.add(.text, Array("abc".utf8).span)
    row.add(Frame(.binary, Array("de".utf8).span))
    #expect(bytes(row) == [0x81, 3] + Array("abc".utf8) + [0x82, 2] + Array("de".utf8))
    #expect(row.room == 1 && row.count == 9)
    #expect(row.traffic.messages == 2 && row.traffic.bytes == 5)
  }

  @Test func `what there is no room for changes nothing`() {
    let row = Frame(capacity: 6)
    row.add(.text, Array("abcd".utf8).span)
    #expect(row.room == 0)
    row.add(.text, Array("x".utf8).span)
    #expect(row.traffic.messages == 1)
    #expect(row.count == 6)
  }
}
