/// One client's instance of a channel.
struct Consumer {
  enum State {
    /// Nobody's: the slot is free.
    case free
    /// on_connect runs, or the upgrade is under way after it.
    case deciding(Decision)
    /// Upgraded, and held until the host decides; what arrived meanwhile waits here.
    case undecided(held: [Message], bytes: Int)
    case open
    /// Our close frame is queued or sent; nothing else is accepted for it.
    case closing(Ending)
    /// The peer's close frame is answered, or the connection given up: nothing more is written.
    case answered(Ending)
    /// The connection is gone; on_disconnect is due.
    case gone
  }

  /// What a connect handler said before it returned.
  enum Decision: Equatable {
    case none
    case accepted
    case rejected(status: Int)
    /// Upgraded, only to be closed.
    case closing(Ending)
  }

  struct Message {
    let kind: MessageKind
    let bytes: [UInt8]
  }

  var id: ConsumerID
  var state: State
  /// Nil only in a free slot.
  var request: Request?
  var outbox = Outbox()
  var memberships: ContiguousArray<Membership> = []
  /// The fragments so far of a message that is not whole.
  var fragments: [UInt8] = []
  /// When the peer was last heard of, and last pinged.
  var heardAt: UInt64
  var pingedAt: UInt64
  /// When it was upgraded.
  var openedAt: UInt64 = 0
  /// The channel's groups as this consumer joined them; only where received messages go to them.
  var channelGroups: [Name] = []
  var user: String?
  /// What it is besides, on a context channel.
  var follower: Follower?
  /// What few consumers have; an idle one shall be small.
  private var rare: Rare?
  // Side by side, for the same reason.
  private let channelPosition: Int32
  var fragmentsKind: MessageKind?
  /// What the request is answered with is settled: an upgrade that is under way.
  var isAnswered = false
  var isUpgraded = false
  var isDirty = false
  /// Reading was paused because it is undecided.
  var isPaused = false
  /// Its state waits for room, or for what it missed.
  var isHeldBack = false
  /// It is ended without a close frame, once what is queued has gone out.
  var isDroppedWhenEmpty = false
  /// It was ended to make room; what its socket holds back is on its way out.
  var isShed = false

  init(id: ConsumerID, channel: Int, state: State, request: Request?, at now: UInt64) {
    self.id = id
    channelPosition = Int32(truncatingIfNeeded: channel)
    self.state = state
    self.request = request
    heardAt = now
    pingedAt = now
  }

  var channel: Int { Int(channelPosition) }

  /// Whether it can be sent something.
  var isReachable: Bool {
    switch state {
    case .deciding(.rejected), .deciding(.closing), .closing, .answered, .gone, .free: false
    case .deciding, .undecided, .open: true
    }
  }

  /// Whether its outbox may be written.
  var isWritable: Bool {
    switch state {
    case .open, .closing: isUpgraded
    default: false
    }
  }
}

extension Consumer {
  private final class Rare {
    var closeDueAt: UInt64 = 0
    var allowance: Allowance?
    var watch: OutboxWatch?
    var expiresAt: UInt64 = .max
    var expiryLookAt: UInt64 = .max
  }

  private mutating func makeRare() -> Rare {
    let made = rare ?? Rare()
    rare = made
    return made
  }

  /// While closing: when it is given up.
  var closeDueAt: UInt64 {
    get { rare?.closeDueAt ?? 0 }
    set { makeRare().closeDueAt = newValue }
  }

  /// Only where a channel has rates.
  var allowance: Allowance? {
    get { rare?.allowance }
    set { if rare != nil || newValue != nil { makeRare().allowance = newValue } }
  }

  /// Only where it matters how slowly one reads.
  var watch: OutboxWatch? {
    get { rare?.watch }
    set { if rare != nil || newValue != nil { makeRare().watch = newValue } }
  }

  /// When its time is over; .max: never.
  var expiresAt: UInt64 {
    get { rare?.expiresAt ?? .max }
    set { if rare != nil || newValue < .max { makeRare().expiresAt = newValue } }
  }

  /// When the earliest deadline looks at that; .max: never.
  var expiryLookAt: UInt64 {
    get { rare?.expiryLookAt ?? .max }
    set { if rare != nil || newValue < .max { makeRare().expiryLookAt = newValue } }
  }
}
