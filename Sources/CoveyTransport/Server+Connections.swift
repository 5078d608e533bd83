internal import CoveyCore

// What libwebsockets tells, on the loop's thread, turned into inputs of the hub.
extension Server {
  // MARK: addresses

  /// Whether to take a connection from this peer.
  func lwsAccepts(peer: @autoclosure () -> [UInt8]) -> Bool {
    guard limits.connectionsPerAddressMax != nil || limits.connectsPerAddress != nil else {
      return true
    }
    let peer = peer()
    hub.now = loop.now
    return hub.accepts(address: peer, connections: addressCounts[peer, default: 0])
  }

  func lwsConnected(_ connection: LwsConnection) {
    guard limits.connectionsPerAddressMax != nil else { return }
    let peer = connection.peer
    addresses[connection.identity] = peer
    addressCounts[peer, default: 0] += 1
  }

  func lwsDisconnected(_ connection: LwsConnection) {
    guard let peer = addresses.removeValue(forKey: connection.identity) else { return }
    let count = addressCounts[peer, default: 1] - 1
    addressCounts[peer] = count > 0 ? count : nil
  }

  // MARK: opening

  /// A WebSocket handshake, unanswered.
  func lwsWantsUpgrade(_ connection: LwsConnection) -> LwsUpgrade {
    hub.now = loop.now
    guard let opening = opening(connection) else {
      hub.countRefused()
      return .refuse(Self.response(400))
    }
    let id: ConsumerID
    switch hub.open(opening) {
    case .refuse(let status): return .refuse(Self.response(status))
    case .admit(let admitted): id = admitted
    case .ask(let asked, let channel):
      id = asked
      handshake = (id, connection)
      host?.connect(id, channel: channel)
      handshake = nil
    }
    keepHeaders(of: id, connection)
    let answer = hub.answer(id)
    pump()
    switch answer {
    case .refuse(let status): return .refuse(Self.response(status))
    case .upgrade(let subprotocol):
      connection.tag = id.raw
      return .upgrade(subprotocol: subprotocol, isAnyOffered: !opening.subprotocols.isEmpty)
    }
  }

  private func opening(_ connection: LwsConnection) -> Opening? {
    guard let line = connection.requestLine,
      SubprotocolList.names("upgrade", in: connection.connectionHeader)
    else { return nil }
    let list = SubprotocolList(connection.subprotocolList)
    var opening = Opening()
    opening.isGet = line.method == .get
    opening.path = line.path
    opening.version = connection.version
    opening.key = connection.key
    opening.host = connection.host
    opening.origin = connection.origin
    opening.subprotocols = list.offers
    opening.isSubprotocolListBad = list.isBad
    opening.peer = connection.peer
    for pair in connection.query {
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      opening.query.append((Array(pair[..<equals]), Array(pair[equals...].dropFirst())))
    }
    return opening
  }

  /// Keeps what can be asked for later: while undecided all that libwebsockets can name, and what
  /// the channel wants in any case.
  private func keepHeaders(of id: ConsumerID, _ connection: LwsConnection) {
    guard let request = hub.request(of: id) else { return }
    var kept: Set<String> = []
    if hub.isWaiting(id) {
      for (name, value) in connection.knownHeaders {
        request.keep(header: Array(name.utf8), value: value)
        kept.insert(name)
      }
    }
    for name in hub.keptHeaders(of: id) where !kept.contains(name) {
      guard let value = connection.header(name) else { continue }
      request.keep(header: Array(name.utf8), value: value)
    }
  }

  func lwsEstablished(_ connection: LwsConnection) {
    let id = ConsumerID(raw: connection.tag)
    while connections.count <= id.slot { connections.append(nil) }
    connections[id.slot] = connection
    hub.now = loop.now
    hub.upgraded(id)
    pump()
  }

  // MARK: messages

