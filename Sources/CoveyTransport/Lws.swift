import CLibwebsockets

/// The largest record of TLS (RFC 8446 section 5.1).
private let tlsRecordBytes = 16 << 10

/// How a WebSocket handshake is answered.
enum LwsUpgrade {
  case refuse(HTTPResponse)
  case upgrade(subprotocol: [UInt8]?, isAnyOffered: Bool)
}

/// How any other request is answered.
enum LwsResponse {
  case send(HTTPResponse)
  case sendFile(path: String, mediaType: String, headers: String)
}

/// One context of libwebsockets on a loop of ours. It does not listen: it is given connections.
///
/// There are at most two virtual hosts, told apart by the ports they do not listen on: by the name
/// that a request asks for libwebsockets moves connections among hosts with the same port.
final class LwsContext {
  private var context: OpaquePointer?
  private var plainHost: OpaquePointer?
  private var secureHost: OpaquePointer?
  /// Three for connections in plain, and three for those with TLS.
  private let protocols = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 6)
  private var entrance: TlsEntrance?
  private let policy = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)
  /// Never matches an offered subprotocol: it is no token.
  private let plainName = strdup("covey plain")
  /// The name of the second protocol: the subprotocol that is being negotiated.
  private let negotiatedName = UnsafeMutablePointer<CChar>.allocate(capacity: 128)
  private let alpn = strdup("http/1.1")
  private let handshakeTimeoutSeconds: UInt32
  private var isNegotiatingNone = false
  /// Owns this, and so outlives it.
  fileprivate let unmanagedServer: Unmanaged<Server>

  /// Makes a context; nil when libwebsockets does not start, for want of its plugin or of memory.
  init?(
    loop: UnsafeMutableRawPointer, server: Server, handshakeTimeoutSeconds: UInt32,
    headerBytesMax: Int, receiveBufferBytes: Int
  ) {
    unmanagedServer = .passUnretained(server)
    self.handshakeTimeoutSeconds = handshakeTimeoutSeconds
    negotiatedName.initialize(repeating: 0, count: 128)
    policy.initialize(to: lws_retry_bo_t())
    protocols.initialize(repeating: lws_protocols(), count: 6)
    for position in [0, 1, 3, 4] {
      protocols[position].callback = lwsCallback
      // What is left of a record of TLS in there would not wake the loop.
      protocols[position].rx_buffer_size =
        position < 3 ? receiveBufferBytes : max(tlsRecordBytes, receiveBufferBytes)
      // Without memory of the user's, libwebsockets does not tell that it gives a connection up.
      protocols[position].per_session_data_size = 1
      // It bounds one send, and a send is one turn's output.
      protocols[position].tx_packet_size = 16 << 20
    }
    for first in [0, 3] {
      protocols[first].name = UnsafePointer(plainName)
      protocols[first + 1].name = UnsafePointer(negotiatedName)
    }

    lws_set_log_level(0, nil)
    var info = lws_context_creation_info()
    info.options = covey__context_options
    info.user = Unmanaged.passUnretained(self).toOpaque()
    info.gid = .init(truncatingIfNeeded: -1)
    info.uid = .init(truncatingIfNeeded: -1)
    info.timeout_secs = handshakeTimeoutSeconds
    info.max_http_header_data = UInt16(clamping: headerBytesMax)
    info.max_http_header_data2 = UInt32(clamping: headerBytesMax)
    info.pt_serv_buf_size = UInt32(clamping: max(tlsRecordBytes, receiveBufferBytes))
    // Pings are the core's; with a hang-up time of zero libwebsockets has none of its own.
    info.retry_and_idle_policy = UnsafePointer(policy)
    var loops: UnsafeMutableRawPointer? = loop
    context = withUnsafeMutablePointer(to: &loops) { loops in
      info.foreign_loops = loops
      return lws_create_context(&info)
    }
    guard context != nil else { return nil }
  }

  deinit {
    free(plainName)
    free(alpn)
    negotiatedName.deallocate()
    policy.deallocate()
    protocols.deallocate()
  }

  /// Prepares for connections in plain, or with TLS; false when there is no memory.
  func prepare(isSecure: Bool) -> Bool {
    if isSecure {
      if secureHost == nil { secureHost = makeSecureHost() }
      return secureHost != nil
    }
    if plainHost == nil { plainHost = makeHost(covey__plain_port, covey__plain_options, nil) }
    return plainHost != nil
  }

  private func makeSecureHost() -> OpaquePointer? {
    entrance = TlsEntrance()
    guard let entrance else { return nil }
    return makeHost(covey__secure_port, covey__secure_options, entrance.clientContext)
  }

  private func makeHost(
    _ port: Int32, _ options: UInt64, _ clientContext: OpaquePointer?
  ) -> OpaquePointer? {
    guard let context else { return nil }
    var info = lws_context_creation_info()
    info.options = options
    info.port = port
    info.protocols = UnsafePointer(clientContext == nil ? protocols : protocols + 3)
    info.vhost_name = UnsafePointer(plainName)
    info.alpn = UnsafePointer(alpn)
    info.provided_client_ssl_ctx = clientContext
    info.timeout_secs_ah_idle = handshakeTimeoutSeconds
    info.retry_and_idle_policy = UnsafePointer(policy)
    return lws_create_vhost(context, &info)
  }

  /// Takes an accepted connection, and its descriptor in any case.
  func adopt(_ descriptor: Int32, _ tls: (identity: TlsIdentity, handshake: TlsHandshake)?) {
    var info = lws_adopt_desc_t()
    info.vh = tls == nil ? plainHost : secureHost
    info.type = covey__adoption
    info.fd.sockfd = descriptor
    entrance?.arriving = tls
    lws_adopt_descriptor_vhost_via_info(&info)
    entrance?.arriving = nil
  }

  fileprivate func prepareEntrance(_ context: UnsafeMutableRawPointer?) {
    entrance?.prepare(context)
  }

  /// Ends all connections. The loop must be run until it is empty, and this be called again.
  func destroy() {
    guard let context else { return }
    lws_context_destroy(context)
  }

  func destroyAgain() {
    guard let context else { return }
    self.context = nil
    lws_context_destroy(context)
  }

  // MARK: negotiation

  fileprivate func negotiate(_ subprotocol: [UInt8]?, firstOffer: [UInt8]?) {
    isNegotiatingNone = subprotocol == nil
    let name = (subprotocol ?? firstOffer ?? []).prefix(127)
    for (position, byte) in name.enumerated() {
      negotiatedName[position] = CChar(bitPattern: byte)
    }
    negotiatedName[name.count] = 0
  }

  /// libwebsockets has matched the name; what it now reads is what it answers.
  fileprivate func negotiated() {
    if isNegotiatingNone { negotiatedName[0] = 0 }
  }
}

