import CHiredis
import CoveyCore

/// Hears what happens on a connection to Redis.
protocol RedisConnectionClient: AnyObject {
  func connected(_ connection: RedisConnection)
  /// The answer to the oldest command that has none yet; where commands subscribe, what comes of
  /// that, too.
  func replied(_ connection: RedisConnection, _ reply: RedisReply)
  /// It is over; nothing follows.
  func ended(_ connection: RedisConnection, _ reason: String)
}

/// One connection to Redis, by hiredis, on the loop of the server.
final class RedisConnection {
  /// Until hiredis frees it, which may be after the end.
  private var context: UnsafeMutablePointer<redisAsyncContext>?
  private var isOpen = true
  private var watch: (any LayerWatch)?
  private var waited: LayerReadiness = []
  private weak var client: (any RedisConnectionClient)?
  /// Kept until hiredis has let go of the pointer to this.
  private var itself: RedisConnection?

  /// Begins to connect.
  init(
    to place: RedisPlace, on loop: any LayerLoop, _ client: any RedisConnectionClient
  ) throws(Failure) {
    self.client = client
    let made: UnsafeMutablePointer<redisAsyncContext>?
    switch place {
    case .address(let address, let port): made = redisAsyncConnect(address, Int32(port))
    case .path(let path): made = redisAsyncConnectUnix(path)
    }
    guard let made else { throw .system("no memory for a connection") }
    guard made.pointee.err == 0 else {
      let reason = Self.reason(made)
      redisAsyncFree(made)
      throw .system(reason)
    }
    let watch = loop.watch(made.pointee.c.fd) { [unowned self] in ready($0) }
    guard let watch else {
      redisAsyncFree(made)
      throw .system("the loop cannot watch descriptor \(made.pointee.c.fd)")
    }
    self.watch = watch
    context = made
    itself = self
    attach(made)
  }

  private func attach(_ context: UnsafeMutablePointer<redisAsyncContext>) {
    let this = Unmanaged.passUnretained(self).toOpaque()
    context.pointee.data = this
    context.pointee.ev.data = this
    context.pointee.ev.addRead = { RedisConnection.of($0)?.want(.reading, true) }
    context.pointee.ev.delRead = { RedisConnection.of($0)?.want(.reading, false) }
    context.pointee.ev.addWrite = { RedisConnection.of($0)?.want(.writing, true) }
    context.pointee.ev.delWrite = { RedisConnection.of($0)?.want(.writing, false) }
    context.pointee.ev.cleanup = { RedisConnection.of($0)?.letGo() }
    // That it failed is told when hiredis lets go.
    redisAsyncSetConnectCallback(context) { context, status in
      guard status == REDIS_OK, let this = RedisConnection.of(context?.pointee.data) else { return }
      this.client?.connected(this)
    }
  }

  private static func of(_ pointer: UnsafeMutableRawPointer?) -> RedisConnection? {
    pointer.map { Unmanaged<RedisConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func reason(_ context: UnsafePointer<redisAsyncContext>) -> String {
    context.pointee.errstr.map { String(cString: $0) } ?? "unknown error"
  }

  // MARK: commands

  /// Sends a command; its answer comes to `replied`, but of one that subscribes to `pushed`.
  func send(_ command: [[UInt8]]) {
    guard isOpen, let context else { return }
    var text: [UInt8] = []
    text.reserveCapacity(command.reduce(16) { $0 &+ $1.count &+ 16 })
    CommandText.append(command, to: &text)
    _ = text.withUnsafeBytes { text in
      redisAsyncFormattedCommand(
        context,
        { context, reply, _ in
          guard let context, let this = RedisConnection.of(context.pointee.data) else { return }
          this.take(reply)
        }, nil, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
    }
  }

  private func take(_ raw: UnsafeMutableRawPointer?) {
    // None: the connection is over, which is told once.
    guard isOpen, let raw else { return }
    client?.replied(self, Self.reply(raw.assumingMemoryBound(to: redisReply.self), depth: 0))
  }

  private static func reply(_ reply: UnsafePointer<redisReply>, depth: Int) -> RedisReply {
    switch reply.pointee.type {
    case REDIS_REPLY_INTEGER: return .number(Int64(reply.pointee.integer))
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .bytes(bytes(reply))
    case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(reply), as: UTF8.self))
    case REDIS_REPLY_ARRAY where depth < 8:
      var list: [RedisReply] = []
      list.reserveCapacity(reply.pointee.elements)
      for position in 0..<reply.pointee.elements {
        guard let element = reply.pointee.element[position] else { continue }
        list.append(Self.reply(element, depth: depth + 1))
      }
      return .list(list)
    default: return .nothing
    }
  }

  private static func bytes(_ reply: UnsafePointer<redisReply>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len))
  }

  // MARK: the loop

  private func want(_ readiness: LayerReadiness, _ isWanted: Bool) {
    if isWanted { waited.insert(readiness) } else { waited.remove(readiness) }
    // What is to be written is written at the end of the turn, unless it waits to be connected.
    if !(isWanted && readiness == .writing && isReady) { watch?.wait(for: waited) }
  }

  private var isReady: Bool {
    isOpen && (context.map { $0.pointee.c.flags & REDIS_CONNECTED != 0 } ?? false)
  }

  private func ready(_ readiness: LayerReadiness) {
    // Each of them may end the connection.
    if isOpen, readiness.contains(.reading), let context { redisAsyncHandleRead(context) }
    if isOpen, readiness.contains(.writing), let context { redisAsyncHandleWrite(context) }
  }

  /// Writes what waits, as far as it goes at once.
  func flush() {
    guard isReady, waited.contains(.writing), let context else { return }
    redisAsyncHandleWrite(context)
    if waited.contains(.writing) { watch?.wait(for: waited) }
  }

  // MARK: the end

  /// Ends it without a word.
  func close() {
    guard isOpen, let context else { return }
    isOpen = false
    client = nil
    // Inside a callback hiredis frees it later, and lets go of this then.
    redisAsyncFree(context)
  }

  /// hiredis is about to close the descriptor and to free the context.
  private func letGo() {
    // This may be all that kept it.
    let kept = itself
    itself = nil
    watch?.close()
    watch = nil
    let reason = context.map { Self.reason($0) } ?? ""
    context = nil
    if isOpen {
      isOpen = false
      client?.ended(self, reason.isEmpty ? "closed" : reason)
    }
    withExtendedLifetime(kept) {}
  }
}
