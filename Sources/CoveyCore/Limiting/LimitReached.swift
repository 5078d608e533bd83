/// That a limit was reached, as the host is told of it.
package struct LimitReached: Sendable {
  package let limit: Limit
  /// Nil: none in particular.
  package let consumer: ConsumerID?
  /// The limit, in its unit.
  package let maximum: UInt64
  /// How often since the hub was made.
  package var count: UInt64
  package let peer: [UInt8]
}