// MARK: - one connection

/// A connection while a callback of it runs, or while it is known to be open.
struct LwsConnection {
  fileprivate let wsi: OpaquePointer

  /// A number of ours that stays with the connection; 0 at first.
  var tag: UInt64 {
    get { UInt64(UInt(bitPattern: lws_get_opaque_user_data(wsi))) }
    nonmutating set {
      lws_set_opaque_user_data(wsi, UnsafeMutableRawPointer(bitPattern: UInt(newValue)))
    }
  }

  /// Tells connections apart while they live.
  var identity: Int { Int(bitPattern: wsi) }

  // MARK: writing

  /// Writes complete frames; false: the connection is broken.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    // LWS_WRITE_HTTP sends bytes as they are, and touches none before them.
    let start = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
    return lws_write(wsi, start, bytes.count, LWS_WRITE_HTTP) >= 0
  }

  /// Whether the socket did not take all that was written.
  var isBuffered: Bool { lws_partial_buffered(wsi) != 0 }

  func askForWritable() { lws_callback_on_writable(wsi) }
  func pauseReading() { lws_rx_flow_control(wsi, 0) }
  func resumeReading() { lws_rx_flow_control(wsi, 1) }

  /// Ends the connection without further ado; `lwsClosed` follows from the loop.
  func shutDown() {
    lws_rx_flow_control(wsi, 1)
    covey__shutdown(wsi)
    lws_callback_on_writable(wsi)
  }

  /// Has libwebsockets see the end of a connection that has not asked for anything, as if its
  /// client had hung up.
  func hangUp() { covey__shutdown(wsi) }

  // MARK: the piece of a message that just arrived

  var isBinary: Bool { lws_frame_is_binary(wsi) != 0 }
  var isFirstPiece: Bool { lws_is_first_fragment(wsi) != 0 }
  var isLastPiece: Bool { lws_is_final_fragment(wsi) != 0 }
  var remainingInFrame: Int { lws_remaining_packet_payload(wsi) }

  // MARK: the request

  enum Method { case get, head, other }

  /// Method and decoded path; nil when there is no sound request line.
  ///
  /// Not sound is one without a version: libwebsockets takes an encoded line end in a path for the
  /// end of the line, and what follows for a header. Nor one with a raw `&` or `;` in its path: it
  /// splits the path there, and what lies between the parts is not the client's.
  var requestLine: (method: Method, path: [UInt8])? {
    var start: UnsafeMutablePointer<CChar>?
    var count: Int32 = 0
    let method = lws_http_get_uri_and_method(wsi, &start, &count)
    guard method >= 0, let start, count > 0 else { return nil }
    let path = UnsafeRawBufferPointer(start: start, count: Int(count))
    guard lws_hdr_total_length(wsi, WSI_TOKEN_HTTP) > 0, !path.contains(0) else { return nil }
    return (
      method == LWSHUMETH_GET ? .get : method == LWSHUMETH_HEAD ? .head : .other, Array(path)
    )
  }

  /// Whether a body is announced. Of a request that came right behind another one, libwebsockets
  /// never gets to the end of throwing it away: it keeps the loop for good.
  var announcesBody: Bool {
    if let length = header(WSI_TOKEN_HTTP_CONTENT_LENGTH), length != [UInt8(ascii: "0")] {
      return true
    }
    return header("transfer-encoding") != nil
  }

  /// Whether the first protocol that it would change to is this one. Libwebsockets hands over the
  /// word as it asks, but when it has answered already, the word is freed by then.
  var wantsWebSocket: Bool {
    var word: (UInt64, UInt64) = (0, 0)
    return withUnsafeMutableBytes(of: &word) { bytes in
      let count = bytes.withMemoryRebound(to: CChar.self) {
        lws_hdr_copy_fragment(wsi, $0.baseAddress, Int32($0.count), WSI_TOKEN_UPGRADE, 0)
      }
      guard count > 0 else { return false }
      return bytes.prefix(Int(count)).elementsEqual("websocket".utf8) { $0 | 0x20 == $1 }
    }
  }

  var host: [UInt8]? { header(WSI_TOKEN_HOST) }
  var origin: [UInt8]? { header(WSI_TOKEN_ORIGIN) }
  var version: [UInt8]? { header(WSI_TOKEN_VERSION) }
  var key: [UInt8]? { header(WSI_TOKEN_KEY) }
  var connectionHeader: [UInt8]? { header(WSI_TOKEN_CONNECTION) }
  var subprotocolList: [UInt8]? { header(WSI_TOKEN_PROTOCOL) }

  private func header(_ token: lws_token_indexes) -> [UInt8]? {
    let count = Int(lws_hdr_total_length(wsi, token))
    guard count > 0 else { return nil }
    return [UInt8](unsafeUninitializedCapacity: count &+ 1) { buffer, filled in
      let copied = UnsafeMutableRawBufferPointer(buffer).withMemoryRebound(to: CChar.self) {
        lws_hdr_copy(wsi, $0.baseAddress, Int32(clamping: $0.count), token)
      }
      filled = max(0, min(Int(copied), count))
    }
  }

  /// A header by its name in lower case; nil when the request has none.
  func header(_ name: String) -> [UInt8]? {
    if let token = Self.tokens[name] { return header(lws_token_indexes(rawValue: token)) }
    let label = name + ":"
    let count = Int(lws_hdr_custom_length(wsi, label, Int32(clamping: label.utf8.count)))
    guard count >= 0 else { return nil }
    return [UInt8](unsafeUninitializedCapacity: count &+ 1) { buffer, filled in
      let copied = UnsafeMutableRawBufferPointer(buffer).withMemoryRebound(to: CChar.self) {
        lws_hdr_custom_copy(
          wsi, $0.baseAddress, Int32(clamping: $0.count), label, Int32(clamping: label.utf8.count))
      }
      filled = max(0, min(Int(copied), count))
    }
  }

  /// All headers that libwebsockets has a token for; of others it cannot tell the names.
  var knownHeaders: [(name: String, value: [UInt8])] {
    Self.tokens.compactMap { name, token in
      header(lws_token_indexes(rawValue: token)).map { (name, $0) }
    }
  }

  private static let tokens: [String: UInt32] = {
    var tokens: [String: UInt32] = [:]
    for token in 0..<WSI_TOKEN_COUNT.rawValue {
      guard let text = lws_token_to_string(lws_token_indexes(rawValue: token)) else { continue }
      let label = String(cString: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
      // Methods and pseudo headers are tokens too.
      guard label.hasSuffix(":"), !label.hasPrefix(":") else { continue }
      tokens[String(label.dropLast())] = token
    }
    return tokens
  }()

  /// The decoded `name=value` pairs of the query.
  var query: [[UInt8]] {
    let total = Int(lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS))
    guard total > 0 else { return [] }
    var pairs: [[UInt8]] = []
    var buffer = [CChar](repeating: 0, count: total &+ 1)
    while true {
      let count = lws_hdr_copy_fragment(
        wsi, &buffer, Int32(clamping: buffer.count), WSI_TOKEN_HTTP_URI_ARGS,
        Int32(clamping: pairs.count))
      guard count >= 0, pairs.count < total else { return pairs }
      pairs.append(buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) })
    }
  }

  /// OpenSSL's connection, when it is one with TLS.
  var tls: OpaquePointer? { lws_get_ssl(wsi) }

  // MARK: responding

  /// Sends a whole response in one write.
  fileprivate func respond(_ response: HTTPResponse, hasBody: Bool) -> Bool {
    var bytes = response.bytes(hasBody: hasBody)
    return lws_write(wsi, &bytes, bytes.count, LWS_WRITE_HTTP_HEADERS) >= 0
  }
}

