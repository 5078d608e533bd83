import Testing

@testable import CoveyCore

struct ProxyHeaderTests {
  static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

  private func header(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
    Self.signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
  }

  private let version4: [UInt8] = [192, 0, 2, 1, 127, 0, 0, 1, 0x12, 0x34, 0, 80]

  @Test func `it tells the client's address`() throws {
    let read = ProxyHeader(header(0x21, 0x11, version4))
    #expect(read?.source?.text == Array("192.0.2.1".utf8))
    var version6 = [UInt8](repeating: 0, count: 36)
    version6[0...3] = [0x20, 0x01, 0x0d, 0xb8]
    version6[15] = 1
    #expect(ProxyHeader(header(0x21, 0x21, version6))?.source?.text == Array("2001:db8::1".utf8))
    let unix = [UInt8](repeating: 0, count: 216)
    #expect(ProxyHeader(header(0x21, 0x31, unix))?.source?.text == Array("unix".utf8))
  }

  @Test func `what follows the addresses is passed over`() {
    let read = ProxyHeader(header(0x21, 0x11, version4 + [0x04, 0, 1, 0]))
    #expect(read?.source?.text == Array("192.0.2.1".utf8))
  }

  @Test func `a proxy may speak for itself`() {
    for bytes in [header(0x20, 0x11, version4), header(0x20, 0, [])] {
      let read = ProxyHeader(bytes)
      #expect(read != nil && read?.source == nil)
    }
  }

  @Test func `a client that a proxy does not know is not the proxy`() {
    let read = ProxyHeader(header(0x21, 0, [1, 2]))
    #expect(read?.source?.text == Array("unknown".utf8))
  }

  @Test func `what is malformed is refused`() {
    for bytes in [
      header(0x11, 0x11, version4), header(0x22, 0x11, version4), header(0x21, 0x12, version4),
      header(0x21, 0x41, version4), header(0x21, 0x11, version4.dropLast()),
      header(0x21, 0x21, version4), header(0x21, 0x31, version4),
      Array(header(0x21, 0x11, version4).dropLast()), header(0x21, 0x11, version4) + [0],
      Array("PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n".utf8), [],
    ] {
      #expect(ProxyHeader(bytes) == nil, "\(bytes)")
    }
    for position in 0..<12 {
      var bytes = header(0x21, 0x11, version4)
      bytes[position] ^= 1
      #expect(ProxyHeader(bytes) == nil)
    }
  }

  @Test func `it is as long as it says, up to the limit`() {
    let room = ProxyHeader.bytesMax - ProxyHeader.fixedBytes
    let most = header(0x20, 0, Array(repeating: 0, count: room))
    #expect(ProxyHeader.size(most) == ProxyHeader.bytesMax)
    #expect(ProxyHeader(most) != nil)
    #expect(ProxyHeader.size(header(0x20, 0, Array(repeating: 0, count: room + 1))) == nil)
    #expect(ProxyHeader.size(most.prefix(15)) == nil)
  }
}
