import Glibc
import Testing

/// What a client gets next.
enum Received: Equatable, Sendable {
  case text(String)
  case binary([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  /// 1005 when it has no code.
  case close(Int, String)
  /// Any other frame: its first byte, and the payload.
  case other(UInt8, [UInt8])
  /// The connection ended; a reset counts too.
  case end
  case timeout
}

/// The head of an HTTP response, and its body when it says how long that is.
struct Response: Sendable {
  /// 0: the connection ended without a response.
  var status = 0
  var headers: [String: String] = [:]
  var body: [UInt8] = []

  subscript(name: String) -> String? { headers[name.lowercased()] }
}

/// A descriptor that is closed once.
final class Socket: @unchecked Sendable {
  private(set) var descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  func close() {
    guard descriptor >= 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }
}

/// A blocking client on a loopback socket that says whatever it is told to; with TLS, if the tests
/// are. One thread at a time has it then.
final class RawClient: @unchecked Sendable {
  static let goodKey = "dGhlIHNhbXBsZSBub25jZQ=="
  static let goodAnswer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  let socket: Socket
  /// Whoever must live as long as this.
  private let server: AnyObject?
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  private var tls: TlsChannel?

  private var descriptor: Int32 { socket.descriptor }

  init(port: UInt16, of server: AnyObject? = nil, receiveBuffer: Int32 = 0) throws {
    self.server = server
    socket = Socket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    try #require(descriptor >= 0)
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    if receiveBuffer > 0 {
      var size = receiveBuffer
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    patience(milliseconds: 5000)
    guard TestTls.isOn else { return }
    tls = TlsChannel(descriptor)
    // Whoever is not let in sees the end, whatever it says.
    if tls == nil { disconnect() }
  }

  /// How long a read or a write may take.
  func patience(milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
  }

  func disconnect() { socket.close() }

  /// Ends the connection with a reset.
  func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    disconnect()
  }

  /// Says that nothing more will be sent.
  func endSending() {
    if descriptor >= 0 { tls?.endSending() }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  // MARK: sending

  /// Sends bytes as they are; false when the connection is broken.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        let rest = UnsafeRawBufferPointer(rebasing: all[sent...])
        return write(rest)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let tls else {
      return uninterrupted {
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
    }
    guard descriptor >= 0, case .bytes(let count) = tls.write(bytes) else { return -1 }
    return count
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(WireFrame.text(text)) }

  @discardableResult
  func close(_ code: UInt16? = nil, _ reason: String = "") -> Bool {
    send(WireFrame.close(code, reason))
  }

  // MARK: handshakes

  static func request(_ path: String = "/ws/lobby/", _ headers: [String] = []) -> String {
    var lines: [String] = [
      "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
      "Sec-WebSocket-Key: \(goodKey)", "Sec-WebSocket-Version: 13",
    ]
    for header in headers {
      // One that is given replaces the usual one, and an empty one removes it.
      let name = header.prefix { $0 != ":" }.lowercased()
      lines.removeAll { $0.lowercased().hasPrefix(name + ":") }
      if !header.hasSuffix(":") { lines.append(header) }
    }
    return (["GET \(path) HTTP/1.1"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  func upgrade(_ path: String = "/ws/lobby/", _ headers: [String] = []) -> Response {
    send(Array(Self.request(path, headers).utf8))
    return response()
  }

  /// Reads the head of a response, and its body.
  func response(hasBody: Bool = true) -> Response {
    var response = Response()
    guard let status = line() else { return response }
    let words = status.split(separator: " ")
    response.status = words.count > 1 ? Int(words[1]) ?? -1 : -1
    while let line = line(), !line.isEmpty {
      let name = line.prefix { $0 != ":" }
      response.headers[name.lowercased()] = String(
        line.dropFirst(name.count + 1).drop { $0 == " " })
    }
    let count = response["content-length"].flatMap { Int($0) } ?? 0
    if hasBody, response.status != 304 { response.body = take(count) ?? [] }
    return response
  }

  private func line() -> String? {
    var line: [UInt8] = []
    while let byte = take(1)?.first {
      if byte == 10 { return String(decoding: line.dropLast(), as: UTF8.self) }
      line.append(byte)
    }
    return nil
  }

  // MARK: receiving

  /// The next frame that is no ping.
  func receive() -> Received {
    while true {
      let next = receiveAny()
      if case .ping = next { continue }
      return next
    }
  }

  func receiveAny() -> Received {
    guard let head = take(2) else { return isAtEnd ? .end : .timeout }
    var count = Int(head[1] & 0x7f)
    if count > 125 {
      guard let more = take(count == 126 ? 2 : 8) else { return isAtEnd ? .end : .timeout }
      count = more.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let payload = take(count) else { return isAtEnd ? .end : .timeout }
    return Received(head[0], payload)
  }

  /// Everything up to the end of the connection.
  func receiveAll() -> [Received] {
    var all: [Received] = []
    while true {
      let next = receive()
      all.append(next)
      if next == .end || next == .timeout { return all }
    }
  }

  /// Echoes a frame there and back; what a sound connection answers.
  func echoes(_ text: String) -> Bool { send(text) && receive() == .text(text) }

  /// Reads without looking; how many bytes came until the end or a timeout.
  func drain() -> Int {
    var total = buffer.count - start
    start = buffer.count
    while fill() {
      total += buffer.count - start
      start = buffer.count
    }
    return total
  }

  private func take(_ count: Int) -> [UInt8]? {
    while buffer.count - start < count {
      if !fill() { return nil }
    }
    defer { start += count }
    return Array(buffer[start..<start + count])
  }

  private func fill() -> Bool {
    if start > 1 << 16 || start == buffer.count {
      buffer.removeFirst(start)
      start = 0
    }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count: Int
    switch read(&piece) {
    case .bytes(let read): count = read
    case .timeout: return false
    case .end:
      isAtEnd = true
      return false
    }
    buffer.append(contentsOf: piece[..<count])
    return true
  }

  private func read(_ room: inout [UInt8]) -> TlsChannel.Outcome {
    if let tls {
      return descriptor < 0 ? .end : room.withUnsafeMutableBytes { tls.read($0) }
    }
    let count = uninterrupted { recv(descriptor, &room, room.count, 0) }
    if count > 0 { return .bytes(count) }
    return count < 0 && errno == EAGAIN ? .timeout : .end
  }
}

/// Repeats a call that was interrupted: io_uring, which newer libuvs use, does that without a
/// signal.
private func uninterrupted(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
