/// What crosses a layer.
package enum Parcel: Sendable, Equatable {
  /// For the handlers of a group's members.
  case event(Event)
  /// A finished message to a group's members.
  case message(MessageKind, [UInt8])
  /// For the handler of one consumer of the process it goes to.
  case addressed(ConsumerID, Event)
}
