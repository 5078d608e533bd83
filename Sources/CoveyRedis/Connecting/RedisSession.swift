internal import CoveyCore

/// Hears of a session.
protocol RedisSessionClient: AnyObject {
  /// Both connections are there and logged in.
  func sessionBegan()
  func sessionReplied(_ reply: RedisReply)
  func sessionHeard(_ reply: RedisReply)
  /// It is time to ask for something to be heard.
  func sessionBeats()
  /// Both connections are gone, or did not come to be; another attempt follows.
  func sessionEnded(_ reason: String)
}

/// Two connections to Redis that live and die together, made again and again: one for commands and
/// one that listens.
///
/// Together, because a bus of which one half works is one that lies.
final class RedisSession {
  private enum State {
    case idle
    /// Until the next attempt.
    case waiting(any LayerTimer)
    /// Which look-up is waited for.
    case resolving(UInt64)
    case greeting
    case ready
    case closed
  }

  private let url: RedisURL
  private let limits: LayerLimits
  private let loop: any LayerLoop
  private unowned let client: any RedisSessionClient
  private static let unasked = "the bus answers what nobody asked; is it Redis?"
  private var state = State.idle
  private var commands: RedisConnection?
  private var listening: RedisConnection?
  /// Answers to greetings that are still to come.
  private var commandGreetings = 0
  private var listenGreetings = 0
  private var deadline: (any LayerTimer)?
  private var heartbeat: (any LayerTimer)?
  private var attempts = 0
  private var lookups: UInt64 = 0
  /// Which of a host's addresses is tried next.
  private var addressTurn = 0

  /// Commands without an answer, and since when the oldest of them waits in vain.
  private var owed = 0
  private var owedSince: UInt64 = 0
  private var heardAt: UInt64 = 0
  private var beatenAt: UInt64 = 0

  init(
    _ url: RedisURL, _ limits: LayerLimits, on loop: any LayerLoop,
    _ client: any RedisSessionClient
  ) {
    self.url = url
    self.limits = limits
    self.loop = loop
    self.client = client
  }

  // MARK: beginning

  func start() {
    deadline = loop.after(UInt64(limits.connectTimeoutMilliseconds)) { [unowned self] in
      fail("no connection within \(limits.connectTimeoutMilliseconds) ms")
    }
    switch url.place {
    case .unix(let path): connect(to: .path(path))
    case .host(let host, let port):
      lookups &+= 1
      let lookup = lookups
      state = .resolving(lookup)
      loop.resolve(host) { [weak self] addresses, reason in
        self?.resolved(lookup, addresses, port, reason)
      }
    }
  }

  private func resolved(
    _ lookup: UInt64, _ addresses: [String], _ port: UInt16, _ reason: String
  ) {
    // Else it is the late answer to an attempt that was given up.
    guard case .resolving(lookup) = state else { return }
    guard !addresses.isEmpty else { return fail("host is not found: \(reason)") }
    connect(to: .address(addresses[addressTurn % addresses.count], port: port))
    addressTurn &+= 1
  }

  private func connect(to place: RedisPlace) {
    state = .greeting
    do throws(Failure) {
      commandGreetings = greeting.count
      listenGreetings = greeting.count
      commands = try RedisConnection(to: place, on: loop, self)
      listening = try RedisConnection(to: place, on: loop, self)
    } catch {
      fail(error.message)
    }
  }

  /// What a connection says first. A ping at its end is refused where a password is missing.
  private var greeting: [[[UInt8]]] {
    var greeting: [[[UInt8]]] = []
    if let password = url.password {
      let user = url.user.map { [$0] } ?? []
      greeting.append([Array("AUTH".utf8)] + user + [password])
    }
    if url.database != 0 {
      greeting.append([Array("SELECT".utf8), Array(String(url.database).utf8)])
    }
    greeting.append([Array("PING".utf8)])
    return greeting
  }

