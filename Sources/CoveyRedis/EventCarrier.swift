internal import CoveyCore

/// What of a driver's format any thread may ask.
struct EventCarrier: Sendable {
  let driver: RedisDriver

  func carry(_ event: inout Event) throws(Failure) {
    switch driver {
    case .own: break
    case .django, .djangoPubSub: event.carried = try MessagePack.pack(json: event.json)
    }
  }

  func reaches(_ address: Name) -> Bool {
    switch driver {
    case .own: Address.hasForm(address)
    case .django: AsgiName.isChannelName(address.bytes)
    // There the channel of a group looks like a name, too.
    case .djangoPubSub:
      AsgiName.isChannelName(address.bytes) && !AsgiName.isOfGroup(address.bytes)
    }
  }
}
