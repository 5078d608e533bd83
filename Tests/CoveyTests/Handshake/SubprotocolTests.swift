import CCovey
import Testing

extension Wire {
  @Suite struct SubprotocolTests {
    private func answer(_ list: String, choosing choice: String?) throws -> Response {
      let server = try TestServer(TestChannel(onConnect: { $0.accept(choice) }))
      let client = try server.connection()
      let response = client.upgrade("/ws/lobby/", ["Sec-WebSocket-Protocol: \(list)"])
      if response.status == 101 { #expect(client.echoes("hello")) }
      return response
    }

    @Test(arguments: ["chat.v1", "chat.v2", "b"])
    func `the chosen one is answered`(choice: String) throws {
      let response = try answer("chat.v1, chat.v2,b", choosing: choice)
      #expect(response.status == 101)
      #expect(response["sec-websocket-protocol"] == choice)
    }

    @Test func `none is chosen although some were offered`() throws {
      let response = try answer("chat.v1, chat.v2", choosing: nil)
      #expect(response.status == 101)
      #expect(response["sec-websocket-protocol"] == nil)
    }

    @Test(arguments: ["a,,b", ",", "a b", "a;b", "a, \"b\"", String(repeating: "x", count: 64)])
    func `a malformed list is 400`(list: String) throws {
      #expect(try answer(list, choosing: nil).status == 400)
    }

    @Test func `a list of 126 bytes is read, of 128 it is 400`() throws {
      let list = Array(repeating: "abcdefg", count: 16).joined(separator: ",")
      let shorter = String(list.dropLast())
      #expect(try answer(shorter, choosing: "abcdefg")["sec-websocket-protocol"] == "abcdefg")
      #expect(try answer(list + "x", choosing: nil).status == 400)
      let status = try answer(list, choosing: "abcdefg").status
      #expect(status == 101 || status == 400)
    }

    @Test func `one that was not offered cannot be chosen`() throws {
      let server = try TestServer(
        TestChannel(onConnect: { consumer in
          if consumer.accept("chat.v9") == COVEY_E_INVALID { consumer.reject(409) }
        }))
      #expect(try server.answer("/ws/lobby/", "Sec-WebSocket-Protocol: chat.v1").status == 409)
    }

    @Test func `offers and choice can be asked for`() throws {
      let server = try TestServer(TestChannel(onConnect: { $0.accept("b") }))
      _ = try server.client("/ws/lobby/", "Sec-WebSocket-Protocol: a, b")
      let consumer = try server.consumer()
      let seen = server.onLoop { _ in
        [consumer.offer(0), consumer.offer(1), consumer.offer(2), consumer.subprotocol]
      }
      #expect(seen == ["a", "b", nil, "b"])
    }

    @Test func `two clients negotiate at the same time`() throws {
      let server = try TestServer(TestChannel(onConnect: { $0.accept($0.offer(0)) }))
      let clients = try (0..<8).map { _ in try server.connection() }
      for (index, client) in clients.enumerated() {
        let offer = index == 0 ? "" : "Sec-WebSocket-Protocol: p\(index), q\r\n"
        let request = RawClient.request().dropLast() + offer + "\r\n"
        client.send(Array(request.utf8))
      }
      for (index, client) in clients.enumerated() {
        let expected = index == 0 ? nil : "p\(index)"
        #expect(client.response()["sec-websocket-protocol"] == expected)
      }
    }
  }
}
