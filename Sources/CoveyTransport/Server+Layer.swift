package import CoveyCore

// The layer that a server's groups are on, and what that may ask of the loop.
extension Server {
  /// Puts the groups onto a layer, which is opened when the server listens.
  package func attach(_ layer: any Layer) throws(Failure) {
    try requireSetup()
    guard self.layer == nil else { throw .exists("the server has a layer") }
    self.layer = layer
    hub.attachLayer()
  }

  /// How often it is looked whether the bus has what it was sent.
  private static let farewellMilliseconds: UInt64 = 20

  /// Ends the loop of a hub that has stopped, once the bus has what it was sent, or took too long.
  func finishWithLayer() {
    guard hasStopped, !hasFinished, let layer else { return }
    loop.updateTime()
    let until = farewellUntil ?? loop.now &+ limits.flushTimeoutMilliseconds
    farewellUntil = until
    guard layer.isBusy, loop.now < until else { return finish() }
    guard farewell == nil else { return }
    farewell = UvTimer(on: loop, after: Self.farewellMilliseconds) { [unowned self] in
      farewell = nil
      finishWithLayer()
    }
  }

  func finish() {
    hasFinished = true
    loop.stop()
  }

  func openLayer() {
    guard let layer else { return }
    let loop = LoopOfLayer(self)
    layer.open(on: loop) { [unowned self] report in
      hub.now = self.loop.now
      hub.layer(report)
      hasWorked = true
    }
  }
}

/// The loop of a server, as a layer sees it.
private final class LoopOfLayer: LayerLoop {
  private unowned let server: Server

  init(_ server: Server) { self.server = server }

  var milliseconds: UInt64 { server.loop.now }
  var wallMicroseconds: UInt64 { UvSystem.wallMicroseconds }

  func randomBytes(_ count: Int) -> [UInt8] { UvSystem.randomBytes(count) }

  func watch(
    _ descriptor: Int32, _ ready: @escaping (Readiness) -> Void
  ) -> (any LayerWatch)? {
    UvWatch(descriptor, on: server.loop, ready)
  }

  func after(_ milliseconds: UInt64, _ body: @escaping () -> Void) -> any LayerTimer {
    // As of now, not of when the turn began.
    server.loop.updateTime()
    return UvTimer(on: server.loop, after: milliseconds, body)
  }

  func resolve(_ host: String, _ found: @escaping ([String], String) -> Void) {
    let resolver = server.resolver ?? UvResolver(on: server.loop)
    server.resolver = resolver
    resolver.resolve(host, found)
  }
}

extension UvTimer: LayerTimer {}
