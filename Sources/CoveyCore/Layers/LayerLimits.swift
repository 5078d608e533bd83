/// What bounds a layer, with the defaults.
package struct LayerLimits: Sendable {
  /// What waits for the bus, and is not known to have arrived there.
  package var queueEntriesMax = 10_000
  package var queueBytesMax = 16 << 20
  /// To connect and log in.
  package var connectTimeoutMilliseconds = 5_000
  /// A bus that owes an answer for so long is given up.
  package var answerTimeoutMilliseconds = 10_000
  /// The longest pause between two attempts to connect.
  package var retryMillisecondsMax = 10_000

  package init() {}
}
