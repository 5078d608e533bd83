/// Whose formats a layer over Redis speaks.
package enum RedisDriver: Sendable, Equatable {
  /// Covey's own: numbered messages, and a log to repair from.
  case own
  /// That of `channels_redis.core.RedisChannelLayer`: a mailbox for each process.
  case django
  /// That of `channels_redis.pubsub.RedisPubSubChannelLayer`.
  case djangoPubSub
}
