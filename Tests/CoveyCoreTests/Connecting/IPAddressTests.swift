import Testing

@testable import CoveyCore

struct IPAddressTests {
  private func spelled(_ text: String) -> String? {
    IPAddress(text.utf8).map { String(decoding: $0.text, as: UTF8.self) }
  }

  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("::1", "::1"), ("::", "::"), ("1::", "1::"), ("::ffff:1.2.3.4", "1.2.3.4"),
    ("::FFFF:102:304", "1.2.3.4"), ("2001:DB8::0:1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("0:0:0:0:0:0:0:1", "::1"),
  ])
  func `an address has one spelling`(_ text: String, _ expected: String) {
    #expect(spelled(text) == expected)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.+4", "1.2.3.4 ",
    ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1%eth0",
    "[::1]", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7::8", "localhost", "::ffff:1.2.3.4.5",
  ])
  func `what is no address is none`(_ text: String) {
    #expect(spelled(text) == nil)
  }

  @Test func `bytes make the same address as text`() {
    #expect(IPAddress(bytes: [1, 2, 3, 4]) == IPAddress("1.2.3.4".utf8))
    #expect(IPAddress(bytes: Array(repeating: 0, count: 15) + [1]) == IPAddress("::1".utf8))
    #expect(
      IPAddress(bytes: Array(repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4])
        == IPAddress("1.2.3.4".utf8))
    #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    #expect(IPAddress("1.2.3.4".utf8)?.bytes.suffix(6) == [255, 255, 1, 2, 3, 4])
  }
}
