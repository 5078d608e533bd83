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

  // MARK: codes

  package var refusedCloseCode = CloseCode.refused
  package var undecidedCloseCode = CloseCode.deadlinePassed
  package var slowCloseCode = CloseCode.tryAgainLater

  // MARK: JSON

  /// Nesting: a reader of ours or of the host may be recursive.
  package var jsonDepthMax = 64

  // MARK: constants

  /// Group and event names, users: what fits a line of a log and a key of a bus.
  package static let nameBytesMax = 255
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
  /// Slots an id can name.
  package static let slotsMax = 1 << 24
  /// What a host may raise the byte limits to: sizes stay far from overflow.
  package static let messageBytesCeiling = 1 << 30
  package static let outboxBytesCeiling = 1 << 40

  package init() {}
}
