package import CoveyCore

/// The host program, as a server calls it on the loop's thread; never while the hub is at work.
package protocol Host: AnyObject {
  func connect(_ id: ConsumerID, channel: Int)

  func message(
    _ id: ConsumerID, channel: Int, _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer)

  /// Calls the handler of each member that still is there, asking the server which.
  func event(_ event: Event, _ members: ContiguousArray<ConsumerID>)

  func authenticate(_ id: ConsumerID, channel: Int, token: [UInt8])
  func authorize(_ id: ConsumerID, channel: Int)
  func open(_ id: ConsumerID, channel: Int, lastUpdate: UInt64)
  func list(_ id: ConsumerID, channel: Int)

  func action(
    _ id: ConsumerID, _ call: CallID, handler: Int, _ parameters: UnsafeRawBufferPointer)

  func write(_ id: ConsumerID, channel: Int, _ call: CallID, _ request: WriteRequest)
  func load(_ load: LoadID, model: Int, _ id: InstanceID)
  func storeChanged(_ change: Store.Committed)

  func disconnect(_ id: ConsumerID, channel: Int, _ ending: Ending)

  /// What the host keeps for a consumer is needed no more.
  func released(_ id: ConsumerID)

  func log(_ record: LogRecord)
  func reached(_ limit: LimitReached)

  /// A mark of an outbox was passed, or messages were dropped.
  func outbox(
    _ id: ConsumerID, channel: Int, _ event: OutboxEvent, bytes: Int, dropped: UInt64)

  func layerGap(_ gap: LayerGap)
  func layerState(isConnected: Bool, _ reason: String)

  /// How far seeing everybody off has come.
  func drain(remaining: Int, total: Int)

  /// What was lent to handlers and between services is taken back.
  func endLending()
}
