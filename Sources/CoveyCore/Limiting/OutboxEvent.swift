/// What became of a consumer's outbox; the numbers are the header's.
package enum OutboxEvent: Int32, Sendable {
  case high = 1, low, dropped
}
