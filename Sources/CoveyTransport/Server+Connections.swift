internal import CoveyCore

// What libwebsockets tells, on the loop's thread, turned into inputs of the hub.
extension Server {
  // MARK: addresses

  /// Whether one more connection of this address is taken.
  func accepts(_ peer: @autoclosure () -> [UInt8]) -> Bool {
    guard limits.connectionsPerAddressMax != nil || limits.connectsPerAddress != nil else {
      return true
    }
    let peer = peer()
    hub.now = loop.now
    let network = Hub.network(peer)
    return hub.accepts(address: peer, connections: addressCounts[network, default: 0])
  }

  /// Whether its address is its own, and bounded: a proxy's stands for many, a Unix socket has
  /// none, and operators are never turned away.
  func isCounted(_ peer: Peer, at listener: Listener) -> Bool {
    let options = listener.options
    return peer != .unix && !options.isForOperators && !options.trustedProxies.contains(peer)
  }

  func lwsConnected(_ connection: LwsConnection) {
    guard let arriving else { return }
    self.arriving = nil
    arrivals[connection.identity] = arriving
    let isWaitedFor = if case .introduction = arriving.stage { true } else { false }
    arriving.stage = .connection(connection)
    if !isWaitedFor { doorstep.add(arriving) }
    if isCounted(arriving.peer, at: arriving.listener) {
      count(connection, as: arriving.peer.text)
    }
  }

  func lwsDisconnected(_ connection: LwsConnection) {
    let arrival = arrivals.removeValue(forKey: connection.identity)
    uncount(connection)
    guard let arrival else { return }
    doorstep.leave(arrival)
    countIfFailed(arrival)
  }

  /// Counts a handshake of TLS that ended before it was done.
  func countIfFailed(_ arrival: Arrival) {
    // What the end of the server cuts off has not failed.
    guard let handshake = arrival.handshake, !handshake.isDone, handshake.hasHeard, !hasFinished
    else { return }
    hub.now = loop.now
    let reason = arrival.isLate ? "not finished in time" : handshake.problem ?? "the client hung up"
    hub.countFailedHandshake(arrival.peer.text, reason)
    pump()
  }

  private func count(_ connection: LwsConnection, as peer: [UInt8]) {
    guard limits.connectionsPerAddressMax != nil else { return }
    let network = Hub.network(peer)
    addresses[connection.identity] = network
    addressCounts[network, default: 0] += 1
  }

  private func uncount(_ connection: LwsConnection) {
    guard let peer = addresses.removeValue(forKey: connection.identity) else { return }
    let count = addressCounts[peer, default: 1] - 1
    addressCounts[peer] = count > 0 ? count : nil
  }

  /// Counts who comes by a proxy, once it is known who that is; false: there are too many.
  private func admitsClient(_ connection: LwsConnection, _ arrival: Arrival, _ peer: Peer) -> Bool {
    guard !isCounted(arrival.peer, at: arrival.listener), isCounted(peer, at: arrival.listener)
    else { return true }
    // It may have carried somebody else's request before.
    uncount(connection)
    let text = peer.text
    guard accepts(text) else {
      hub.refuse(503, peer: text, path: [], isToldOf: false)
      return false
    }
    count(connection, as: text)
    return true
  }

  /// Who it is by the connection, whatever a proxy would say.
  private func peer(of connection: LwsConnection) -> [UInt8] {
    arrivals[connection.identity]?.peer.text ?? []
  }

  // MARK: opening

  /// A whole request has come.
  private func hasAsked(_ connection: LwsConnection) {
    if let arrival = arrivals[connection.identity] { doorstep.leave(arrival) }
  }

