package import CoveyCore

/// A layer over Redis: a driver that knows a format, and a session that knows the way.
package final class RedisLayer: Layer {
  private let url: RedisURL
  private let limits: LayerLimits
  /// What other threads may ask.
  private let carrier: EventCarrier
  private let token: UInt64
  private let depthMax: Int
  private var driver: (any Driver)?
  private var session: RedisSession?
  private var loop: (any LayerLoop)?
  private var report: ((LayerReport) -> Void)?
  private var isConnected = false
  /// Why not, as it was told last.
  private var reason: String?
  private var isDraining = false
  private var awaySince: UInt64 = 0

  /// The token is the server's: its consumers' addresses have it.
  package init(
    _ url: RedisURL, _ limits: LayerLimits, token: UInt64, jsonDepthMax: Int
  ) {
    self.url = url
    self.limits = limits
    self.token = token
    depthMax = jsonDepthMax
    carrier = EventCarrier(driver: url.driver)
  }

  package func carry(_ event: inout Event) throws(Failure) { try carrier.carry(&event) }
  package func reaches(_ address: Name) -> Bool { carrier.reaches(address) }

  package func open(on loop: any LayerLoop, _ report: @escaping (LayerReport) -> Void) {
    self.loop = loop
    self.report = report
    awaySince = loop.milliseconds
    let setting = DriverSetting(
      url: url, limits: limits, token: token, depthMax: depthMax,
      random: { [unowned loop] in loop.randomBytes($0) })
    switch url.driver {
    case .own: driver = SequencedDriver(setting)
    case .djangoPubSub: driver = PubSubDriver(setting)
    case .django: driver = MailboxDriver(setting)
    }
    let session = RedisSession(url, limits, on: loop, self)
    self.session = session
    session.start()
  }

  package func perform(_ request: LayerRequest) { tell { $0.perform(request) } }

  package func endTurn() { session?.flush() }

  /// How long a bus that went away, or is not there yet, is waited for at the end.
  private static let graceMilliseconds: UInt64 = 250

  package var isBusy: Bool {
    guard let loop, driver?.isBusy == true else { return false }
    return isConnected || loop.milliseconds &- awaySince < Self.graceMilliseconds
  }

  package func close() {
    tell { $0.close() }
    session?.close()
    session = nil
    driver = nil
    loop = nil
    report = nil
  }

  // MARK: the driver

  /// Gives the driver an input, and carries out what comes of it.
  private func tell(_ input: (any Driver) -> Void) {
    guard let driver, let loop else { return }
    driver.now = DriverTime(
      milliseconds: loop.milliseconds, microseconds: loop.wallMicroseconds)
    input(driver)
    // What is carried out may be the next input: one round at a time, in order.
    guard !isDraining else { return }
    isDraining = true
    defer { isDraining = false }
    while !driver.outputs.isEmpty {
      var outputs: [DriverOutput] = []
      swap(&outputs, &driver.outputs)
      for output in outputs { carryOut(output) }
    }
  }

  /// Once: it is called wherever there is an input.
  @inline(never)
  private func carryOut(_ output: DriverOutput) {
    switch output {
    case .command(let command): session?.send(command)
    case .listen(let command): session?.listen(command)
    case .giveUp(let reason): session?.fail(reason)
    case .report(.connected):
      isConnected = true
      reason = nil
      report?(.counted(.connections, 1))
      report?(.connected)
    case .report(let given): report?(given)
    }
  }
}

extension RedisLayer: RedisSessionClient {
  func sessionBegan() { tell { $0.connected() } }
  func sessionReplied(_ reply: RedisReply) { tell { $0.replied(reply) } }
  func sessionHeard(_ reply: RedisReply) { tell { $0.heard(reply) } }
  func sessionBeats() { tell { $0.beat() } }

  func sessionEnded(_ reason: String) {
    tell { $0.disconnected() }
    // Told again only when it is for another reason.
    guard isConnected || reason != self.reason else { return }
    if isConnected, let loop { awaySince = loop.milliseconds }
    isConnected = false
    self.reason = reason
    report?(.disconnected(reason))
  }
}
