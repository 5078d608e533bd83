import CCovey
import Glibc
import Testing

extension Wire {
  @Suite struct GroupTests {
    private func count(_ server: TestServer, _ group: String) -> Int {
      server.onLoop { handle in
        var count = -1
        return covey_group_count(handle, group, &count) == COVEY_OK ? count : -1
      } ?? -1
    }

    private func broadcast(
      _ server: TestServer, _ group: String, _ text: String, except: covey_consumer_id = 0
    ) -> Int {
      Int(covey_group_broadcast(server.handle, group, 1, text, text.utf8.count, except))
    }

    @Test func `groups are joined at connect, with the parameter in their name`() throws {
      let server = try TestServer(TestChannel(groups: ["room_{room}", "all"]))
      for path in ["/ws/a/", "/ws/a/", "/ws/b%20%C3%A9/"] { _ = try server.client(path) }
      #expect(server.record.wait { $0.connects.count == 3 })
      #expect(count(server, "room_a") == 2)
      #expect(count(server, "room_b é") == 1)
      #expect(count(server, "all") == 3)
      #expect(server.statistics.groups == 3)
    }

    @Test func `a group name that gets too long by its parameter refuses the client`() throws {
      let server = try TestServer(
        TestChannel(flags: COVEY_CHANNEL_PUBLIC, groups: ["room_{room}"], onConnect: nil))
      let longest = String(repeating: "r", count: 250)
      #expect(try server.answer("/ws/\(longest)/").status == 101)
      #expect(try server.answer("/ws/\(longest)r/").status == 400)
    }

    @Test func `a broadcast reaches every member but one`() throws {
      let server = try TestServer(TestChannel(groups: ["g"]))
      let clients = try (0..<3).map { _ in try server.client() }
      let sender = try server.consumer(0).id
      #expect(broadcast(server, "g", "hello", except: sender) == COVEY_OK)
      #expect(broadcast(server, "g", "all") == COVEY_OK)
      #expect(clients[0].receive() == .text("all"))
      for client in clients.dropFirst() {
        #expect(client.receive() == .text("hello"))
        #expect(client.receive() == .text("all"))
      }
      #expect(broadcast(server, "nobody", "x") == COVEY_OK)
    }

    @Test func `members are left when they end, however they end`() throws {
      let server = try TestServer(TestChannel(groups: ["g"]))
      let clients = try (0..<4).map { _ in try server.client() }
      #expect(count(server, "g") == 4)
      clients[0].close(1000)
      clients[1].disconnect()
      clients[2].reset()
      try server.consumer(3).close()
      #expect(server.endings(3).count >= 3)
      #expect(count(server, "g") == 0)
      #expect(server.statistics.groups == 0)
    }

    @Test func `members can be listed, also into too little room`() throws {
      let server = try TestServer(TestChannel(groups: ["g"]))
      for _ in 0..<3 { _ = try server.client() }
      #expect(server.record.wait { $0.connects.count == 3 })
      let (some, total) = try #require(
        server.onLoop { handle in
          var ids = [covey_consumer_id](repeating: 0, count: 3)
          var total = 0
          _ = covey_group_list(handle, "g", &ids, 2, &total)
          return (ids, total)
        })
      #expect(total == 3 && some[2] == 0)
      #expect(Set(some.prefix(2)).isSubset(of: server.record.now.connects))
    }

    @Test func `joining twice is once, leaving twice is no error`() throws {
      let server = try TestServer()
      _ = try server.client()
      let consumer = try server.consumer()
      #expect(consumer.join("g") == COVEY_OK && consumer.join("g") == COVEY_OK)
      #expect(count(server, "g") == 1)
      #expect(consumer.leave("g") == COVEY_OK && consumer.leave("g") == COVEY_OK)
      #expect(count(server, "g") == 0)
    }

    @Test func `names are UTF-8 of 1 to 255 bytes, and no addresses`() throws {
      let server = try TestServer()
      let client = try server.client()
      let consumer = try server.consumer()
      let longest = String(repeating: "é", count: 127) + "x"
      #expect(consumer.join(longest) == COVEY_OK && consumer.join("\u{1}😀 !") == COVEY_OK)
      #expect(consumer.join(longest + "x") == COVEY_E_INVALID)
      #expect(consumer.join("") == COVEY_E_INVALID)
      let address = try #require(server.onLoop { _ in consumer.address ?? "" })
      #expect(consumer.join(address) == COVEY_E_INVALID)
      let bad: [CChar] = [-1, -2, 0]
      #expect(covey_group_add(server.handle, consumer.id, bad) == COVEY_E_INVALID)
      #expect(broadcast(server, longest + "x", "no") == COVEY_E_INVALID)
      #expect(broadcast(server, longest, "yes") == COVEY_OK)
      #expect(client.receive() == .text("yes"))
    }

