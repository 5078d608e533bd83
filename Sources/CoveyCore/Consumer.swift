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
  var channel: Int
  var state: State
  /// Nil only in a free slot.
  var request: Request?
  var outbox = Outbox()
  var memberships: ContiguousArray<Membership> = []
  /// The fragments so far of a message that is not whole.
  var fragments: [UInt8] = []
  var fragmentsKind: MessageKind?
  /// When the peer was last heard of, and last pinged.
  var heardAt: UInt64
  var pingedAt: UInt64
  /// When it was upgraded.
  var openedAt: UInt64 = 0
  /// While closing: when it is given up.
  var closeDueAt: UInt64 = 0
  /// What the request is answered with is settled: an upgrade that is under way.
  var isAnswered = false
  var isUpgraded = false
  var isDirty = false
  /// Reading was paused because it is undecided.
  var isPaused = false
  /// The channel's groups as this consumer joined them; only where received messages go to them.
  var channelGroups: [Name] = []
  var user: String?
  /// What it is besides, on a context channel.
  var follower: Follower?
  /// Its state waits for room, or for what it missed.
  var isHeldBack = false
  /// It is ended without a close frame, once what is queued has gone out.
  var isDroppedWhenEmpty = false
  /// It was ended to make room; what its socket holds back is on its way out.
  var isShed = false
  /// Only where a channel has rates, and where it matters how slowly one reads.
  var allowance: Allowance?
  var watch: OutboxWatch?
  /// When its time is over, and when the earliest deadline looks at that; .max: never.
  var expiresAt: UInt64 = .max
  var expiryLookAt: UInt64 = .max

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
