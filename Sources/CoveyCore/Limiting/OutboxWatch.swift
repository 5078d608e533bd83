/// How slowly one consumer reads; only consumers of channels where that matters have one.
final class OutboxWatch {
  let policy: SlowPolicy
  /// Nil: marks are not told.
  let highBytes: Int?
  let lowBytes: Int
  private let isTold: Bool
  var isHigh = false
  /// Messages dropped that were not told yet.
  var dropped: UInt64 = 0

  /// Nil for a channel that closes slow readers without a word.
  init?(_ channel: Channel) {
    let isTold = channel.hasOutboxHandler
    guard channel.slowPolicy != .close || (isTold && channel.outboxHighBytes != nil) else {
      return nil
    }
    policy = channel.slowPolicy
    highBytes = isTold ? channel.outboxHighBytes : nil
    lowBytes = channel.outboxLowBytes
    self.isTold = isTold
  }

  /// Counts drops; tells whether they are the first that wait to be told.
  func drop(_ messages: Int) -> Bool {
    guard isTold else { return false }
    defer { dropped &+= UInt64(truncatingIfNeeded: messages) }
    return dropped == 0
  }

  /// What is to be told of an outbox of this size.
  func event(at bytes: Int) -> OutboxEvent? {
    guard let highBytes, isHigh ? bytes <= lowBytes : bytes > highBytes else { return nil }
    isHigh.toggle()
    return isHigh ? .high : .low
  }
}
