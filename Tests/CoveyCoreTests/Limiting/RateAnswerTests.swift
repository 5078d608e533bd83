import Testing

@testable import CoveyCore

/// Rates on context channels: what can be answered is, anything else ends the client.
struct RateAnswerTests {
  /// A world whose channels take so many messages at once, and one more each second.
  private func play(_ burst: UInt64, _ script: String) -> String? {
    let scenario = ContextScenario()
    for channel in scenario.hub.channels {
      channel.messageRate = Rate(perSecond: 1, burst: burst)
    }
    return scenario.play(script)
  }

  private static let board = """
    put Project {"id":1,"title":"P"}
    A opens /project/1/ ann
    B opens /project/1/ ann own
    """

  @Test func `a call and a write past the rate are answered with 429`() {
    let report = play(
      2,
      """
      \(Self.board)
      A sends {"callId":1,"action":"echo","params":[]}
        host: A calls C1 echo []
      A sends {"callId":2,"action":"echo","params":[]}
        A: {"type":"actionResponse","callId":2,"error":{"code":429,"message":
          "too fast: 1 messages a second, the limit"}}
      A sends {"type":"write","writeId":3,"operation":"save"}
        A: {"type":"writeResponse","writeId":3,"success":false,"error":{"code":429,"message":
          "too fast: 1 messages a second, the limit"}}
      +1s & A sends {"callId":4,"action":"echo","params":[]}
        host: A calls C2 echo []
      reached
        host: messageRate A 1 1
        host: messageRate A 1 2
      """)
    if let report { Issue.record("\n\(report)") }
  }

  @Test func `any other frame past the rate ends the client`() {
    let report = play(
      1,
      """
      \(Self.board)
      A sends {"token":"ann"}
        A: dropped
        host: A gone tooFast 1008
      B sends nonsense
        B: close 1008 "too many messages"
      """)
    if let report { Issue.record("\n\(report)") }
  }

  @Test func `before it is let in nothing is answered`() {
    let report = play(
      1,
      """
      put Project {"id":1,"title":"P"}
      off authenticate
      A opens /project/1/ ann
      A sends {"callId":1,"action":"echo","params":[]}
        A: dropped
        host: A gone tooFast 1008
      """)
    if let report { Issue.record("\n\(report)") }
  }
}
