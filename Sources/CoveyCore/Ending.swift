/// How and why a consumer ended.
package struct Ending: Sendable, Equatable {
  package enum Cause: Int, Sendable, CaseIterable {
    case peer = 1, host, refused, undecided, slow, silent, tooLarge, badText, badKind, lost, stopped
    case expired, tooFast, shed
  }

  package var cause: Cause
  package var code: CloseCode
  package var reason: [UInt8] = []
  /// Whether both sides sent a close frame.
  package var isClean = false

  static let lost = Ending(cause: .lost, code: .abnormal)
  static let silent = Ending(cause: .silent, code: .abnormal)
}
