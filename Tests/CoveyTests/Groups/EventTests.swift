import CCovey
import Testing

extension Wire {
  @Suite struct EventTests {
    /// A channel on which an event "note" is passed on to its consumer.
    private func server(_ groups: [String] = ["room_{room}"]) throws -> TestServer {
      var channel = TestChannel(groups: groups)
      channel.events["note"] = { consumer, event in consumer.send(event) }
      return try TestServer(channel)
    }

    private func send(_ server: TestServer, _ group: String, _ json: String) -> Int {
      Int(covey_group_send(server.handle, group, json, json.utf8.count, nil))
    }

    private let note = #"{"type":"note","text":"hé"}"#

    @Test func `an event reaches every member, as it was sent`() throws {
      let server = try server()
      let clients = try (0..<3).map { _ in try server.client() }
      let other = try server.client("/ws/other/")
      #expect(send(server, "room_lobby", note) == COVEY_OK)
      for client in clients { #expect(client.receive() == .text(note)) }
      #expect(other.echoes("nothing before this"))
      #expect(server.statistics.events_handled == 3)
      #expect(server.statistics.events_unhandled == 0)
    }

    @Test func `an event to an address reaches that consumer alone`() throws {
      let server = try server()
      let clients = try (0..<2).map { _ in try server.client() }
      let consumer = try server.consumer(1)
      let address = try #require(server.onLoop { _ in consumer.address ?? "" })
      #expect(send(server, address, note) == COVEY_OK)
      #expect(clients[1].receive() == .text(note))
      #expect(clients[0].echoes("nothing before this"))
      clients[1].disconnect()
      #expect(server.endings().count == 1)
      #expect(send(server, address, note) == COVEY_OK, "nobody there is no error")
    }

    @Test func `an event without a handler is counted and logged`() throws {
      let server = try server()
      let client = try server.client()
      #expect(send(server, "room_lobby", #"{"type":"unknown"}"#) == COVEY_OK)
      #expect(server.statistics(settle: { $0.events_unhandled == 1 }))
      #expect(server.record.wait { $0.logs.contains { $0.contains("unknown") } })
      #expect(client.echoes("still there"))
    }

    @Test func `events keep the order of sending, also between messages`() throws {
      let server = try server()
      let client = try server.client()
      let id = try server.consumer().id
      for index in 0..<200 {
        let json = #"{"type":"note","n":\#(index)}"#
        #expect(send(server, "room_lobby", json) == COVEY_OK)
        let text = "\(index)"
        #expect(covey_consumer_send(server.handle, id, 1, text, text.utf8.count) == COVEY_OK)
      }
      var notes: [String] = []
      var texts: [String] = []
      for _ in 0..<400 {
        guard case .text(let text) = client.receive() else { break }
        if text.hasPrefix("{") { notes.append(text) } else { texts.append(text) }
      }
      #expect(notes == (0..<200).map { #"{"type":"note","n":\#($0)}"# })
      #expect(texts == (0..<200).map { "\($0)" })
    }

    @Test func `a member that leaves before its turn is skipped`() throws {
      let server = try TestServer(
        {
          var channel = TestChannel(groups: ["g"])
          channel.events["first"] = { consumer, _ in
            // Everybody else is closed by whoever comes first.
            var ids = [covey_consumer_id](repeating: 0, count: 8)
            var count = 0
            _ = covey_group_list(consumer.server, "g", &ids, 8, &count)
            for id in ids.prefix(count) where id != consumer.id {
              _ = covey_consumer_close(consumer.server, id, 0, nil)
            }
          }
          return channel
        }())
      for _ in 0..<4 { _ = try server.client() }
      #expect(send(server, "g", #"{"type":"first"}"#) == COVEY_OK)
      #expect(server.statistics(settle: { $0.events_handled == 1 }))
      #expect(server.record.now.events.count == 1)
      #expect(server.statistics.events_unhandled == 0)
    }

    @Test func `an event sent in a handler runs after that handler`() throws {
      var channel = TestChannel(
        groups: ["g"],
        onText: { consumer, _ in
          let json = #"{"type":"note"}"#
          _ = covey_group_send(consumer.server, "g", json, json.utf8.count, nil)
          consumer.send("handler")
        })
      channel.events["note"] = { consumer, _ in consumer.send("event") }
      let client = try TestServer(channel).client()
      client.send("go")
      #expect(client.receive() == .text("handler"))
      #expect(client.receive() == .text("event"))
    }

    @Test(arguments: [
      "", "[]", "1", "\"type\"", "{", "{}", #"{"type":1}"#, #"{"type":""}"#, #"{"type":null}"#,
      #"{"type":"x"} y"#, #"{"type":"x",}"#, #"{'type':'x'}"#, #"{"type":"\ud800"}"#,
      #"{"typ":"x"}"#, #"{"a":{"type":"x"}}"#, "{\"type\":\"a\u{1}b\"}",
    ])
    func `a bad event is INVALID, and nothing is sent`(json: String) throws {
      let server = try server()
      let client = try server.client()
      #expect(send(server, "room_lobby", json) == COVEY_E_INVALID)
      #expect(client.echoes("nothing before this"))
      let statistics = server.statistics
      #expect(statistics.events_handled + statistics.events_unhandled == 0)
    }

    @Test func `an event type has at most 255 bytes, and JSON 64 levels`() throws {
      let server = try server()
      let type = String(repeating: "t", count: 255)
      #expect(send(server, "g", #"{"type":"\#(type)"}"#) == COVEY_OK)
      #expect(send(server, "g", #"{"type":"\#(type)t"}"#) == COVEY_E_INVALID)
      let nested = { (depth: Int) in
        let open = String(repeating: "[", count: depth)
        return #"{"type":"x","v":\#(open)\#(String(repeating: "]", count: depth))}"#
      }
      #expect(send(server, "g", nested(63)) == COVEY_OK)
      #expect(send(server, "g", nested(64)) == COVEY_E_TOO_LARGE)
      #expect(send(server, "g", nested(100_000)) == COVEY_E_TOO_LARGE)
    }

    @Test func `the error says what is wrong`() throws {
      let server = try server()
      var error = covey_error()
      error.struct_size = UInt32(MemoryLayout<covey_error>.size)
      #expect(covey_group_send(server.handle, "g", "[]", 2, &error) == COVEY_E_INVALID)
      let message = withUnsafeBytes(of: error.message) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      #expect(!message.isEmpty && error.status == COVEY_E_INVALID)
    }
  }
}
