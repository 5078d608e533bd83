/// What the hub asks of a layer.
package enum LayerRequest: Sendable {
  /// Somebody here is in a group that nobody here was in; nobody is any more.
  case join(Name)
  case leave(Name)
  /// To the members of a group in other processes; those here have been served.
  case publish(Parcel, group: Name)
  /// To whoever has an address that is none of this server's.
  case send(Event, address: Name)
}
