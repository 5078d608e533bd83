/// What a connection that subscribes is told.
enum RedisPush: Equatable {
  /// The channel or pattern is subscribed, or is not any more.
  case subscribed([UInt8])
  case unsubscribed([UInt8])
  /// By a channel that was subscribed, or by one of a pattern.
  case message(channel: [UInt8], [UInt8])

  init?(_ reply: RedisReply) {
    guard let list = reply.list, let kind = list.first?.bytes, list.count >= 3 else { return nil }
    switch String(decoding: kind, as: UTF8.self) {
    case "message":
      guard let channel = list[1].bytes, let payload = list[2].bytes else { return nil }
      self = .message(channel: channel, payload)
    case "pmessage":
      guard list.count >= 4, let channel = list[2].bytes, let payload = list[3].bytes else {
        return nil
      }
      self = .message(channel: channel, payload)
    case "subscribe", "psubscribe":
      guard let name = list[1].bytes else { return nil }
      self = .subscribed(name)
    case "unsubscribe", "punsubscribe":
      guard let name = list[1].bytes else { return nil }
      self = .unsubscribed(name)
    default: return nil
    }
  }
}
