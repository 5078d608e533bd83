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

  /// Why Covey itself ends a consumer, in words that its client is told and that stay.
  enum Words: String {
    case slow = "too slow"
    case tooManyMessages = "too many messages"
    case tooManyBytes = "too many bytes"
    case expired = "expired"
    case shed = "out of memory"
  }

  static func told(_ cause: Cause, _ code: CloseCode, _ words: Words) -> Ending {
    Ending(cause: cause, code: code, reason: Array(words.rawValue.utf8))
  }

  static let lost = Ending(cause: .lost, code: .abnormal)
  static let silent = Ending(cause: .silent, code: .abnormal)
}
