/// What the hub wants done, in this order, once it has returned.
package enum Effect {
  /// Other threads may now ask this of the consumer; nil: it is gone.
  case phase(ConsumerID, Phase?)
  /// The host's handler for a message that was held or put together from fragments.
  case message(ConsumerID, MessageKind, [UInt8])
  /// The host's handler for an event, for each of these that is still there.
  case event(Event, ContiguousArray<ConsumerID>)
  case disconnect(ConsumerID, Ending)
  /// The host's handlers of context channels.
  case authenticate(ConsumerID, token: [UInt8])
  case authorize(ConsumerID)
  /// On return, `opened` is called.
  case open(ConsumerID, lastUpdate: UInt64)
  case list(ConsumerID)
  case action(ConsumerID, CallID, handler: Int, [UInt8])
  case write(ConsumerID, CallID, WriteRequest)
  case load(LoadID, model: Int, InstanceID)
  case storeChanged(Store.Committed)
  /// Was answered, or there is nobody to answer to.
  case callOver(CallID)
  case loadOver(LoadID)
  /// Nothing is known of this consumer any more.
  case released(ConsumerID)
  case pauseReading(ConsumerID)
  case resumeReading(ConsumerID)
  /// End the connection without further ado.
  case drop(ConsumerID)
  case timer(UInt64)
  case log(LogRecord)
  case limit(LimitReached)
  case outbox(ConsumerID, OutboxEvent, bytes: Int, dropped: UInt64)
  /// From now on nobody new is wanted.
  case drainBegan
  /// To the other processes that share groups.
  case layer(LayerRequest)
  case layerGap(LayerGap)
  case layerState(isConnected: Bool, String)
  case drain(remaining: Int, total: Int)
  /// Everybody is gone: the loop may end.
  case stopped
}

/// What other threads can tell about a consumer without asking the loop.
package enum Phase: UInt64, Sendable {
  case deciding = 1, undecided, open, closing
}
