/// What one consumer may still send; only consumers of channels with rates have one.
final class Allowance {
  private let messageRate: Rate?
  private let byteRate: Rate?
  private var messages: TokenBucket?
  private var bytes: TokenBucket?
  /// What the message that is arriving, or has just arrived, went past.
  private(set) var exceeded: Limit?

  /// Nil for a channel without rates.
  init?(_ channel: Channel, at now: UInt64) {
    guard channel.messageRate != nil || channel.byteRate != nil else { return nil }
    messageRate = channel.messageRate
    byteRate = channel.byteRate
    messages = channel.messageRate.map { TokenBucket($0, at: now) }
    bytes = channel.byteRate.map { TokenBucket($0, at: now) }
  }

  /// Charges bytes as they arrive, and a message when it is whole.
  func charge(_ piece: Piece, bytes count: Int, at now: UInt64) {
    if piece.isFirst { exceeded = nil }
    if let byteRate {
      // An empty fragment is work as well.
      let cost = count == 0 && !piece.isLast ? 1 : UInt64(truncatingIfNeeded: count)
      if bytes?.take(cost, byteRate, at: now) == false { exceeded = .byteRate }
    }
    if piece.isLast, let messageRate, messages?.take(1, messageRate, at: now) == false {
      exceeded = exceeded ?? .messageRate
    }
  }

  /// The rate a second that a limit stands for.
  func maximum(_ limit: Limit) -> UInt64 {
    (limit == .byteRate ? byteRate : messageRate)?.perSecond ?? 0
  }
}