  func lwsReceived(_ connection: LwsConnection, _ bytes: UnsafeRawBufferPointer) {
    let id = ConsumerID(raw: connection.tag)
    hub.now = loop.now
    // What is due before it, above all messages that were held, comes before it.
    pump()
    let piece = Piece(
      kind: connection.isBinary ? .binary : .text, isFirst: connection.isFirstPiece,
      isLast: connection.isLastPiece, remaining: connection.remainingInFrame)
    if piece.remaining > 0 { isMidMessage = true }
    let typed = bytes.assumingMemoryBound(to: UInt8.self)
    switch hub.received(id, piece, typed.span) {
    case .nothing: break
    case .deliver(let kind, let channel): host?.message(id, channel: channel, kind, bytes)
    case .action(let call, let handler, let parameters):
      openCalls.open(call)
      host?.action(
        id, call, handler: handler, UnsafeRawBufferPointer(rebasing: bytes[parameters]))
    }
    pump()
  }

  func lwsPonged(_ connection: LwsConnection) {
    hub.now = loop.now
    hub.ponged(ConsumerID(raw: connection.tag))
  }

  func lwsIsWritable(_ connection: LwsConnection) {
    guard connection.tag != 0 else { return }
    if connection.isBuffered {
      connection.askForWritable()
    } else {
      hub.now = loop.now
      hub.drained(ConsumerID(raw: connection.tag))
    }
  }

  // MARK: ending

  /// A close frame came; tells whether libwebsockets shall answer it.
  func lwsPeerClosed(_ connection: LwsConnection, _ payload: [UInt8]) -> Bool {
    hub.now = loop.now
    let isToAnswer = hub.peerClosed(ConsumerID(raw: connection.tag), payload)
    pump()
    return isToAnswer
  }

  /// libwebsockets ends the connection, perhaps with a close frame of its own: nothing may follow.
  func lwsGivesUp(_ connection: LwsConnection) {
    guard connection.tag != 0 else { return }
    hub.now = loop.now
    hub.givenUp(ConsumerID(raw: connection.tag))
    pump()
  }

  /// The connection is gone. May come for one that never was established, and twice.
  func lwsClosed(_ connection: LwsConnection) {
    let id = ConsumerID(raw: connection.tag)
    guard id.raw != 0 else { return }
    connection.tag = 0
    if id.slot < connections.count, connections[id.slot]?.identity == connection.identity {
      connections[id.slot] = nil
    }
    hub.now = loop.now
    hub.gone(id)
    pump()
  }

  // MARK: plain requests

  /// A request that is no handshake, unanswered.
  func lwsWantsResponse(_ connection: LwsConnection) -> LwsResponse {
    guard let line = connection.requestLine, line.path.count <= limits.pathBytesMax else {
      return .send(HTTPResponse(status: 400, endsConnection: true))
    }
    guard line.method != .other else {
      // What follows is a body that nobody reads.
      return .send(
        HTTPResponse(status: 405, headers: [("Allow", "GET, HEAD")], endsConnection: true))
    }
    guard (try? UTF8Span(validating: line.path.span)) != nil else {
      return .send(HTTPResponse(status: 400))
    }
    if line.path == healthPath {
      return .send(
        hub.isStopping
          ? HTTPResponse(status: 503, text: "stopping") : HTTPResponse(status: 200, text: "ok"))
    }
    if let page = files.page(line.path) { return send(page, connection) }
    if hub.hasChannel(at: line.path) {
      hub.countRefused()
      return .send(Self.response(426))
    }
    return send(files.find(line.path), connection)
  }

  private func send(_ answer: Files.Answer, _ connection: LwsConnection) -> LwsResponse {
    switch answer {
    case .notFound: return .send(HTTPResponse(status: 404))
    case .redirect(let place):
      return .send(HTTPResponse(status: 301, headers: [("Location", place)]))
    case .file(let path, let mediaType, let entityTag):
      if connection.header("if-none-match") == Array(entityTag.utf8) {
        return .send(HTTPResponse(status: 304, headers: [("ETag", entityTag)]))
      }
      let headers =
        "etag: \(entityTag)\r\ncache-control: no-cache\r\nx-content-type-options: nosniff\r\n"
      return .sendFile(path: path, mediaType: mediaType, headers: headers)
    }
  }

  /// The answer to a handshake, with what its status requires (RFC 9110, RFC 6455 section 4.4).
  private static func response(_ status: Int) -> HTTPResponse {
    switch status {
    case 426:
      HTTPResponse(
        status: 426,
        headers: [
          ("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ])
    case 503: HTTPResponse(status: 503, headers: [("Retry-After", "5")])
    default: HTTPResponse(status: status)
    }
  }
}
