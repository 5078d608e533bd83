import CCovey
import Testing

extension Wire {
  @Suite struct OriginTests {
    private func status(
      _ origin: String?, host: String = "h.example", rules: [String] = [], flags: Int = 0
    ) throws -> Int {
      let server = try TestServer(TestChannel(flags: flags, origins: rules))
      let client = try server.connection()
      let headers = ["Host: \(host)"] + (origin.map { ["Origin: \($0)"] } ?? [])
      return client.upgrade("/ws/lobby/", headers).status
    }

    @Test func `by default a page must come from where it connects to`() throws {
      #expect(try status("http://h.example") == 101)
      #expect(try status("https://H.Example") == 101)
      #expect(try status("http://h.example:8080", host: "h.example:8080") == 101)
      #expect(try status("http://h.example:8080") == 403)
      #expect(try status("http://other.example") == 403)
      #expect(try status("http://h.example.evil.example") == 403)
      #expect(try status("null") == 403)
    }

    @Test func `without an origin it is no browser, unless one is required`() throws {
      #expect(try status(nil) == 101)
      #expect(try status(nil, flags: COVEY_CHANNEL_REQUIRE_ORIGIN) == 403)
      #expect(try status("http://h.example", flags: COVEY_CHANNEL_REQUIRE_ORIGIN) == 101)
    }

    @Test(arguments: [
      ("http://a.example", 101), ("https://x:8443", 101), ("https://x", 403),
      ("https://www.b.example", 101), ("https://b.example", 101), ("https://bb.example", 403),
      ("http://h.example", 403), ("null", 403), ("a.example", 403),
    ])
    func `a list allows who it names`(origin: String, expected: Int) throws {
      let rules = ["a.example", ".b.example", "https://x:8443"]
      #expect(try status(origin, rules: rules) == expected)
    }

    @Test func `a star allows everybody, also null`() throws {
      #expect(try status("null", rules: ["*"]) == 101)
      #expect(try status("https://anything.example", rules: ["*"]) == 101)
      #expect(try status("not an origin", rules: ["*"]) == 403)
    }
  }
}
