internal import CoveyCore

/// What a driver wants done, in this order.
enum DriverOutput {
  /// On the connection for commands; its answer comes back.
  case command([[UInt8]])
  /// On the connection that listens.
  case listen([[UInt8]])
  case report(LayerReport)
  /// The connections are of no use any more: begin anew.
  case giveUp(String)
}
