/// Every bound of the engine, with its unit, its default and the reason for it.
///
/// A host changes the variable ones through its options; the others are constants of the protocol
/// or of what a name is.
package struct Limits: Sendable, Equatable {
  // MARK: connections

  /// Consumers at a time; the transport lowers it to the descriptor limit less 64.
  package var connectionsMax = 1 << 20
  /// Connections of one peer address at a time; off, for proxies make all peers look alike.
  package var connectionsPerAddressMax: Int? = nil
  /// How fast one peer address may connect, all addresses of an IPv6 network of 64 bits together;
  /// off, as above.
  package var connectsPerAddress: Rate?
  /// Groups of one consumer: leaving all of them is work at every disconnect.
  package var groupsPerConsumerMax = 256

  // MARK: deadlines, milliseconds

  /// From the accepted connection to the whole request; kept by the transport.
  package var handshakeTimeoutMilliseconds: UInt64 = 10_000
  /// From the request to accept or reject; nil waits for ever.
  package var connectTimeoutMilliseconds: UInt64? = 10_000
  /// Silence before a ping; nil sends none. Below the 30 s at which some proxies cut.
  package var pingIntervalMilliseconds: UInt64? = 25_000
  /// Silence before a peer counts as lost: two pings unanswered.
  package var silenceTimeoutMilliseconds: UInt64? = 60_000
  /// Without progress after a close frame was queued.
  package var closeTimeoutMilliseconds: UInt64 = 5_000
  /// For everybody together when the server stops.
  package var flushTimeoutMilliseconds: UInt64 = 5_000

  // MARK: bytes

  /// One received message, all its fragments together.
  package var messageBytesMax = 1 << 20
  /// Queued to one consumer, frame headers included, until the system took it.
  package var outboxBytesMax = 1 << 20
  /// Received from a consumer that is undecided; past it, reading pauses.
  package var undecidedBytesMax = 64 << 10
  /// A request's path, decoded.
  package var pathBytesMax = 2 << 10
  /// All headers of a request; kept by the transport.
  package var headerBytesMax = 8 << 10
  /// Calls from other threads that wait for the loop.
  package var mailboxEntriesMax = 65_536
  package var mailboxBytesMax = 64 << 20
  /// What is read at once from one connection, and allocated for each of them.
  package var receiveBufferBytes = 1 << 10

  /// Queued to all consumers together, half received from them, and held while they are undecided;
  /// off, for what a machine has to spare only its owner knows.
  package var memoryBytesMax: Int?

  // MARK: context channels

  /// From being accepted to being let in; loads and lists may take twice as long.
  package var authenticationTimeoutMilliseconds: UInt64 = 15_000
  /// For the host to answer an action or a write.
  package var callTimeoutMilliseconds: UInt64 = 30_000
  package var callsPerConsumerMax = 64
  /// State queued to one consumer; past it, it is dropped and caught up with later.
  package var stateBytesMax = 1 << 20
  /// Everything else queued to one; past it, the consumer is closed.
  package var contextBytesMax = 256 << 10
  /// One array of rows, about: what a client must read at once.
  package var snapshotPieceBytes = 64 << 10
  package var anchorsPerConsumerMax = 10_000
  /// What is kept of what nobody follows any more, for who comes back.
  package var unfollowedTimeoutMilliseconds: UInt64 = 60_000
  /// The same for clients of our own, which have sessions.
  package var sessionTimeoutMilliseconds: UInt64 = 120_000
  /// Rows, their headers included.
  package var storeBytesMax = 1 << 30
  /// Changes that who comes back is told: whichever bound is met first.
  package var logChangesMax = 100_000
  package var logBytesMax = 64 << 20
  package var logAgeMilliseconds: UInt64 = 600_000

  // MARK: codes

  package var refusedCloseCode = CloseCode.refused
  package var undecidedCloseCode = CloseCode.deadlinePassed
  package var slowCloseCode = CloseCode.tryAgainLater
  package var expiredCloseCode = CloseCode.expired

  // MARK: watching

  /// The last endings, kept for the report.
  package var endingsKept = 256

  // MARK: JSON

  /// Nesting: a reader of ours or of the host may be recursive.
  package var jsonDepthMax = 64

  // MARK: constants

  /// Frames of a client that is not let in yet.
  package static let heldFramesMax = 16
  /// Edits of one list of anchors that wait for a load.
  package static let heldEditsMax = 1024
  package static let variablesMax = 256
  package static let grantsMax = 256
  package static let parametersMax = 64
  package static let modelsMax = 1024
  /// A client's own name for a call, which is kept until the call is answered.
  package static let callNameBytesMax = 256
  /// The message of an error answer.
  package static let errorMessageBytesMax = 4 << 10
  /// Clients of our own that are waited for: each is kept for a while after it is gone.
  package static let sessionsMax = 1 << 16
  /// What our own clients are told of when to come back after a drop: at least, at most.
  package static let retryMinMilliseconds = 500
  package static let retryMaxMilliseconds = 10_000
  /// Over how long those who were drained come back.
  package static let drainSpreadMilliseconds: UInt64 = 5_000

  /// Group and event names, users: what fits a line of a log and a key of a bus.
  package static let nameBytesMax = 255
  /// What a proxy may call a client that it does not name, or a port.
  package static let proxyNodeBytesMax = 64
  /// The reason of a close frame (RFC 6455 section 5.5: 125 less the code).
  package static let closeReasonBytesMax = 123
  /// The list of offered subprotocols; libwebsockets copies it into 128 bytes, and needs two.
  package static let subprotocolListBytesMax = 126
  /// One offered subprotocol; libwebsockets copies it into 64 bytes.
  package static let subprotocolBytesMax = 63
  /// Gathered into one write; more frames than this go out in a second one.
  package static let gatherBytesMax = 64 << 10
  /// Room made for a message that has only been announced.
  package static let announcedBytesMax = 64 << 10
  /// Timers of one server at a time: each is an entry in two tables.
  package static let timersMax = 1 << 16
  /// Consumers, and groups, of one report: it is made in one go, and read by people.
  package static let reportedMax = 1_000
  /// Addresses whose rates are known: each is an entry of about 64 bytes.
  package static let addressesMax = 1 << 16
  /// How often the host is told how far a drain has come.
  package static let drainTellMilliseconds: UInt64 = 100
  /// Endings that may be kept.
  package static let endingsKeptMax = 1 << 16
  /// Slots an id can name.
  package static let slotsMax = 1 << 24
  /// What a host may raise the byte limits to: sizes stay far from overflow.
  package static let messageBytesCeiling = 1 << 30
  package static let outboxBytesCeiling = 1 << 40
  /// The least there is to share out.
  package static let memoryBytesFloor = 1 << 20
  /// Places of instances are numbered with 32 bits, and take 64 bytes at least.
  package static let storeBytesCeiling = 1 << 36

  package init() {}
}
