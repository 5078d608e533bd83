import CCovey
import Glibc
import Testing

extension Wire {
  /// Thousands of broken clients; afterwards the server is as good as new.
  @Suite struct MutationTests {
    private func server() throws -> TestServer {
      let folder = "/usr/share/doc/libc6"
      return try TestServer(
        TestChannel(
          keptHeaders: ["x-kept", "cookie"],
          onConnect: { consumer in
            for name in ["cookie", "x-kept", "user-agent"] { _ = consumer.header(name) }
            _ = consumer.query("q")
            _ = consumer.cookie("a")
            consumer.accept(consumer.offer(0))
          }),
        TestChannel(pattern: "any/<path:rest>", groups: ["g_{rest}"]),
        setUp: { _ = covey_directory_register($0, "/files/", folder, nil) })
    }

    /// Open descriptors of this process.
    private var descriptors: Int {
      guard let folder = opendir("/proc/self/fd") else { return -1 }
      defer { closedir(folder) }
      var count = 0
      while readdir(folder) != nil { count += 1 }
      return count
    }

    private func expectAsGoodAsNew(_ server: TestServer, _ before: Int) throws {
      #expect(try server.client().echoes("as good as new"))
      server.disconnectAll()
      #expect(server.statistics(settle: { $0.consumers == 0 && $0.outbox_bytes == 0 }))
      let end = server.statistics
      let endings =
        end.endings_peer + end.endings_host + end.endings_refused + end.endings_undecided
        + end.endings_slow + end.endings_silent + end.endings_too_large + end.endings_bad_text
        + end.endings_bad_kind + end.endings_lost + end.endings_stopped
      #expect(endings == end.connections_accepted)
      #expect(server.record.wait { $0.endings.count == Int(endings) })
      #expect(end.groups == 0 && end.messages_in >= UInt64(server.record.now.messages.count))
      let deadline = milliseconds() + 12_000
      while descriptors > before, milliseconds() < deadline { usleep(20_000) }
      #expect(descriptors <= before)
    }

    private static let requests: [[UInt8]] = [
      RawClient.request(),
      RawClient.request(
        "/ws/a%20b/?q=1&q=a%2Bb&x",
        [
          "Origin: http://127.0.0.1", "Cookie: a=1; b=2", "X-Kept: k",
          "Sec-WebSocket-Protocol: a, b",
        ]),
      RawClient.request("/any/thing/at/all"),
      "GET /files/copyright HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\"\r\n\r\n",
      "POST /ws/x/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
    ].map { Array($0.utf8) }

    @Test func `mutated handshakes`() throws {
      var random = SeededRandom("mutated handshakes")
      let server = try server()
      let before = descriptors
      for _ in 0..<SeededRandom.rounds(3000) {
        let client = try RawClient(port: server.port)
        let request = Self.requests[random.below(Self.requests.count)]
        send(Mutation.apply(to: request, &random) + WireFrame.text("hi"), client, &random)
      }
      try expectAsGoodAsNew(server, before)
    }

    @Test func `garbage in place of a handshake`() throws {
      var random = SeededRandom("garbage")
      let server = try server()
      let before = descriptors
      for _ in 0..<SeededRandom.rounds(500) {
        let client = try RawClient(port: server.port)
        send(random.bytes(1 + random.below(3000)), client, &random)
      }
      try expectAsGoodAsNew(server, before)
    }

    @Test func `mutated frames`() throws {
      var random = SeededRandom("mutated frames")
      let server = try server()
      let before = descriptors
      for _ in 0..<SeededRandom.rounds(3000) {
        let client = try RawClient(port: server.port)
        let handshake = Array(RawClient.request().utf8)
        let stream = Self.stream(&random)
        send(handshake + Mutation.apply(to: stream, &random), client, &random)
      }
      // Over TLS more of them are gone before they are let in.
      #expect(server.statistics.connections_accepted > (TestTls.isOn ? 300 : 1000))
      try expectAsGoodAsNew(server, before)
    }

    @Test func `several hostile clients at once, and good ones between them`() throws {
      var random = SeededRandom("several at once")
      let server = try server()
      let before = descriptors
      let good = try server.client()
      for round in 0..<SeededRandom.rounds(150) {
        let hostile = try (0..<8).map { _ in try RawClient(port: server.port) }
        var streams = hostile.map { _ in
          Array(RawClient.request().utf8) + Mutation.apply(to: Self.stream(&random), &random)
        }
        // A piece of each in turn.
        while streams.contains(where: { !$0.isEmpty }) {
          for (index, client) in hostile.enumerated() {
            let count = min(streams[index].count, 1 + random.below(200))
            client.send(Array(streams[index].prefix(count)))
            streams[index].removeFirst(count)
          }
        }
        #expect(good.echoes("round \(round)"))
        for client in hostile where random.isOneIn(2) { client.reset() }
      }
      try expectAsGoodAsNew(server, before)
    }

    /// Frames of all kinds, mostly sound.
    private static func stream(_ random: inout SeededRandom) -> [UInt8] {
      var stream: [UInt8] = []
      for _ in 0..<1 + random.below(6) {
        let payload = random.bytes(random.isOneIn(8) ? random.below(5000) : random.below(150))
        let opcodes: [UInt8] = [0, 1, 1, 2, 2, 2, 8, 9, 10, UInt8(random.below(16))]
        stream += WireFrame.make(
          opcodes[random.below(opcodes.count)],
          random.isOneIn(2) ? payload : payload.map { $0 & 0x7f }, isFinal: !random.isOneIn(4),
          reserved: random.isOneIn(30) ? UInt8(random.below(8)) : 0,
          mask: random.isOneIn(20) ? nil : random.bytes(4))
      }
      return stream
    }

    /// Sends bytes at once or in pieces, and ends the connection in one of several ways.
    private func send(_ bytes: [UInt8], _ client: RawClient, _ random: inout SeededRandom) {
      if random.isOneIn(3) {
        let place = random.below(bytes.count)
        client.send(Array(bytes[..<place]))
        if random.isOneIn(2) { sched_yield() }
        client.send(Array(bytes[place...]))
      } else {
        client.send(bytes)
      }
      switch random.below(4) {
      case 0: client.reset()
      case 1:
        client.patience(milliseconds: 2)
        _ = client.receive()
      case 2: client.endSending()
      default: break
      }
      client.disconnect()
    }
  }
}
