internal import CoveyCore

/// What a listener tells of who comes.
protocol ListenerClient: AnyObject {
  /// Whether a connection is taken at all, before a byte of it is read.
  func admits(_ peer: Peer, at listener: Listener) -> Bool
  /// Somebody has come, and is waited for once its stage is set and `waits` was called.
  func arrival(of peer: Peer, at listener: Listener) -> Arrival
  func waits(for arrival: Arrival)
  /// Nobody waits for it any more.
  func isOver(_ arrival: Arrival)
  /// Whether there are descriptors for one more.
  var hasRoom: Bool { get }
  /// Somebody was turned away without a word.
  func hasDropped()
  /// The same, for no trusted proxy has said who it is.
  func hasDropped(unintroduced peer: Peer)
  /// A connection is ready to be served. Takes the descriptor.
  func serve(_ descriptor: Int32, _ arrival: Arrival)
}

/// A listening socket of ours on the loop: accepts, and reads what a proxy says first.
final class Listener {
  /// At a time, so that a crowd at the door does not stop the service inside.
  private static let acceptsPerTurn = 64
  /// Then descriptors may have become free.
  private static let exhaustedMilliseconds: UInt64 = 100

  let options: ListenOptions
  let port: UInt16
  /// Replaced when certificates are read anew; those who came before keep the old one.
  var identity: TlsIdentity?
  private let socket: Sockets.Listening
  private let loop: UvLoop
  /// Owns this, and so outlives it.
  private unowned(unsafe) let client: any ListenerClient
  private var watch: UvWatch?
  private var pause: UvTimer?
  /// Who has not been introduced by its proxy yet.
  private var introductions: [ObjectIdentifier: Arrival] = [:]
  private(set) var isOpen = true

  /// Watches a socket that listens; it is closed when this throws.
  init(
    _ socket: Sockets.Listening, _ options: ListenOptions, identity: TlsIdentity?,
    loop: UvLoop, client: any ListenerClient
  ) throws(Failure) {
    self.socket = socket
    self.options = options
    self.identity = identity
    self.loop = loop
    self.client = client
    port = socket.port
    watch = UvWatch(socket.descriptor, on: loop) { [unowned(unsafe) self] _ in
      acceptSome(atMost: Self.acceptsPerTurn)
    }
    guard let watch else { throw .system("the loop cannot watch another socket") }
    watch.wait(for: .reading)
  }

  /// How many have not been introduced by their proxies yet.
  var introductionCount: Int { introductions.count }

  /// Whether others may listen on the same port, or may take this very socket over.
  var isShared: Bool {
    switch options.place {
    case .address(_, _, let isShared): isShared
    case .path: false
    case .descriptor: true
    }
  }

  private func acceptSome(atMost count: Int) {
    for _ in 0..<count where isOpen {
      guard client.hasRoom else { return rest() }
      switch Sockets.accept(socket.descriptor) {
      case .connection(let descriptor, let peer): welcome(descriptor, peer)
      case .nobody: return
      case .gone: continue
      case .exhausted: return rest()
      }
    }
  }

  /// Whoever waits would wake the loop again and again.
  private func rest() {
    watch?.wait(for: [])
    pause = UvTimer(on: loop, after: Self.exhaustedMilliseconds) { [unowned(unsafe) self] in
      pause = nil
      watch?.wait(for: .reading)
    }
  }

  private func welcome(_ descriptor: Int32, _ peer: Peer) {
    guard options.expectsProxyHeader else {
      guard client.admits(peer, at: self) else { return drop(descriptor) }
      return client.serve(descriptor, client.arrival(of: peer, at: self))
    }
    guard options.trustedProxies.contains(peer) else { return dropUnintroduced(descriptor, peer) }
    let arrival = client.arrival(of: peer, at: self)
    // The arrival has it until it is over.
    let introduction = ProxyIntroduction(descriptor, on: loop) {
      [unowned(unsafe) self] header in
      introduced(arrival, header, descriptor)
    }
    guard let introduction else { return drop(descriptor) }
    arrival.stage = .introduction(introduction)
    introductions[ObjectIdentifier(arrival)] = arrival
    client.waits(for: arrival)
  }

  private func introduced(_ arrival: Arrival, _ header: ProxyHeader?, _ descriptor: Int32) {
    introductions[ObjectIdentifier(arrival)] = nil
    guard let header else {
      client.isOver(arrival)
      return dropUnintroduced(descriptor, arrival.peer)
    }
    arrival.peer = header.source ?? arrival.peer
    guard client.admits(arrival.peer, at: self) else {
      client.isOver(arrival)
      return drop(descriptor)
    }
    client.serve(descriptor, arrival)
  }

  private func dropUnintroduced(_ descriptor: Int32, _ peer: Peer) {
    client.hasDropped(unintroduced: peer)
    Sockets.close(descriptor)
  }

  private func drop(_ descriptor: Int32) {
    client.hasDropped()
    Sockets.close(descriptor)
  }

  /// Takes whoever waits already, and closes the listening socket.
  func letGo() {
    guard isOpen else { return }
    acceptSome(atMost: Int(options.backlog))
    stopListening()
  }

  private func stopListening() {
    guard isOpen else { return }
    isOpen = false
    pause = nil
    watch?.close()
    watch = nil
    if let file = socket.file { Sockets.remove(file) }
    Sockets.close(socket.descriptor)
  }

  /// Ends everything that is not served yet.
  func close() {
    stopListening()
    let waiting = introductions.values
    introductions = [:]
    for arrival in waiting {
      if case .introduction(let introduction) = arrival.stage { introduction.giveUp() }
      client.isOver(arrival)
    }
  }
}
