import CCovey

/// A consumer as a handler sees it.
struct TestConsumer: @unchecked Sendable {
  let server: OpaquePointer
  let id: covey_consumer_id

  init(_ server: OpaquePointer, _ id: covey_consumer_id) {
    self.server = server
    self.id = id
  }

  @discardableResult
  func accept(_ subprotocol: String? = nil) -> Int {
    Int(covey_consumer_accept(server, id, subprotocol))
  }

  @discardableResult
  func reject(_ status: UInt16 = 0, close: UInt16 = 0) -> Int {
    Int(covey_consumer_reject(server, id, status, close))
  }

  @discardableResult
  func send(_ text: String) -> Int {
    send(Array(text.utf8), kind: COVEY_TEXT)
  }

  @discardableResult
  func send(_ bytes: [UInt8], kind: Int = COVEY_BINARY) -> Int {
    Int(covey_consumer_send(server, id, covey_kind(kind), bytes, bytes.count))
  }

  @discardableResult
  func close(_ code: UInt16 = 0, _ reason: String? = nil) -> Int {
    Int(covey_consumer_close(server, id, code, reason))
  }

  @discardableResult
  func join(_ group: String) -> Int { Int(covey_group_add(server, id, group)) }

  @discardableResult
  func leave(_ group: String) -> Int { Int(covey_group_discard(server, id, group)) }

  // MARK: what its request said; nil when there is none

  var path: String? { text { covey_consumer_get_path(server, id, $0, $1) } }
  var origin: String? { text { covey_consumer_get_origin(server, id, $0, $1) } }
  var subprotocol: String? { text { covey_consumer_get_subprotocol(server, id, $0, $1) } }
  var scheme: String? { text { covey_consumer_get_scheme(server, id, $0, $1) } }
  var peer: String? { text { covey_consumer_get_peer(server, id, $0, $1) } }
  var address: String? { text { covey_consumer_get_address(server, id, $0, $1) } }

  func parameter(_ name: String) -> String? {
    text { covey_consumer_get_param(server, id, name, $0, $1) }
  }

  func query(_ name: String, _ index: Int = 0) -> String? {
    text { covey_consumer_get_query(server, id, name, index, $0, $1) }
  }

  func header(_ name: String) -> String? {
    text { covey_consumer_get_header(server, id, name, $0, $1) }
  }

  func cookie(_ name: String) -> String? {
    text { covey_consumer_get_cookie(server, id, name, $0, $1) }
  }

  func offer(_ index: Int) -> String? {
    text { covey_consumer_get_offered_subprotocol(server, id, index, $0, $1) }
  }

  private func text(
    _ get: (UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<Int>) -> covey_status
  ) -> String? {
    var value: UnsafePointer<CChar>?
    var count = 0
    guard get(&value, &count) == COVEY_OK, let value else { return nil }
    return String(
      decoding: UnsafeRawBufferPointer(start: value, count: count), as: UTF8.self)
  }
}
