import Testing

@testable import CoveyCore

struct ProvenanceTests {
  private func peer(_ text: String) -> Peer {
    IPAddress(text.utf8).map(Peer.address) ?? .unix
  }

  /// Of a request through 10.0.0.1: "peer scheme host", or nil when it is refused.
  private func said(
    from peer: String = "10.0.0.1", forwarded: String? = nil, for addresses: String? = nil,
    proto: String? = nil, host: String? = nil
  ) throws -> String? {
    var headers = Provenance.Headers()
    headers.forwarded = forwarded.map { Array($0.utf8) }
    headers.forwardedFor = addresses.map { Array($0.utf8) }
    headers.forwardedScheme = proto.map { Array($0.utf8) }
    headers.forwardedHost = host.map { Array($0.utf8) }
    let direct = Provenance(peer: self.peer(peer), isSecure: false, host: Array("inner".utf8))
    let proxies = try TrustedProxies(["10.0.0.0/8", "unix"])
    guard let result = direct.said(headers, by: proxies) else { return nil }
    let text = String(decoding: result.peer.text, as: UTF8.self)
    return "\(text) \(result.scheme) \(String(decoding: result.host ?? [], as: UTF8.self))"
  }

  @Test func `without a word of a proxy it is the connection's`() throws {
    #expect(try said() == "10.0.0.1 http inner")
    #expect(try said(from: "") == " http inner")
  }

  @Test func `who is no trusted proxy is not believed`() throws {
    #expect(
      try said(
        from: "192.0.2.9", forwarded: "for=1.2.3.4;proto=https;host=x", for: "1.2.3.4",
        proto: "https", host: "x") == "192.0.2.9 http inner")
    #expect(try said(from: "192.0.2.9", forwarded: "\"") == "192.0.2.9 http inner")
  }

  @Test func `the last address that is no trusted proxy is the client`() throws {
    #expect(try said(for: "192.0.2.1") == "192.0.2.1 http inner")
    #expect(try said(from: "", for: "192.0.2.1") == "192.0.2.1 http inner")
    #expect(try said(for: "6.6.6.6, 192.0.2.1, 10.0.0.2") == "192.0.2.1 http inner")
    #expect(try said(for: "nonsense, 192.0.2.1 ,10.0.0.2") == "192.0.2.1 http inner")
    #expect(try said(for: "10.0.0.3,10.0.0.2") == "10.0.0.3 http inner")
    #expect(try said(for: "[2001:db8::1]:4711") == "2001:db8::1 http inner")
    #expect(try said(for: "2001:db8::1") == "2001:db8::1 http inner")
    #expect(try said(for: "192.0.2.1:80") == "192.0.2.1 http inner")
    #expect(try said(for: "unknown") == "unknown http inner")
    #expect(try said(for: " , ") == "10.0.0.1 http inner")
  }

  @Test func `scheme and host are what the client asked for`() throws {
    #expect(
      try said(for: "192.0.2.1", proto: "https", host: "example.com:8443")
        == "192.0.2.1 https example.com:8443")
    #expect(
      try said(for: "6.6.6.6, 192.0.2.1, 10.0.0.2", proto: "http,https,http", host: "a, b, c")
        == "192.0.2.1 https b")
    #expect(try said(for: "6.6.6.6, 192.0.2.1", proto: "http, WSS, http") == "192.0.2.1 http inner")
    #expect(try said(proto: "https") == "10.0.0.1 https inner")
    #expect(try said(proto: "gopher") == "10.0.0.1 http inner")
  }

  @Test func `an address or a host that is none is refused`() throws {
    for text in ["nonsense", "192.0.2.1, 1.2.3", "[::1", "[::1]x", "1.2.3.4:", "1.2.3.4:123456"] {
      #expect(try said(for: text) == nil, "\(text)")
    }
    #expect(try said(host: "a b") == nil)
    #expect(try said(forwarded: "host=\"user@x\"") == nil)
  }

  @Test func `Forwarded says the same, and counts where nothing else is there`() throws {
    #expect(
      try said(forwarded: "for=192.0.2.1;proto=https;host=example.com")
        == "192.0.2.1 https example.com")
    #expect(
      try said(
        forwarded: "for=6.6.6.6;proto=https;host=evil", for: "192.0.2.2", proto: "http")
        == "192.0.2.2 http inner")
    #expect(try said(forwarded: "for=6.6.6.6", proto: "https") == "10.0.0.1 https inner")
    #expect(
      try said(
        forwarded: "for=6.6.6.6;proto=http, for=\"[2001:db8::1]:_p\";Proto=HTTPS, For=10.0.0.2")
        == "2001:db8::1 https inner")
    #expect(try said(forwarded: "for=\"_gazonk\"") == "_gazonk http inner")
    #expect(try said(forwarded: "for=unknown;by=10.0.0.1") == "unknown http inner")
    #expect(try said(forwarded: "for=6.6.6.6, proto=https") == "10.0.0.1 https inner")
    #expect(try said(forwarded: "for=_" + String(repeating: "a", count: 63)) != nil)
    #expect(try said(forwarded: "for=_" + String(repeating: "a", count: 64)) == nil)
  }

  @Test(arguments: [
    "for=\"1.2.3.4", "for", "for=", "=1.2.3.4", "for=1.2.3.4;for=1.2.3.5", "for=1.2.3.4 x",
    "for=\"1.2.3.4\\", "for=[::1]", "for=\"1.2.3.4\"x", "for =1.2.3.4", "é=1",
  ])
  func `a malformed Forwarded is refused`(_ text: String) throws {
    #expect(ForwardedElement.list(Array(text.utf8)) == nil)
    #expect(try said(forwarded: text) == nil)
  }

  @Test(arguments: ["", ",", ";", "for=a,", ", for=a", "for=a;;", "for=a ; by=b", "x=\"\\\"\""])
  func `empty parts and blanks are passed over`(_ text: String) {
    #expect(ForwardedElement.list(Array(text.utf8)) != nil)
  }
}