    @Test func `past groups_per_consumer_max it is FULL`() throws {
      let server = try TestServer(options: { $0.groups_per_consumer_max = 3 })
      _ = try server.client()
      let consumer = try server.consumer()
      let seen = server.onLoop { _ in ["a", "b", "c", "d", "a"].map { consumer.join($0) } }
      #expect(seen == [COVEY_OK, COVEY_OK, COVEY_OK, COVEY_E_FULL, COVEY_OK])
      #expect(consumer.join("e") == COVEY_OK, "from here it is only counted")
      #expect(server.statistics.drops_groups_full == 2)
    }

    @Test func `BROADCAST_RECEIVED relays to the channel's groups, the sender included`() throws {
      let server = try TestServer(
        TestChannel(
          flags: COVEY_CHANNEL_PUBLIC | COVEY_CHANNEL_BROADCAST_RECEIVED,
          groups: ["room_{room}"], onConnect: nil, onText: nil, onBinary: nil))
      let members = try (0..<3).map { _ in try server.client() }
      let other = try server.client("/ws/other/")
      members[0].send("hello")
      for frame in WireFrame.fragments(2, [[1], [2], [3]]) { members[1].send(frame) }
      for member in members {
        let both = [member.receive(), member.receive()]
        #expect(both.contains(.text("hello")) && both.contains(.binary([1, 2, 3])))
      }
      #expect(other.echoes("mine alone"))
    }

    @Test func `BROADCAST_RECEIVED runs the handlers as well`() throws {
      let server = try TestServer(
        TestChannel(
          flags: COVEY_CHANNEL_BROADCAST_RECEIVED, groups: ["g"],
          onText: { consumer, _ in consumer.send("seen") }))
      let client = try server.client()
      client.send("x")
      let both = [client.receive(), client.receive()]
      #expect(both.contains(.text("x")) && both.contains(.text("seen")))
      client.send(WireFrame.make(1, [0xff]))
      #expect(client.receive() == .close(1007, ""))
    }

    @Test func `several threads send at once, each in its order`() throws {
      let server = try TestServer(
        TestChannel(groups: ["g"]), options: { $0.outbox_bytes_max = 64 << 20 })
      let client = try server.client()
      let threads = (0..<4).map { thread in
        Thread {
          for index in 0..<500 {
            let text = "\(thread) \(index)"
            _ = covey_group_broadcast(server.handle, "g", 1, text, text.utf8.count, 0)
          }
        }
      }
      var next = [0, 0, 0, 0]
      for _ in 0..<2000 {
        guard case .text(let text) = client.receive() else { break }
        let words = text.split(separator: " ").compactMap { Int($0) }
        #expect(next[words[0]] == words[1])
        next[words[0]] = words[1] + 1
      }
      for thread in threads { thread.join() }
      #expect(next == [500, 500, 500, 500])
    }

    @Test func `what is asked on another thread than the loop's is WRONG_THREAD`() throws {
      let server = try TestServer()
      _ = try server.client()
      let consumer = try server.consumer()
      var count = 0
      #expect(covey_group_count(server.handle, "g", &count) == COVEY_E_WRONG_THREAD)
      #expect(consumer.path == nil)
      var statistics = covey_statistics()
      covey_statistics_init(&statistics, MemoryLayout.size(ofValue: statistics))
      #expect(covey_server_get_statistics(server.handle, &statistics) == COVEY_E_WRONG_THREAD)
    }

    @Test func `a call whose consumer is gone by then is counted`() throws {
      let server = try TestServer()
      let client = try server.client()
      let consumer = try server.consumer()
      let seen = server.onLoop { _ in
        // Held up while another thread sends; by the time that is carried out, it is closing.
        Thread { consumer.send("late") }.join()
        return consumer.close()
      }
      #expect(seen == COVEY_OK)
      #expect(client.receive() == .close(1000, ""))
      #expect(server.statistics.drops_gone == 1)
    }
  }
}
