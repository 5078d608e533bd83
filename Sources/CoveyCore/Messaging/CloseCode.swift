/// Why a WebSocket connection ended: the number in a close frame (RFC 6455, section 7.4).
///
///     1000-2999   the protocol and the registry of IANA
///     3000-3999   libraries and frameworks, registered
///     4000-4999   applications
///
/// 1004 has no meaning; 1005, 1006 and 1015 only report what happened and are never sent.
package struct CloseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Tells whether a close frame may carry this code.
  package var isValidToSend: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

extension CloseCode {
  /// The purpose of the connection was fulfilled.
  package static let normal = CloseCode(rawValue: 1000)
  /// The server stops, or the browser leaves the page.
  package static let goingAway = CloseCode(rawValue: 1001)
  package static let protocolError = CloseCode(rawValue: 1002)
  /// A kind of frame that the channel does not take.
  package static let unsupportedData = CloseCode(rawValue: 1003)
  /// Reported only: the close frame had no code.
  package static let noStatus = CloseCode(rawValue: 1005)
  /// Reported only: the connection ended without a close frame.
  package static let abnormal = CloseCode(rawValue: 1006)
  /// Text that is not UTF-8.
  package static let invalidPayload = CloseCode(rawValue: 1007)
  package static let policyViolation = CloseCode(rawValue: 1008)
  package static let messageTooLarge = CloseCode(rawValue: 1009)
  /// A handler of the host failed.
  package static let handlerFailed = CloseCode(rawValue: 1011)
  /// The server stops and will be back.
  package static let serviceRestart = CloseCode(rawValue: 1012)
  /// The peer read too slowly.
  package static let tryAgainLater = CloseCode(rawValue: 1013)
  /// The time that the host gave it has passed.
  package static let expired = CloseCode(rawValue: 4401)
  /// Refused after the upgrade.
  package static let refused = CloseCode(rawValue: 4403)
  /// Undecided or unauthenticated when the deadline passed.
  package static let deadlinePassed = CloseCode(rawValue: 4408)
}
