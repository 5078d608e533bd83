import CCovey
import Testing

extension Wire {
  @Suite struct RequestTests {
    /// What a consumer of `pattern` says about its request while it connects.
    private func ask(
      _ path: String, of pattern: String = "ws/<str:room>/", _ headers: [String] = [],
      _ question: @escaping @Sendable (TestConsumer) -> [String?]
    ) throws -> [String?] {
      let answers = Answers()
      let server = try TestServer(
        TestChannel(
          pattern: pattern,
          onConnect: {
            answers.list = question($0)
            $0.accept()
          }))
      let status = try server.connection().upgrade(path, headers).status
      return status == 101 ? answers.list : ["\(status)"]
    }

    private final class Answers: @unchecked Sendable { var list: [String?] = [] }

    @Test func `each converter hands over its parameter`() throws {
      let uuid = "123e4567-e89b-12d3-a456-426614174000"
      let seen = try ask(
        "/x.y/007/a-b_c/\(uuid)/deep/er/", of: "<str:a>/<int:b>/<slug:c>/<uuid:d>/<path:e>"
      ) { consumer in ["a", "b", "c", "d", "e", "f"].map { consumer.parameter($0) } }
      #expect(seen == ["x.y", "007", "a-b_c", uuid, "deep/er/", nil])
    }

    @Test(arguments: [
      ("<int:n>", "/12a"), ("<int:n>", "/-1"), ("<slug:n>", "/a.b"), ("<uuid:n>", "/123"),
      ("<str:n>", "/a/b"), ("<str:n>", "/"),
    ])
    func `what a converter does not take is 404`(pattern: String, path: String) throws {
      #expect(try ask(path, of: pattern) { [$0.path] } == ["404"])
    }

    @Test func `a path is percent-decoded`() throws {
      #expect(try ask("/ws/a%20b%2Bc%C3%A9/") { [$0.parameter("room")] } == ["a b+cé"])
      #expect(try ask("/ws/%e4%bd%a0/") { [$0.path] } == ["/ws/你/"])
    }

    @Test func `a parameter that is not UTF-8 is 400`() throws {
      #expect(try ask("/ws/%ff%fe/") { [$0.path] } == ["400"])
    }

    @Test func `a path that cannot be decoded is 403, by libwebsockets`() throws {
      #expect(try ask("/ws/%zz/") { [$0.path] } == ["403"])
    }

    @Test func `a path with a NUL is dropped, by libwebsockets`() throws {
      #expect(try ask("/ws/a%00b/") { [$0.parameter("room")] } == ["0"])
    }

    @Test func `query values are decoded, in order`() throws {
      let seen = try ask("/ws/x/?q=a%20b&q=c%26d&e=&u=%C3%A9&n%61me=v&flag") { consumer in
        [
          consumer.query("q"), consumer.query("q", 1), consumer.query("q", 2),
          consumer.query("e"), consumer.query("u"), consumer.query("name"),
          consumer.query("flag"), consumer.query("none"),
        ]
      }
      #expect(seen == ["a b", "c&d", nil, "", "é", "v", "", nil])
    }

    @Test func `a plus in a query is a space, an encoded one a plus`() throws {
      let seen = try ask("/ws/x/?q=a+b&r=a%2Bb") { [$0.query("q"), $0.query("r")] }
      #expect(seen == ["a b", "a+b"])
    }

    @Test func `an equals sign in a value stays there`() throws {
      let seen = try ask("/ws/x/?t=YWJj=&u=a=b=c") { [$0.query("t"), $0.query("u")] }
      #expect(seen == ["YWJj=", "a=b=c"])
    }

    @Test func `headers, cookies, origin and peer are there while connecting`() throws {
      let headers = [
        "Origin: http://127.0.0.1", "Cookie: a=1; session=xyz", "X-Custom: mine",
        "User-Agent: test",
      ]
      let seen = try ask("/ws/x/", headers) { consumer in
        [
          consumer.header("USER-agent"), consumer.header("x-custom"), consumer.cookie("session"),
          consumer.cookie("none"), consumer.origin, consumer.peer, consumer.header("x-none"),
        ]
      }
      #expect(seen == ["test", "mine", "xyz", nil, "http://127.0.0.1", "127.0.0.1", nil])
    }

    @Test func `later there are the kept headers only`() throws {
      let server = try TestServer(TestChannel(keptHeaders: ["X-Custom", "cookie"]))
      _ = try server.client("/ws/x/", "X-Custom: mine", "Cookie: a=1", "User-Agent: test")
      let consumer = try server.consumer()
      let seen = server.onLoop { _ in
        [consumer.header("x-custom"), consumer.cookie("a"), consumer.header("user-agent")]
      }
      #expect(seen == ["mine", "1", nil])
    }

    @Test func `a consumer that is gone answers in its disconnect handler, and then no more`()
      throws
    {
      let server = try TestServer()
      try server.client().disconnect()
      #expect(server.endings().count == 1)
      let consumer = try server.consumer()
      #expect(server.onLoop { _ in consumer.path } == .some(nil))
      #expect(consumer.send("hello") == COVEY_E_GONE)
    }
  }
}
