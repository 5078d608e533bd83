import CCovey
import CoveyABI
import Glibc
import Testing

/// All suites run one after another: some count the process's descriptors, and deadlines are short.
@Suite(.serialized) enum Wire {}

/// A server on a thread of its own, its channels recording what they see.
///
/// When it goes, its clients are closed, it is freed, and that must succeed.
final class TestServer: @unchecked Sendable {
  let handle: OpaquePointer
  let record = Record()
  private(set) var port: UInt16 = 0
  /// Of its clients: they stay connected until it goes.
  private var sockets: [Socket] = []
  private var channelCount = 0
  private var isFreed = false

  /// Makes, sets up and starts a server; deadlines of closing are short unless told otherwise.
  init(
    _ channels: TestChannel..., options change: (inout covey_server_options) -> Void = { _ in },
    setUp: (OpaquePointer) -> Void = { _ in }
  ) throws {
    var options = covey_server_options()
    covey_server_options_init(&options, MemoryLayout.size(ofValue: options))
    options.close_timeout_ms = 1000
    options.flush_timeout_ms = 2000
    options.user = Unmanaged.passUnretained(record).toOpaque()
    options.on_log = { _, _, message, user in
      guard let user, let message else { return }
      let text = String(cString: message)
      Unmanaged<Record>.fromOpaque(user).takeUnretainedValue().update { $0.logs.append(text) }
    }
    change(&options)
    var made: OpaquePointer?
    var error = covey_error()
    error.struct_size = UInt32(MemoryLayout<covey_error>.size)
    try #require(covey_server_new(&options, &made, &error) == COVEY_OK)
    handle = try #require(made)
    for channel in channels.isEmpty ? [TestChannel()] : channels {
      try #require(channel.register(on: handle, record) == COVEY_OK)
      channelCount += 1 + channel.events.count
    }
    setUp(handle)
    try #require(listen() == COVEY_OK)
    try #require(covey_server_start(handle) == COVEY_OK)
  }

  private func listen() -> covey_status {
    guard TestTls.isOn else { return covey_server_listen(handle, nil, &port, nil) }
    guard let files = TestTls.files else { return covey_status(COVEY_E_SYSTEM) }
    var options = covey_listen_options()
    covey_listen_options_init(&options, MemoryLayout.size(ofValue: options))
    return files.certificate.withCString { certificate in
      files.key.withCString { key in
        options.certificate_file = certificate
        options.key_file = key
        return covey_server_listen(handle, &options, &port, nil)
      }
    }
  }

  deinit { free() }

  func free() {
    guard !isFreed else { return }
    isFreed = true
    disconnectAll()
    #expect(covey_server_free(handle) == COVEY_OK)
    let seen = record.now
    #expect(seen.destroyed == channelCount, "destructors run exactly once")
  }

  // MARK: clients

  /// A connection on which nothing was said yet.
  func connection(receiveBuffer: Int32 = 0) throws -> RawClient {
    let client = try RawClient(port: port, of: self, receiveBuffer: receiveBuffer)
    sockets.append(client.socket)
    return client
  }

  func disconnectAll() { for socket in sockets { socket.close() } }

  /// An upgraded client.
  func client(
    _ path: String = "/ws/lobby/", _ headers: String..., receiveBuffer: Int32 = 0
  ) throws -> RawClient {
    let client = try connection(receiveBuffer: receiveBuffer)
    let response = client.upgrade(path, headers)
    try #require(response.status == 101)
    return client
  }

  /// What a handshake is answered with.
  func answer(_ path: String = "/ws/lobby/", _ headers: String...) throws -> Response {
    try connection().upgrade(path, headers)
  }

  /// What any other request is answered with.
  func answer(request: String) throws -> Response {
    let client = try connection()
    client.send(Array(request.utf8))
    return client.response(hasBody: !request.hasPrefix("HEAD"))
  }

  /// What a plain GET is answered with.
  func get(_ target: String, _ headers: String...) throws -> Response {
    let lines = (["GET \(target) HTTP/1.1", "Host: h"] + headers).joined(separator: "\r\n")
    return try answer(request: lines + "\r\n\r\n")
  }

  // MARK: the loop

  /// Runs a function on the loop and waits for its answer.
  func onLoop<Answer>(_ body: @escaping (OpaquePointer) -> Answer) -> Answer? {
    let errand = Errand(record) { body($0) }
    let user = Unmanaged.passRetained(errand).toOpaque()
    let status = covey_server_post(
      handle,
      { server, user in
        guard let server, let user else { return }
        Unmanaged<Errand>.fromOpaque(user).takeUnretainedValue().run(server)
      }, user, { user in user.map { Unmanaged<Errand>.fromOpaque($0).release() } })
    guard status == COVEY_OK, record.wait(until: { _ in errand.isDone }) else { return nil }
    return errand.answer as? Answer
  }

  var statistics: covey_statistics {
    onLoop { server in
      var statistics = covey_statistics()
      covey_statistics_init(&statistics, MemoryLayout.size(ofValue: statistics))
      _ = covey_server_get_statistics(server, &statistics)
      return statistics
    } ?? covey_statistics()
  }

  /// Asks for statistics until they satisfy a condition.
  func statistics(settle isSettled: (covey_statistics) -> Bool) -> Bool {
    let deadline = milliseconds() + 10_000
    while milliseconds() < deadline {
      if isSettled(statistics) { return true }
      usleep(2000)
    }
    return false
  }

  /// The consumer that connected so-manieth.
  func consumer(_ index: Int = 0) throws -> TestConsumer {
    try #require(record.wait { $0.connects.count > index })
    return TestConsumer(handle, record.now.connects[index])
  }

  /// The next endings, once there are so many.
  func endings(_ count: Int = 1) -> [Ending] {
    _ = record.wait { $0.endings.count >= count }
    return record.now.endings
  }

  func messages(_ count: Int) -> [String] {
    _ = record.wait { $0.messages.count >= count }
    return record.now.texts
  }

  func stop(_ code: UInt16 = 0) { #expect(covey_server_stop(handle, code) == COVEY_OK) }

  /// Whether it stops in time.
  func hasStopped(within milliseconds: Int32 = 10_000) -> Bool {
    covey_server_wait(handle, milliseconds) == COVEY_OK
  }
}

/// A function on its way to the loop, and its answer on its way back.
private final class Errand: @unchecked Sendable {
  private let record: Record
  private let body: (OpaquePointer) -> Any
  private(set) var answer: Any?
  private(set) var isDone = false

  init(_ record: Record, _ body: @escaping (OpaquePointer) -> Any) {
    self.record = record
    self.body = body
  }

  func run(_ server: OpaquePointer) {
    let answer = body(server)
    record.update { _ in
      self.answer = answer
      isDone = true
    }
  }
}
