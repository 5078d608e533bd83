import CoveyCore
import Testing

struct CloseCodeTests {
  @Test func `only the codes that RFC 6455 lets an endpoint send are valid to send`() {
    let valid = (0...UInt16.max).filter { CloseCode(rawValue: $0).isValidToSend }
    #expect(valid == Array(1000...1003) + Array(1007...1014) + Array(3000...4999))
  }

  @Test func `the named codes have their numbers`() {
    let codes: [CloseCode] = [
      .normal, .goingAway, .protocolError, .unsupportedData, .noStatus, .abnormal,
      .invalidPayload, .policyViolation, .messageTooLarge, .handlerFailed, .serviceRestart,
      .tryAgainLater, .refused, .deadlinePassed,
    ]
    #expect(
      codes.map(\.rawValue) == [
        1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4403, 4408,
      ])
  }
}
