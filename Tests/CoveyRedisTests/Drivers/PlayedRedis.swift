#if Redis
  import CoveyCore
  @testable import CoveyRedis
  import SeededNumbers

  /// Redis' side of a driver: takes what it wants done, and answers as a sound Redis would, or as a
  /// test says.
  final class PlayedRedis {
    static let bus = "00000000000000b5"
    static let scriptName = String(repeating: "a", count: 40)

    let driver: any Driver
    /// Commands without an answer, and what was said on the connection that listens.
    private(set) var commands: [[String]] = []
    private(set) var listens: [[String]] = []
    /// Every command there was.
    private(set) var history: [[String]] = []
    private(set) var reports: [LayerReport] = []
    private(set) var givenUp: [String] = []
    private(set) var isUp = false
    /// What a group's key answers.
    var members: [String] = []

    /// Whether the system has random bytes.
    var hasRandom = true

    init(
      _ url: String, queueEntries: Int = 10_000, answerTimeoutMilliseconds: Int = 10_000
    ) throws {
      var limits = LayerLimits()
      limits.queueEntriesMax = queueEntries
      limits.answerTimeoutMilliseconds = answerTimeoutMilliseconds
      var numbers = SeededNumbers(7)
      var hasRandom: () -> Bool = { true }
      let setting = DriverSetting(
        url: try RedisURL(url), limits: limits, token: 0xC0, depthMax: 64,
        random: { count in
          guard hasRandom() else { return [] }
          return (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        })
      switch setting.url.driver {
      case .own: driver = SequencedDriver(setting)
      case .djangoPubSub: driver = PubSubDriver(setting)
      case .django: driver = MailboxDriver(setting)
      }
      driver.now = DriverTime(milliseconds: 1_000, microseconds: 1_700_000_000_000_000)
      hasRandom = { [unowned self] in self.hasRandom }
    }

    // MARK: inputs

    func connect() {
      isUp = true
      driver.connected()
      take()
    }

    func disconnect() {
      isUp = false
      driver.disconnected()
      commands = []
      listens = []
      take()
    }

    func perform(_ request: LayerRequest) {
      driver.perform(request)
      take()
    }

    func beat(after milliseconds: UInt64 = 2_500) {
      driver.now.milliseconds += milliseconds
      driver.now.microseconds += milliseconds * 1_000
      driver.beat()
      take()
    }

    /// Answers the oldest command.
    func reply(_ reply: RedisReply) {
      if !commands.isEmpty { commands.removeFirst() }
      driver.replied(reply)
      take()
    }

    func hear(_ reply: RedisReply) {
      driver.heard(reply)
      take()
    }

    /// As a layer does: what is left when the connection was given up is not sent any more.
    private func take() {
      while !driver.outputs.isEmpty {
        var outputs: [DriverOutput] = []
        swap(&outputs, &driver.outputs)
        for output in outputs {
          switch output {
          case .command(let command) where isUp:
            commands.append(text(command))
            history.append(text(command))
          case .listen(let command) where isUp: listens.append(text(command))
          case .command, .listen: break
          case .report(let report): reports.append(report)
          case .giveUp(let reason):
            guard isUp else { break }
            givenUp.append(reason)
            isUp = false
            commands = []
            listens = []
            driver.disconnected()
          }
        }
      }
    }

    private func text(_ command: [[UInt8]]) -> [String] {
      command.map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: a sound Redis

    /// Answers everything, until there is nothing left to be answered or heard.
    func settle() {
      while isUp, !commands.isEmpty || listens.contains(where: { $0[0] != "BZPOPMIN" }) {
        if let command = commands.first { reply(Self.answer(command, members)) }
        guard let at = listens.firstIndex(where: { $0[0] != "BZPOPMIN" }) else { continue }
        let command = listens.remove(at: at)
        switch command[0] {
        case "ZPOPMIN": hear(.list([]))
        default:
          let kind = RedisReply.bytes(Array(command[0].lowercased().utf8))
          for (index, channel) in command.dropFirst().enumerated() {
            hear(.list([kind, .bytes(Array(channel.utf8)), .number(Int64(index) + 1)]))
          }
        }
      }
    }

    func begin() {
      connect()
      settle()
    }

    static func answer(_ command: [String], _ members: [String]) -> RedisReply {
      switch command[0] {
      case "SCRIPT": .bytes(Array(scriptName.utf8))
      case "GET": .bytes(Array(bus.utf8))
      // Who asks has two keys: the topic was never used.
      case "EVALSHA" where command[2] == "2" && command.count == 6: .nothing
      case "EVALSHA": .number(command.count == 12 && command[2] == "3" ? 1 : 0)
      case "PUBLISH": .number(1)
      case "ZRANGE": .list(members.map { .bytes(Array($0.utf8)) })
      case "ZADD", "ZREM", "EXPIRE", "ZREMRANGEBYSCORE": .number(0)
      case "ZSCORE": .bytes(Array("1.0".utf8))
      default: .bytes(Array("OK".utf8))
      }
    }

    // MARK: what came of it

    var gaps: [LayerGap] {
      reports.compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
    }

    var received: [String] {
      reports.compactMap { report in
        switch report {
        case .received(.event(let event), let group):
          "\(group.text): \(String(decoding: event.json, as: UTF8.self))"
        case .received(.message(let kind, let bytes), let group):
          "\(group.text): \(kind) \(String(decoding: bytes, as: UTF8.self))"
        case .addressed(let id, let event):
          "\(id.raw): \(String(decoding: event.json, as: UTF8.self))"
        default: nil
        }
      }
    }

    func count(_ counter: LayerCounter) -> UInt64 {
      reports.reduce(0) { sum, report in
        if case .counted(counter, let count) = report { sum + count } else { sum }
      }
    }

    var connections: Int {
      reports.count { if case .connected = $0 { true } else { false } }
    }

    func forget() { reports = [] }
  }

  /// An event as the hub hands it over.
  func event(_ json: String, _ url: String) throws -> Event {
    var event = try Event(json: Array(json.utf8))
    try EventCarrier(driver: try RedisURL(url).driver).carry(&event)
    return event
  }

  /// What Redis tells of a message on a channel.
  func push(_ channel: String, _ bytes: [UInt8]) -> RedisReply {
    .list([
      .bytes(Array("message".utf8)), .bytes(Array(channel.utf8)), .bytes(bytes),
    ])
  }

  let drivers = ["redis://h", "redis+django-pubsub://h", "redis+django://h"]
#endif
