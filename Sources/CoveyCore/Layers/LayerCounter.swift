/// What a layer counts; in the order of the statistics.
package enum LayerCounter: Int, Sendable, CaseIterable {
  /// Connections that were made to the bus, the first among them.
  case connections
  /// Messages handed to the bus, and messages that came from it for somebody here.
  case published, received
  /// Of these, fetched from a log after a gap.
  case repaired
  /// Seen before, and dropped.
  case duplicates
  /// Bytes on the bus that are no message of ours.
  case foreign
  /// Commands that the bus refused.
  case errors
  /// Gaps: groups that were told, for `missed`; messages, for the others.
  case missed, unsent, unknown, full

  package var label: String {
    switch self {
    case .connections: "connections"
    case .published: "published"
    case .received: "received"
    case .repaired: "repaired"
    case .duplicates: "duplicates"
    case .foreign: "foreign"
    case .errors: "errors"
    case .missed: "missed"
    case .unsent: "unsent"
    case .unknown: "unknown"
    case .full: "full"
    }
  }
}
