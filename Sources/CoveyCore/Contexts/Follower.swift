/// What a consumer of a context channel is besides.
final class Follower {
  enum Phase: Int, Comparable {
    /// Its first frame has not come.
    case waiting
    case authenticating, authorizing
    /// It was told that it is in; on_open runs.
    case opening
    /// The host says which anchors.
    case listing
    /// Anchors are being loaded.
    case loading
    case following
    /// It was refused; nothing more happens.
    case over

    static func < (one: Phase, other: Phase) -> Bool { one.rawValue < other.rawValue }
  }

  let context: Context
  var phase = Phase.waiting
  var dialect: Dialect
  /// Frames that came before it was let in.
  var held: [[UInt8]] = []
  /// The version up to which the client says it is complete.
  var lastUpdate: UInt64?
  /// It has been here before.
  var isReturning = false
  var session: Session?
  /// Resumed: what is to be sent once it is open.
  var resumption: ContiguousArray<Frame>?

  var anchors: ContiguousArray<InstanceID> = []
  /// Loads that are waited for.
  var missing: Set<InstanceID> = []
  /// List edits that wait for a load, and whether it was asked for what the first of them needs.
  var edits: [AnchorEdit<InstanceID>] = []
  var isEditRequested = false
  var view: View?
  /// It came back with rows that were out of date, and were not caught up with.
  var isStale = false
  /// The version since which the anchors are what they are.
  var editedAt: UInt64 = 0
  /// Its place among the view's members.
  var place = 0

  var variables: ContiguousArray<(name: Name, json: [UInt8])> = []
  var grants: Set<Name> = []
  var calls: ContiguousArray<CallID> = []
  var hasSentNonsense = false
  /// It is in, and the host is asked once more whether it may be; until when.
  var reauthorizationDueAt: UInt64?

  /// State frames that wait for room in the outbox.
  var feed: ContiguousArray<Frame> = []
  var feedStart = 0
  var feedBytes = 0
  /// Deltas were left out, and must be caught up with.
  var isBehind = false
  /// The version that the last state frame in the outbox makes the client complete up to; 0: none.
  var queuedCursor: UInt64 = 0

  init(_ context: Context) {
    self.context = context
    dialect = context.isMany ? .many : .single
  }

  var isFeeding: Bool { feedStart < feed.count }
  var isFeedingSnapshot: Bool { feed[feedStart...].contains { $0.isSnapshot } }
  var isHeldBack: Bool { isFeeding || isBehind }
  /// Whether it was let in.
  var isIn: Bool { phase >= .opening && phase != .over }
}

/// What becomes of a list of anchors; ids are texts until it is known of which kind they are.
package enum AnchorEdit<ID: Sendable>: Sendable {
  case append(ID), prepend(ID), remove(ID), clear
  case replace([ID])

  /// Those that come.
  var ids: [ID] {
    switch self {
    case .append(let id), .prepend(let id): [id]
    case .replace(let ids): ids
    case .remove, .clear: []
    }
  }

  /// RxDjango's client puts an anchor last by the row of one that it does not know; it knows those
  /// of all lists it had, also of one that it was cut off from and comes back without saying so.
  var appends: Bool { if case .append = self { true } else { false } }

  func map<Other>(_ read: (ID) throws(Failure) -> Other) throws(Failure) -> AnchorEdit<Other> {
    switch self {
    case .append(let id): return .append(try read(id))
    case .prepend(let id): return .prepend(try read(id))
    case .remove(let id): return .remove(try read(id))
    case .clear: return .clear
    case .replace(let ids):
      var others: [Other] = []
      for id in ids { others.append(try read(id)) }
      return .replace(others)
    }
  }
}

/// What is kept of one of our own clients for a while after it was cut off.
final class Session {
  let name: [UInt8]
  let user: String?
  let channel: Int
  /// While it is connected, who it is.
  var consumer: ConsumerID?
  var anchors: ContiguousArray<InstanceID> = []
  var variables: ContiguousArray<(name: Name, json: [UInt8])> = []
  var view: View?
  var editedAt: UInt64 = 0
  var expiresAt: UInt64 = .max
  /// Its user was disconnected, or it expired: nobody takes it up again.
  var isForgotten = false

  init(name: [UInt8], user: String?, channel: Int, consumer: ConsumerID) {
    self.name = name
    self.user = user
    self.channel = channel
    self.consumer = consumer
  }
}
