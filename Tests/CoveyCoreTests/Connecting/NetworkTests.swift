import Testing

@testable import CoveyCore

struct NetworkTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
    ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.0/8", "10.0.0.1", true),
    ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("::/0", "8.8.8.8", true),
    ("::1", "::1", true), ("::1", "::2", false), ("127.0.0.1/32", "127.0.0.2", false),
    ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
    ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
    ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
    ("2001:db8::/64", "2001:db8::8000:0:0:1", true), ("1.2.3.4/31", "1.2.3.5", true),
  ])
  func `a network contains those with its prefix`(
    _ network: String, _ address: String, _ isIn: Bool
  ) throws {
    let address = try #require(IPAddress(address.utf8))
    #expect(try Network(network).contains(address) == isIn)
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8",
    "10.0.0.0/0008", "10.0.0.0/8/8", "example.com", "unixx", "::1/0",
  ])
  func `what is no network is refused by name`(_ text: String) {
    #expect {
      try Network(text)
    } throws: { error in
      (error as? Failure)?.kind == .invalid
        && (error as? Failure)?.message.hasPrefix("network \"\(text)\"") == true
    }
  }

  @Test func `trusted proxies are networks and unix`() throws {
    let proxies = try TrustedProxies(["10.0.0.0/8", "unix"])
    #expect(proxies.contains(.unix))
    #expect(proxies.contains(.address(try #require(IPAddress("10.1.1.1".utf8)))))
    #expect(!proxies.contains(.named(Array("10.1.1.1".utf8))))
    #expect(try !TrustedProxies(["10.0.0.0/8"]).contains(.unix))
    #expect(try TrustedProxies([]).isEmpty)
  }
}
