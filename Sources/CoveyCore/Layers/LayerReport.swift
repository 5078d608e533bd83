/// What a layer has to say to the hub.
package enum LayerReport: Sendable {
  /// From another process.
  case received(Parcel, group: Name)
  case addressed(ConsumerID, Event)
  /// Others can be reached; they cannot, and why.
  case connected
  case disconnected(String)
  case gap(LayerGap)
  case counted(LayerCounter, UInt64)
  case log(LogRecord)
}