  private func greeted(_ connection: RedisConnection, _ reply: RedisReply) {
    let isOfCommands = connection === commands
    if case .error(let reason) = reply {
      // What refuses a password may well repeat it.
      let left = isOfCommands ? commandGreetings : listenGreetings
      let isLogin = url.password != nil && left == greeting.count
      let word = reason.prefix { $0 != " " }
      return fail(isLogin ? "the bus refuses to let in: \(word)" : reason)
    }
    guard (isOfCommands ? commandGreetings : listenGreetings) > 0 else {
      return fail(Self.unasked)
    }
    if isOfCommands { commandGreetings &-= 1 } else { listenGreetings &-= 1 }
    guard commandGreetings == 0, listenGreetings == 0 else { return }
    deadline = nil
    state = .ready
    owed = 0
    heardAt = loop.milliseconds
    beatenAt = heardAt
    beatLater()
    client.sessionBegan()
  }

  // MARK: while it lasts

  var isReady: Bool { if case .ready = state { true } else { false } }

  func send(_ command: [[UInt8]]) {
    guard isReady else { return }
    if owed == 0 { owedSince = loop.milliseconds }
    owed &+= 1
    commands?.send(command)
  }

  func listen(_ command: [[UInt8]]) {
    if isReady { listening?.send(command) }
  }

  func flush() {
    commands?.flush()
    listening?.flush()
  }

  private var beatMilliseconds: UInt64 { max(20, UInt64(limits.answerTimeoutMilliseconds) / 4) }

  private func beatLater() {
    heartbeat = loop.after(beatMilliseconds) { [unowned self] in beat() }
  }

  private func beat() {
    guard isReady else { return }
    let now = loop.milliseconds
    // Who was asleep himself, or stopped, has not listened: what he owes nobody comes first.
    if now &- beatenAt > 3 &* beatMilliseconds {
      owedSince = now
      heardAt = now
    }
    beatenAt = now
    var patience = UInt64(limits.answerTimeoutMilliseconds)
    if owed > 0, now &- owedSince > patience { return fail("no answer within \(patience) ms") }
    // Redis before 6 waits for whole seconds, and says nothing meanwhile.
    patience = max(patience, 2_000)
    if now &- heardAt > patience { return fail("nothing was heard for \(patience) ms") }
    // Not as soon as it begins: one that is given up at once, again and again, is not to be begun
    // again at once.
    attempts = 0
    beatLater()
    client.sessionBeats()
    flush()
  }

  // MARK: ending

  /// Ends this attempt or session, and begins anew after a while.
  func fail(_ reason: String) {
    switch state {
    case .idle, .waiting, .closed: return
    case .resolving, .greeting, .ready: break
    }
    drop()
    let pause = nextPause()
    state = .waiting(loop.after(pause) { [unowned self] in start() })
    client.sessionEnded(reason)
  }

  private func drop() {
    deadline = nil
    heartbeat = nil
    commands?.close()
    listening?.close()
    commands = nil
    listening = nil
  }

  /// Twice as long each time, up to a limit, and by chance between half and all of that: who lost
  /// the bus together is not to come back together.
  private func nextPause() -> UInt64 {
    let longest = min(UInt64(limits.retryMillisecondsMax), 50 << UInt64(min(attempts, 20)))
    attempts &+= 1
    let chance = loop.randomBytes(2).reduce(0) { $0 << 8 | UInt64($1) }
    return longest / 2 &+ longest &* chance / 131_072
  }

  func close() {
    flush()
    state = .closed
    drop()
  }
}

extension RedisSession: RedisConnectionClient {
  func connected(_ connection: RedisConnection) {
    for command in greeting { connection.send(command) }
    connection.flush()
  }

  func replied(_ connection: RedisConnection, _ reply: RedisReply) {
    guard isReady else { return greeted(connection, reply) }
    if connection === commands {
      guard owed > 0 else { return fail(Self.unasked) }
      owed &-= 1
      owedSince = loop.milliseconds
      client.sessionReplied(reply)
    } else {
      heardAt = loop.milliseconds
      client.sessionHeard(reply)
    }
  }

  func ended(_ connection: RedisConnection, _ reason: String) {
    guard connection === commands || connection === listening else { return }
    fail(reason)
  }
}