// MARK: - the callback

/// Everything libwebsockets has to say arrives here. Nonzero ends the connection, mostly.
private func lwsCallback(
  _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
  _ input: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
  guard let wsi, let context = lws_get_context(wsi), let owner = lws_context_user(context) else {
    return 0
  }
  // The context owns its callbacks: nothing needs to be kept alive for their length.
  return Unmanaged<LwsContext>.fromOpaque(owner)._withUnsafeGuaranteedRef { lws in
    lws.unmanagedServer._withUnsafeGuaranteedRef { server in
      dispatch(lws, server, wsi, reason, user, input, count)
    }
  }
}

private func dispatch(
  _ lws: LwsContext, _ server: Server, _ wsi: OpaquePointer, _ reason: lws_callback_reasons,
  _ user: UnsafeMutableRawPointer?, _ input: UnsafeMutableRawPointer?, _ count: Int
) -> Int32 {
  let connection = LwsConnection(wsi: wsi)
  switch reason {
  case LWS_CALLBACK_RECEIVE:
    server.lwsReceived(connection, UnsafeRawBufferPointer(start: input, count: count))
    return 0
  case LWS_CALLBACK_SERVER_WRITEABLE:
    server.lwsIsWritable(connection)
    return 0
  case LWS_CALLBACK_RECEIVE_PONG:
    server.lwsPonged(connection)
    return 0
  case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
    lws.prepareEntrance(user)
    return 0
  case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
    server.lwsConnected(connection)
    return 0
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return confirmUpgrade(lws, server, connection)
  case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    lws.negotiated()
    return 0
  case LWS_CALLBACK_ESTABLISHED:
    server.lwsEstablished(connection)
    return 0
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    let payload = Array(UnsafeRawBufferPointer(start: input, count: count))
    return server.lwsPeerClosed(connection, payload) ? 0 : -1
  case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    server.lwsGivesUp(connection)
    return 0
  case LWS_CALLBACK_CLOSED:
    server.lwsClosed(connection)
    return 0
  case LWS_CALLBACK_WSI_DESTROY:
    // An upgrade that libwebsockets itself refused never closes.
    server.lwsClosed(connection)
    server.lwsDisconnected(connection)
    return 0
  case LWS_CALLBACK_HTTP:
    return respond(server, connection)
  case LWS_CALLBACK_HTTP_FILE_COMPLETION:
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0
  default:
    return lws_callback_http_dummy(wsi, reason, user, input, count)
  }
}

