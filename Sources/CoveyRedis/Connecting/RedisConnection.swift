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
///
/// hiredis connects, reads, and takes answers apart. Its own half for event loops is not used: it
/// ends the process when a server says what nobody asked for, and frees what is in use when a
/// connection ends while it begins.
final class RedisConnection {
  private var context: UnsafeMutablePointer<redisContext>?
  private let functions: UnsafeMutablePointer<covey__reply_functions>
  private var watch: (any LayerWatch)?
  private weak var client: (any RedisConnectionClient)?
  private var isConnected = false
  /// What is to be written, and how much of it was.
  private var output: [UInt8] = []
  private var written = 0

  /// Begins to connect.
  init(
    to place: RedisPlace, on loop: any LayerLoop, _ client: any RedisConnectionClient
  ) throws(Failure) {
    self.client = client
    functions = .allocate(capacity: 1)
    functions.initialize(to: covey__reply_functions())
    let made: UnsafeMutablePointer<redisContext>?
    switch place {
    case .address(let address, let port): made = redisConnectNonBlock(address, Int32(port))
    case .path(let path): made = redisConnectUnixNonBlock(path)
    }
    guard let made else { throw .system("no memory for a connection") }
    covey__close_on_exec(made.pointee.fd)
    guard made.pointee.err == 0 else {
      let reason = Self.reason(made)
      redisFree(made)
      throw .system(reason)
    }
    let watch = loop.watch(made.pointee.fd) { [unowned self] readiness in
      // What comes of it may let go of this.
      withExtendedLifetime(self) { ready(readiness) }
    }
    guard let watch else {
      let descriptor = made.pointee.fd
      redisFree(made)
      throw .system("the loop cannot watch descriptor \(descriptor)")
    }
    self.watch = watch
    covey__bound_replies(made, functions)
    context = made
    watch.wait(for: .writing)
  }

  deinit {
    close()
    functions.deallocate()
  }

  private static func reason(_ context: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: &context.pointee.errstr) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  // MARK: commands

  /// Sends a command at the end of the turn; what comes of it comes to `replied`.
  func send(_ command: [[UInt8]]) {
    if context != nil { CommandText.append(command, to: &output) }
  }

  /// Writes what waits, as far as it goes at once.
  func flush() {
    guard isConnected, let context, written < output.count else { return }
    let sent = output.withUnsafeBytes { bytes in
      covey__send(
        context.pointee.fd, bytes.baseAddress.map { $0 + written }, bytes.count - written)
    }
    guard sent >= 0 || covey__is_later(sent) != 0 else {
      return end(String(cString: strerror(Int32(truncatingIfNeeded: -sent))))
    }
    written += max(0, sent)
    if written == output.count {
      output.removeAll(keepingCapacity: output.capacity <= 1 << 16)
      written = 0
    } else if written > 1 << 16, written > output.count / 2 {
      output.removeFirst(written)
      written = 0
    }
    watch?.wait(for: output.isEmpty ? .reading : [.reading, .writing])
  }

  // MARK: the loop

  private func ready(_ readiness: Readiness) {
    if !isConnected {
      // Or could not be connected, which shows when the first command is written.
      isConnected = true
      watch?.wait(for: .reading)
      client?.connected(self)
    }
    if readiness.contains(.writing) { flush() }
    if readiness.contains(.reading) { read() }
  }

  private func read() {
    guard let context else { return }
    guard redisBufferRead(context) == REDIS_OK else { return end(Self.reason(context)) }
    // Whoever hears an answer may close this.
    while let context = self.context {
      var answer: UnsafeMutableRawPointer?
      guard redisGetReplyFromReader(context, &answer) == REDIS_OK else {
        return end(Self.reason(context))
      }
      guard let answer else { return }
      let reply = Self.reply(answer.assumingMemoryBound(to: redisReply.self), depth: 0)
      freeReplyObject(answer)
      client?.replied(self, reply)
    }
  }

  private static func reply(_ reply: UnsafePointer<redisReply>, depth: Int) -> RedisReply {
    switch reply.pointee.type {
    case REDIS_REPLY_INTEGER: return .number(Int64(reply.pointee.integer))
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .bytes(bytes(reply))
    case REDIS_REPLY_ERROR: return .error(RedisErrors.told(bytes(reply)))
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

  // MARK: the end

  /// Ends it without a word.
  func close() {
    guard let context else { return }
    self.context = nil
    client = nil
    // Before its descriptor, which may be another's at once.
    watch?.close()
    watch = nil
    redisFree(context)
  }

  private func end(_ reason: String) {
    let client = client
    close()
    client?.ended(self, reason)
  }
}
