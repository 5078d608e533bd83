/// How the letters of one topic come in.
struct TopicReception {
  /// Why letters may be missing although it is not known where their reception stood.
  enum Doubt {
    case none
    /// Somebody listened while the bus was away.
    case disconnected
  }

  /// What is known when the bus is to say where the topic stands.
  enum Standing {
    case unknown(Doubt)
    case at(TopicPlace)
  }

  enum State {
    /// Nobody listens: the bus has not answered yet all that it was asked.
    case unfollowed
    case unsubscribed(Standing)
    case subscribing(Standing)
    /// Letters come live, and wait for those before them.
    case asking(Standing, HeldLetters)
    case live(TopicPlace)
    /// Nobody knows what came before: the next letter is as good as any.
    case adrift
  }

  var state = State.unfollowed
  /// Counts those that were followed: dictionaries have no order to be repeated.
  private(set) var turn: UInt64 = 0
  /// What the bus has not answered yet: of an earlier subscription all but the last.
  private var subscriptionsOpen = 0
  var asksOpen = 0
  var heard = HeardSenders()

  var isFollowed: Bool {
    if case .unfollowed = state { false } else { true }
  }

  /// Whether nothing is left to be known.
  var isOver: Bool { !isFollowed && subscriptionsOpen == 0 && asksOpen == 0 }

  var place: TopicPlace? {
    switch state {
    case .live(let place): place
    case .unsubscribed(.at(let place)), .subscribing(.at(let place)), .asking(.at(let place), _):
      place
    default: nil
    }
  }

  // MARK: following

  /// - Parameter isFirst: There was no connection yet: nobody can have missed anything.
  mutating func follow(
    _ topic: Name, turn: UInt64, isConnected: Bool, isFirst: Bool, _ commons: inout SequencerCommons
  ) {
    self.turn = turn
    state = .unsubscribed(.unknown(isConnected || isFirst ? .none : .disconnected))
    if isConnected { subscribe(topic, &commons) }
  }

  mutating func unfollow(_ topic: Name, _ commons: inout SequencerCommons) {
    switch state {
    case .unfollowed: return
    case .unsubscribed: break
    case .asking(_, let held):
      commons.giveBackRoom(of: held)
      commons.outputs.append(.unsubscribe(topic))
    case .subscribing, .live, .adrift: commons.outputs.append(.unsubscribe(topic))
    }
    state = .unfollowed
    heard = HeardSenders()
  }

  // MARK: the connection

  mutating func subscribe(_ topic: Name, _ commons: inout SequencerCommons) {
    guard case .unsubscribed(let standing) = state else { return }
    state = .subscribing(standing)
    subscriptionsOpen &+= 1
    commons.outputs.append(.subscribe(topic))
  }

  mutating func disconnected(_ commons: inout SequencerCommons) {
    subscriptionsOpen = 0
    asksOpen = 0
    switch state {
    case .unfollowed, .unsubscribed: break
    case .asking(let standing, let held):
      commons.giveBackRoom(of: held)
      state = .unsubscribed(Self.interrupted(standing))
    case .subscribing(let standing): state = .unsubscribed(Self.interrupted(standing))
    case .live(let place): state = .unsubscribed(.at(place))
    case .adrift: state = .unsubscribed(.unknown(.disconnected))
    }
  }

  private static func interrupted(_ standing: Standing) -> Standing {
    if case .unknown = standing { .unknown(.disconnected) } else { standing }
  }

  /// Others could not be reached since it is followed.
  mutating func doubt() {
    guard case .unsubscribed(.unknown(.none)) = state else { return }
    state = .unsubscribed(.unknown(.disconnected))
  }

  /// The bus has lost everything; answers whether letters of it may be missing here.
  mutating func loseBus() -> Bool {
    guard case .unsubscribed(.at) = state else { return false }
    // All that it has had since then is new.
    state = .unsubscribed(.at(.unused))
    return true
  }

  mutating func subscribed(_ topic: Name, _ commons: inout SequencerCommons) {
    guard subscriptionsOpen > 0 else { return }
    subscriptionsOpen &-= 1
    guard subscriptionsOpen == 0, case .subscribing(let standing) = state else { return }
    ask(topic, standing, HeldLetters(), &commons)
  }

  mutating func ask(
    _ topic: Name, _ standing: Standing, _ held: HeldLetters, _ commons: inout SequencerCommons
  ) {
    state = .asking(standing, held)
    asksOpen &+= 1
    switch standing {
    case .unknown: commons.outputs.append(.ask(topic, since: nil))
    case .at(let place): commons.outputs.append(.ask(topic, since: max(1, place.number)))
    }
  }
}