private func confirmUpgrade(
  _ lws: LwsContext, _ server: Server, _ connection: LwsConnection
) -> Int32 {
  // To protocols it does not know libwebsockets has said 403 already, and asks all the same; h2c
  // would bring connections that skip every check of ours.
  guard connection.wantsWebSocket else { return -1 }
  switch server.lwsWantsUpgrade(connection) {
  case .refuse(let response):
    return connection.respond(response, hasBody: true) ? 1 : -1
  case .upgrade(let subprotocol, let isAnyOffered):
    let first = isAnyOffered ? SubprotocolList(connection.subprotocolList).offers.first : nil
    lws.negotiate(subprotocol, firstOffer: first)
    return 0
  }
}

private func respond(_ server: Server, _ connection: LwsConnection) -> Int32 {
  let status: Int32
  switch server.lwsWantsResponse(connection) {
  case .send(let response):
    let isHead = connection.requestLine?.method == .head
    guard connection.respond(response, hasBody: !isHead), !response.endsConnection else {
      return -1
    }
    status = 1
  case .sendFile(let path, let mediaType, let headers):
    status = lws_serve_http_file(
      connection.wsi, path, mediaType, headers, Int32(clamping: headers.utf8.count))
  }
  if status < 0 { return -1 }
  return status > 0 && lws_http_transaction_completed(connection.wsi) != 0 ? -1 : 0
}
