package import CoveyCore

/// The host program, as a server calls it on the loop's thread; never while the hub is at work.
package protocol Host: AnyObject {
  func connect(_ id: ConsumerID, channel: Int)

  func message(
    _ id: ConsumerID, channel: Int, _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer)

  /// Calls the handler of each member that still is there, asking the server which.
  func event(_ event: Event, _ members: ContiguousArray<ConsumerID>)

  func disconnect(_ id: ConsumerID, channel: Int, _ ending: Ending)

  /// What the host keeps for a consumer is needed no more.
  func released(_ id: ConsumerID)

  func log(_ level: LogLevel, _ message: String)

  /// What was lent to handlers and between services is taken back.
  func endLending()
}
