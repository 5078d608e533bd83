import CCovey
import Testing

extension Wire {
  @Suite struct RefusalTests {
    @Test(arguments: [
      "Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!!==",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEyMw==", "Host:",
    ])
    func `a bad key, or no host, is 400`(header: String) throws {
      let server = try TestServer()
      #expect(try server.answer("/ws/lobby/", header).status == 400)
      #expect(server.statistics.connections_refused == 1)
      #expect(server.record.now.connects.isEmpty)
    }

    @Test func `another method than GET is 400`() throws {
      let server = try TestServer()
      let request = RawClient.request().dropFirst(3)
      #expect(try server.answer(request: "POST" + request).status == 400)
      #expect(try server.client().echoes("still there"))
    }

    @Test func `a path of 2049 bytes is 400, of 2048 it is fine`() throws {
      let server = try TestServer(TestChannel(pattern: "<path:rest>"))
      #expect(try server.answer("/" + String(repeating: "x", count: 2047)).status == 101)
      #expect(try server.answer("/" + String(repeating: "x", count: 2048)).status == 400)
      let plain = try server.get("/" + String(repeating: "x", count: 2048))
      #expect(plain.status == 400)
    }

    @Test func `a path without a channel is 404`() throws {
      let server = try TestServer()
      for path in ["/ws/", "/ws/lobby", "/ws/a/b/", "/other/", "/"] {
        #expect(try server.answer(path).status == 404)
      }
      #expect(server.statistics.connections_refused == 5)
    }

    @Test func `a plain GET, or version 8, is 426 and told the version`() throws {
      let server = try TestServer()
      for response in [
        try server.get("/ws/lobby/"), try server.answer("/ws/lobby/", "Sec-WebSocket-Version: 8"),
        try server.answer("/ws/lobby/", "Sec-WebSocket-Version:"),
      ] {
        #expect(response.status == 426)
        #expect(response["sec-websocket-version"] == "13")
      }
      #expect(server.statistics.connections_refused == 3)
    }

    @Test func `past connections_max it is 503 with Retry-After, and fine again later`() throws {
      let server = try TestServer(options: { $0.connections_max = 2 })
      let first = try server.client()
      _ = try server.client()
      let refused = try server.answer()
      #expect(refused.status == 503 && refused["retry-after"] != nil)
      first.disconnect()
      #expect(server.endings().count == 1)
      #expect(try server.client().echoes("in"))
    }

    @Test func `while stopping it is 503 with Retry-After`() throws {
      let server = try TestServer()
      let client = try server.client()
      let waiting = try server.connection()
      server.stop()
      #expect(client.receive() == .close(1001, ""))
      let refused = waiting.upgrade()
      #expect(refused.status == 503 && refused["retry-after"] != nil)
    }

    @Test func `without a connect handler everybody is 403 unless the channel is public`() throws {
      let server = try TestServer(
        TestChannel(pattern: "closed", onConnect: nil),
        TestChannel(pattern: "open", flags: COVEY_CHANNEL_PUBLIC, onConnect: nil))
      #expect(try server.answer("/closed").status == 403)
      #expect(try server.client("/open").echoes("hello"))
    }

    @Test(arguments: [401, 403, 429, 500, 599] as [UInt16])
    func `a handler refuses with the status it wants`(status: UInt16) throws {
      let server = try TestServer(TestChannel(onConnect: { $0.reject(status) }))
      #expect(try server.answer().status == Int(status))
      #expect(server.statistics.consumers == 0 && server.statistics.connections_refused == 1)
      #expect(server.record.now.endings.isEmpty, "it never was a consumer")
    }

    @Test func `an upgrade to something else is refused, or dropped`() throws {
      let server = try TestServer()
      #expect(try server.answer("/ws/lobby/", "Upgrade: other").status == 403)
      #expect(try server.answer("/ws/lobby/", "Upgrade: h2c").status == 0)
      let http2 = try server.answer(
        "/ws/lobby/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings",
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
      #expect(http2.status == 0)
      #expect(try server.client().echoes("still there"))
      #expect(server.record.now.connects.count == 1)
    }

    /// Libwebsockets has forgotten the request by the time it asks about it: what it hands over
    /// then is freed, as AddressSanitizer sees.
    @Test func `an upgrade to something else behind another request is refused`() throws {
      let server = try TestServer()
      let client = try server.connection()
      client.send(Array("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      #expect(client.response().status == 404)
      #expect(client.upgrade("/ws/lobby/", ["Upgrade: other"]).status == 403)
      #expect(try server.client().echoes("still there"))
    }

    @Test func `an HTTP/2 preface gets no HTTP/2`() throws {
      let server = try TestServer()
      let client = try server.connection()
      client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
      let status = client.response().status
      #expect(status == 0 || (400...599).contains(status))
      #expect(try server.client().echoes("still there"))
    }

    @Test func `headers that overflow are dropped`() throws {
      let server = try TestServer()
      let filler = "X-Filler: " + String(repeating: "f", count: 9000)
      let status = try server.answer("/ws/lobby/", filler).status
      #expect(status == 0 || status >= 400)
      let cookie = "Cookie: a=" + String(repeating: "f", count: 9000)
      let other = try server.answer("/ws/lobby/", cookie).status
      #expect(other == 0 || other >= 400)
      #expect(server.record.now.connects.isEmpty)
      #expect(try server.client().echoes("still there"))
    }

    @Test func `more connections of one address than allowed are dropped at accept`() throws {
      let server = try TestServer(options: { $0.connections_per_address_max = 2 })
      let first = try server.client()
      _ = try server.client()
      #expect(try server.answer().status == 0)
      #expect(server.statistics.connections_dropped == 1)
      first.disconnect()
      #expect(server.endings().count == 1)
      #expect(try server.client().echoes("in"))
    }

    @Test(arguments: ["", "GET /ws/lo", "GET /ws/lobby/ HTTP/1.1\r\nHost: h\r\nUpgr"])
    func `half a request is dropped when handshake_timeout_ms has passed`(half: String) throws {
      let server = try TestServer(options: { $0.handshake_timeout_ms = 1000 })
      let started = milliseconds()
      let client = try server.connection()
      client.patience(milliseconds: 8000)
      client.send(Array(half.utf8))
      #expect(client.receive() == .end)
      #expect((900...8000).contains(milliseconds() - started))
    }

    @Test func `a request that drips in is dropped at the same deadline`() throws {
      let server = try TestServer(options: { $0.handshake_timeout_ms = 1000 })
      let started = milliseconds()
      let client = try server.connection()
      client.patience(milliseconds: 50)
      client.send(Array("GET /ws/lobby/ HTTP/1.1\r\nX-Slow: ".utf8))
      while client.receiveAny() == .timeout, milliseconds() < started + 8000 {
        client.send([UInt8(ascii: "s")])
      }
      #expect((900...8000).contains(milliseconds() - started))
    }
  }
}
