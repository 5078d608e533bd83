package import CoveyCore

// Where the server listens: the sockets, and what comes of those who come.
extension Server {
  /// Listens; answers the port, 0 for a Unix socket.
  package func listen(_ options: ListenOptions) throws(Failure) -> UInt16 {
    try requireLoop()
    if isInHandler { throw .busy("inside a handler") }
    try requireNotStopping()
    _ = try schema()
    let identity = try options.tls.map { (files) throws(Failure) in try TlsIdentity(files) }
    guard lws?.prepare(isSecure: identity != nil) ?? false else {
      throw .system("libwebsockets has no memory for a virtual host")
    }
    let socket = try open(options)
    let listener: Listener
    do throws(Failure) {
      listener = try Listener(
        socket, options, identity: identity, loop: loop, client: self)
    } catch {
      if let file = socket.file { Sockets.remove(file) }
      // A descriptor stays the host's.
      if case .descriptor = options.place {} else { Sockets.close(socket.descriptor) }
      throw error
    }
    listeners.append(listener)
    if !isListening { openLayer() }
    isListening = true
    loop.wake()
    return listener.port
  }

  private func open(_ options: ListenOptions) throws(Failure) -> Sockets.Listening {
    switch options.place {
    case .address(let text, let port, let isShared):
      guard let address = IPAddress(text.utf8) else {
        throw .invalid("address \(Failure.quote(text)) is not numeric")
      }
      let isVersion6 = text.utf8.contains(UInt8(ascii: ":"))
      return try Sockets.listen(
        address: address, isVersion6: isVersion6, port: port, backlog: options.backlog,
        isShared: isShared, at: isVersion6 ? "[\(text)]:\(port)" : "\(text):\(port)")
    case .path(let path, let owner, let mode):
      return try Sockets.listen(path: path, owner: owner, mode: mode, backlog: options.backlog)
    case .descriptor(let descriptor):
      return try Sockets.adopt(descriptor)
    }
  }

  /// Reads the files of all listeners with TLS anew, for connections to come; all of them or none.
  package func reloadCertificates() throws(Failure) {
    try requireLoop()
    try requireNotStopping()
    var identities: [(Listener, TlsIdentity)] = []
    for listener in listeners {
      guard let files = listener.options.tls else { continue }
      identities.append((listener, try TlsIdentity(files)))
    }
    for (listener, identity) in identities { listener.identity = identity }
  }

  /// Leaves the ports that other processes may listen on too, and the sockets that were handed
  /// over, to these: takes whoever waits already, and listens there no more. On the loop's thread.
  func letGoOfSharedPorts() {
    for listener in listeners where listener.isShared { listener.letGo() }
  }

  /// Whether a connection came by a listener for operators: then nobody else's business is done.
  func isForOperators(_ connection: LwsConnection) -> Bool {
    arrivals[connection.identity]?.listener.options.isForOperators ?? false
  }

  /// Whether any listener is for operators alone: what is theirs is answered nowhere else, then.
  var hasListenerForOperators: Bool { listeners.contains { $0.options.isForOperators } }

  func closeListeners() {
    for listener in listeners { listener.close() }
  }
}

extension Server: ListenerClient {
  func admits(_ peer: Peer, at listener: Listener) -> Bool {
    !isCounted(peer, at: listener) || accepts(peer.text)
  }

  /// The host needs descriptors, too, whoever comes and says nothing.
  var hasRoom: Bool {
    let waiting = listeners.reduce(arrivals.count) { $0 + $1.introductionCount }
    return waiting + hub.occupied < descriptorsMax
  }

  func arrival(of peer: Peer, at listener: Listener) -> Arrival {
    Arrival(peer, at: listener, dueAt: loop.now &+ limits.handshakeTimeoutMilliseconds)
  }

  func waits(for arrival: Arrival) { doorstep.add(arrival) }

  func isOver(_ arrival: Arrival) { doorstep.leave(arrival) }

  /// Ends whoever has not asked for anything in time. What it is about is told as its end is.
  func endLateArrivals() {
    while let arrival = doorstep.takeLate(at: loop.now) {
      switch arrival.stage {
      case .introduction(let introduction): introduction.timeOut()
      case .connection(let connection): connection.hangUp()
      case .over: break
      }
    }
  }

  func hasDropped() { hub.countDropped() }

  func hasDropped(unintroduced peer: Peer) {
    hub.now = loop.now
    hub.dropUnintroduced(peer.text)
    pump()
  }

  func serve(_ descriptor: Int32, _ arrival: Arrival) {
    arriving = arrival
    if let identity = arrival.listener.identity {
      let handshake = TlsHandshake()
      arrival.handshake = handshake
      lws?.adopt(descriptor, (identity, handshake))
    } else {
      lws?.adopt(descriptor, nil)
    }
    guard arriving != nil else { return }
    arriving = nil
    // libwebsockets tells of nobody whose handshake fails at once.
    countIfFailed(arrival)
    doorstep.leave(arrival)
  }
}
