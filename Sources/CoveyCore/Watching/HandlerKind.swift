/// The kinds of handlers whose time is taken, as metrics tell them apart.
package enum HandlerKind: Int, CaseIterable, Sendable {
  /// Everything up to being let in.
  case connect
  case message, event, action, write, load
  /// The host follows what changes in its store.
  case change
  case disconnect
  /// Timers, and what was posted.
  case task

  var label: StaticString {
    switch self {
    case .connect: "connect"
    case .message: "message"
    case .event: "event"
    case .action: "action"
    case .write: "write"
    case .load: "load"
    case .change: "change"
    case .disconnect: "disconnect"
    case .task: "task"
    }
  }
}
