/// Counters since the hub was made, and what there is now.
package struct Statistics: Sendable {
  package var consumers: UInt64 = 0
  package var groups: UInt64 = 0
  package var outboxBytes: UInt64 = 0
  package var connectionsAccepted: UInt64 = 0
  package var connectionsRefused: UInt64 = 0
  package var connectionsDropped: UInt64 = 0
  package var messagesIn: UInt64 = 0
  package var messagesOut: UInt64 = 0
  package var bytesIn: UInt64 = 0
  package var bytesOut: UInt64 = 0
  package var eventsHandled: UInt64 = 0
  package var eventsUnhandled: UInt64 = 0
  /// By cause; position 0 is unused.
  var endings = [UInt64](repeating: 0, count: Ending.Cause.allCases.count + 1)
  package var dropsGone: UInt64 = 0
  package var dropsQueued: UInt64 = 0
  package var dropsMailboxFull: UInt64 = 0
  package var dropsGroupsFull: UInt64 = 0
  /// State: now, and since the hub was made.
  package var instances: UInt64 = 0
  package var storeBytes: UInt64 = 0
  package var scopes: UInt64 = 0
  package var callsOpen: UInt64 = 0
  package var deltas: UInt64 = 0
  package var snapshots: UInt64 = 0
  package var resumes: UInt64 = 0
  package var fallsBehind: UInt64 = 0
  package var catchUps: UInt64 = 0
  package var calls: UInt64 = 0
  package var writes: UInt64 = 0
  package var callsFailed: UInt64 = 0
  package var callsTimedOut: UInt64 = 0
  package var loadsFailed: UInt64 = 0
  package var framesIgnored: UInt64 = 0
  package var dropsStore: UInt64 = 0
  /// How often each was reached; position 0 is unused.
  var limits = [UInt64](repeating: 0, count: Limit.allCases.count + 1)
  /// Messages dropped because their reader was slow.
  package var dropsSlow: UInt64 = 0
  /// What the bound of all memory is about.
  package var memoryBytes: UInt64 = 0
  /// Handshakes of TLS that began and were not finished.
  package var connectionsTlsFailed: UInt64 = 0

  /// Whether the layer is connected: 1 or 0.
  package var layerConnected: UInt64 = 0
  var layer = [UInt64](repeating: 0, count: LayerCounter.allCases.count)

  init() {}

  package func count(_ cause: Ending.Cause) -> UInt64 { endings[cause.rawValue] }
  package func count(_ limit: Limit) -> UInt64 { limits[limit.rawValue] }
  package func count(_ counter: LayerCounter) -> UInt64 { layer[counter.rawValue] }

  mutating func add(_ counter: LayerCounter, _ times: UInt64 = 1) {
    layer[counter.rawValue] &+= times
  }
}
