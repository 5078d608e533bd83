import Testing

@testable import CoveyCore

/// The defaults are promises of the header. What each limit does is tested where it is kept.
struct LimitsTests {
  @Test func `the defaults are those of the header`() {
    let limits = Limits()
    #expect(limits.connectionsPerAddressMax == nil)
    #expect(limits.groupsPerConsumerMax == 256)
    #expect(limits.handshakeTimeoutMilliseconds == 10_000)
    #expect(limits.connectTimeoutMilliseconds == 10_000)
    #expect(limits.pingIntervalMilliseconds == 25_000)
    #expect(limits.silenceTimeoutMilliseconds == 60_000)
    #expect(limits.closeTimeoutMilliseconds == 5_000)
    #expect(limits.flushTimeoutMilliseconds == 5_000)
    #expect(limits.messageBytesMax == 1_048_576)
    #expect(limits.outboxBytesMax == 1_048_576)
    #expect(limits.undecidedBytesMax == 65_536)
    #expect(limits.pathBytesMax == 2_048)
    #expect(limits.headerBytesMax == 8_192)
    #expect(limits.mailboxEntriesMax == 65_536)
    #expect(limits.mailboxBytesMax == 67_108_864)
    #expect(limits.receiveBufferBytes == 1_024)
    #expect(limits.jsonDepthMax == 64)
    #expect(limits.refusedCloseCode.rawValue == 4403)
    #expect(limits.undecidedCloseCode.rawValue == 4408)
    #expect(limits.slowCloseCode.rawValue == 1013)
    #expect(limits.expiredCloseCode.rawValue == 4401)
    #expect(limits.memoryBytesMax == nil)
    #expect(limits.connectsPerAddress == nil)
    #expect(limits.endingsKept == 256)
  }

  @Test func `names, reasons and lists have the sizes that are promised`() {
    #expect(Limits.nameBytesMax == 255)
    #expect(Event.typeBytesMax == 255)
    #expect(Limits.closeReasonBytesMax == 123)
    #expect(Limits.subprotocolListBytesMax == 126)
    #expect(Limits.gatherBytesMax == 65_536)
  }

  @Test func `at their defaults messages, outbox and path are taken at the limit`() {
    check(
      """
      channel ws/<room> accepts
      on text: note me says "heard"
      A connects /ws/\(String(repeating: "r", count: 2044))  => A: open
      B connects /ws/\(String(repeating: "r", count: 2045))  => B: 400
      A sends 1048576 bytes     => A says "heard"
      host sends A 1048566 bytes  => A: text 1048566 bytes
      A sends 1048577 bytes     => A: close 1009
      """)
  }

  @Test func `a consumer is in 256 groups and in no more`() {
    let adds = (0..<256).map { "host adds A g\($0)" }.joined(separator: " & ")
    check(
      """
      channel ws/ accepts
      A connects /ws/           => A: open
      \(adds)                   => nothing
      host adds A one-more      => host: full
      statistics groups         => groups 256
      """)
  }
}
