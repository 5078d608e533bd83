import CoveyCore
import Testing

struct OriginRulesTests {
  /// Tells which of the origins the rules allow; the Host header is that of another site.
  private func check(
    _ rules: [String], allows: [String], refuses: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let rules = try OriginRules(rules)
    for (origins, expected) in [(allows, true), (refuses, false)] {
      for origin in origins {
        let isAllowed = rules.allows(
          origin: origin, host: "elsewhere.test", isOriginRequired: false)
        #expect(isAllowed == expected, "\(origin)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Compares an origin with a Host header, without any rule.
  private func checkHost(
    _ origin: String, _ host: String?, _ expected: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let isAllowed = try OriginRules([]).allows(origin: origin, host: host, isOriginRequired: true)
    #expect(
      isAllowed == expected, "\(origin) on \(host ?? "nil")", sourceLocation: sourceLocation)
  }

  @Test func `a host covers every scheme and port`() throws {
    try check(
      ["example.com"],
      allows: ["http://example.com", "https://example.com:8443", "app://EXAMPLE.com."],
      refuses: ["http://a.example.com", "http://example.com.evil.test", "http://example.org"])
  }

  @Test func `a leading dot covers subdomains and the host itself`() throws {
    try check(
      [".example.com"],
      allows: ["http://example.com", "http://a.example.com", "https://b.a.Example.com:1"],
      refuses: ["http://notexample.com", "http://example.com.evil.test", "http://com"])
  }

  @Test func `a host with a port covers every scheme`() throws {
    try check(
      ["example.com:443"], allows: ["https://example.com", "http://example.com:443"],
      refuses: ["http://example.com", "https://example.com:444"])
  }

  @Test func `a scheme must match, and the port with its default`() throws {
    try check(
      ["https://x.test", "http://y.test:8080"],
      allows: ["https://x.test", "HTTPS://X.test:443", "http://y.test:8080"],
      refuses: ["http://x.test", "wss://x.test", "https://x.test:8443", "http://y.test"])
    try check(
      ["https://.x.test"], allows: ["https://x.test", "https://a.x.test:443"],
      refuses: ["http://a.x.test", "https://a.x.test:1"])
    try check(["wss://x.test:443"], allows: ["wss://x.test"], refuses: ["https://x.test"])
    try check(["app://localhost"], allows: ["app://localhost"], refuses: ["app://localhost:1"])
  }

  @Test func `an IPv6 address has many spellings`() throws {
    try check(
      ["[::1]", "http://[2001:DB8:0::1]:81", "[::ffff:1.2.3.4]:80"],
      allows: [
        "https://[::1]:5", "http://[0:0::0001]", "http://[2001:db8::1]:81",
        "http://[::ffff:102:304]",
      ],
      refuses: ["http://[::2]", "http://[2001:db8::1]", "http://::1", "http://[::1", "http://::1]"]
    )
  }

  @Test func `null is refused unless everything is allowed`() throws {
    try check([], allows: [], refuses: ["null"])
    try check(["example.com"], allows: [], refuses: ["null"])
    try check(["example.com", "*"], allows: ["null", "http://any.test:1"], refuses: [])
  }

  @Test func `a malformed origin is refused even when everything is allowed`() throws {
    try check(
      ["*", "a", "a.b"], allows: [],
      refuses: [
        "", " ", "a", "a:80", "http:", "http://", "http:///", "://a", "http:/a", "1http://a",
        "h_p://a", "http://a/", "http://a/b", "http://a?b", "http://a#b", "http://u@a",
        "http://u:p@a", "http://a:", "http://a:0", "http://a:65536", "http://a:+80",
        "http://a:8 0", "http://a b", " http://a", "http://a ", "http://a http://b", "http://.a",
        "http://a..b", "http://.", "http://a..", "http://\u{e9}", "http://%61", "http://a\u{0}",
        "http://a\u{600}.", "http://*", "NULL", "http://[]", "http://[a]", "http://[\u{301}::1]",
        "http://[1:2:3:4:5:6:7]", "http://[1:2:3:4:5:6:7:8:9]", "http://[1::2::3]",
        "http://[12345::]", "http://[+1::]", "http://[::1.2.3]", "http://[::1.2.3.256]",
        "http://[1.2.3.4::]", "http://[:::]", "http://[::1]x", "http://[fe80::1%25eth0]",
        "http://" + String(repeating: "a", count: 254),
      ])
  }

  @Test func `a host name has at most 253 bytes`() throws {
    let name = String(repeating: "a", count: 253)
    try check([name], allows: ["http://\(name)", "http://\(name)."], refuses: ["http://\(name)a"])
    #expect(throws: Failure.self) { try OriginRules([name + "a"]) }
  }

  @Test func `without rules the origin is the host of the handshake`() throws {
    try checkHost("http://a.test", "a.test", true)
    try checkHost("http://a.test", "A.test.:80", true)
    try checkHost("https://a.test", "a.test", true)
    try checkHost("https://a.test", "a.test:443", true)
    try checkHost("https://a.test:8443", "a.test:8443", true)
    try checkHost("http://[::1]:81", "[0::1]:81", true)
    try checkHost("https://a.test", "a.test:80", false)
    try checkHost("http://a.test", "a.test:81", false)
    try checkHost("http://a.test:81", "a.test", false)
    try checkHost("http://a.test", "b.a.test", false)
  }

  @Test func `without rules only a web page can be the same site`() throws {
    try checkHost("app://localhost", "localhost", false)
    try checkHost("app://localhost:80", "localhost:80", false)
    try checkHost("http://a.test", nil, false)
    try checkHost("http://a.test", "", false)
    try checkHost("http://a.test", "a.test/", false)
    try checkHost("http://a.test", "a.test, b.test", false)
  }

  @Test func `no origin is not a browser, allowed unless one is required`() throws {
    for list in [[], ["*"], ["a.test"]] {
      let rules = try OriginRules(list)
      #expect(rules.allows(origin: nil, host: "x", isOriginRequired: false))
      #expect(!rules.allows(origin: nil, host: "x", isOriginRequired: true))
    }
  }

  @Test(arguments: [
    "", ".", "..", "a b", "*.a.test", "a.test:", "a.test:0", "http:", "http://", "u@a.test",
    ".[::1]", "\u{e9}.test", " a.test",
  ])
  func `a bad rule is refused by name`(rule: String) {
    let failure = #expect(throws: Failure.self) { _ = try OriginRules(["a.test", rule]) }
    #expect(
      failure
        == .invalid(
          "origin rule \"\(rule)\" is none of *, host, .host, host:port and scheme://host"))
  }

  @Test func `a rule with a path and a rule for null say why not`() {
    let path = #expect(throws: Failure.self) { _ = try OriginRules(["http://a.test/"]) }
    #expect(path == .invalid(#"origin rule "http://a.test/" has a path, an origin has none"#))
    let null = #expect(throws: Failure.self) { _ = try OriginRules(["null"]) }
    #expect(null?.kind == .invalid)
  }
}