  /// A WebSocket handshake, unanswered.
  func lwsWantsUpgrade(_ connection: LwsConnection) -> LwsUpgrade {
    hub.now = loop.now
    hasAsked(connection)
    guard let arrival = arrivals[connection.identity], !arrival.listener.options.isForOperators
    else {
      hub.refuse(404, peer: peer(of: connection), path: connection.requestLine?.path ?? [])
      pump()
      return .refuse(Self.response(404))
    }
    guard let provenance = provenance(of: connection, arrival),
      let opening = opening(connection, provenance)
    else {
      hub.refuse(400, peer: arrival.peer.text, path: connection.requestLine?.path ?? [])
      pump()
      return .refuse(Self.response(400))
    }
    guard admitsClient(connection, arrival, provenance.peer) else {
      return .refuse(Self.response(503))
    }
    let id: ConsumerID
    switch hub.open(opening) {
    case .refuse(let status): return .refuse(Self.response(status))
    case .admit(let admitted): id = admitted
    case .ask(let asked, let channel):
      id = asked
      handshake = (id, connection)
      timed(.connect) { host?.connect(id, channel: channel) }
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

  /// Where a request came from; nil when a proxy's words about it make no sense.
  private func provenance(of connection: LwsConnection, _ arrival: Arrival) -> Provenance? {
    let direct = Provenance(
      peer: arrival.peer, isSecure: arrival.listener.options.tls != nil, host: connection.host)
    let proxies = arrival.listener.options.trustedProxies
    guard proxies.contains(arrival.peer) else { return direct }
    var headers = Provenance.Headers()
    headers.forwarded = connection.header("forwarded")
    headers.forwardedFor = connection.header("x-forwarded-for")
    headers.forwardedScheme = connection.header("x-forwarded-proto")
    headers.forwardedHost = connection.header("x-forwarded-host")
    return direct.said(headers, by: proxies)
  }

  private func opening(_ connection: LwsConnection, _ provenance: Provenance) -> Opening? {
    guard let line = connection.requestLine,
      SubprotocolList.names("upgrade", in: connection.connectionHeader)
    else { return nil }
    let list = SubprotocolList(connection.subprotocolList)
    var opening = Opening()
    opening.isGet = line.method == .get
    opening.path = line.path
    opening.version = connection.version
    opening.key = connection.key
    opening.host = provenance.host
    opening.origin = connection.origin
    opening.subprotocols = list.offers
    opening.isSubprotocolListBad = list.isBad
    opening.peer = provenance.peer.text
    opening.isSecure = provenance.isSecure
    opening.certificate = TlsSubject.of(connection.tls)
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
    arrivals[connection.identity] = nil
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
    case .deliver(let kind, let channel):
      timed(.message) { host?.message(id, channel: channel, kind, bytes) }
    case .action(let call, let handler, let parameters):
      openCalls.open(call)
      timed(.action) {
        host?.action(
          id, call, handler: handler, UnsafeRawBufferPointer(rebasing: bytes[parameters]))
      }
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
    hasAsked(connection)
    guard let line = connection.requestLine, line.path.count <= limits.pathBytesMax else {
      return .send(HTTPResponse(status: 400, endsConnection: true))
    }
    guard line.method != .other else {
      // What follows is a body that nobody reads.
      return .send(
        HTTPResponse(status: 405, headers: [("Allow", "GET, HEAD")], endsConnection: true))
    }
    guard !connection.announcesBody else {
      return .send(HTTPResponse(status: 413, endsConnection: true))
    }
    guard (try? UTF8Span(validating: line.path.span)) != nil else {
      return .send(HTTPResponse(status: 400))
    }
    let answer = operatorAnswer(
      line.path, isForOperators: isForOperators(connection),
      hasOperatorsListener: hasListenerForOperators)
    switch answer {
    case .page(let page): return .send(response(page))
    case .nothing: return .send(HTTPResponse(status: 404))
    case .other: break
    }
    if let page = files.page(line.path) { return send(page, connection) }
    if hub.hasChannel(at: line.path) {
      hub.refuse(426, peer: peer(of: connection), path: line.path)
      pump()
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
