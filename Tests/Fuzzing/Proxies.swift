/// What proxies say: the first byte says which parser, lines are the headers.
func fuzzProxies(_ input: [UInt8]) throws {
  let rest = Array(input.dropFirst())
  switch (input.first ?? 0) % 4 {
  case 0: fuzzAddress(rest)
  case 1: fuzzProxyHeader(rest)
  default: try fuzzForwarding(rest)
  }
}

/// An address is written so that it is read as the same one.
private func fuzzAddress(_ input: [UInt8]) {
  _ = try? Network(String(decoding: input, as: UTF8.self))
  guard let address = IPAddress(input) else { return }
  guard IPAddress(address.text) == address, IPAddress(bytes: address.bytes) == address else {
    fatalError("\(String(decoding: input, as: UTF8.self)) changed")
  }
}

private func fuzzProxyHeader(_ input: [UInt8]) {
  let size = ProxyHeader.size(input)
  guard ProxyHeader(input) != nil else { return }
  guard size == input.count, input.count <= ProxyHeader.bytesMax else {
    fatalError("a header of another size")
  }
}

private func fuzzForwarding(_ input: [UInt8]) throws {
  let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
  func line(_ number: Int) -> [UInt8]? {
    lines.indices.contains(number) && !lines[number].isEmpty ? lines[number] : nil
  }
  var headers = Provenance.Headers()
  headers.forwarded = line(0)
  headers.forwardedFor = line(1)
  headers.forwardedScheme = line(2)
  headers.forwardedHost = line(3)
  let proxies = try TrustedProxies(["10.0.0.0/8", "2001:db8::/32", "unix"])
  let inside = IPAddress("10.0.0.1".utf8).map(Peer.address)
  for peer in [.unix, inside].compactMap({ $0 }) {
    let direct = Provenance(peer: peer, isSecure: false, host: nil)
    guard let said = direct.said(headers, by: proxies) else { continue }
    guard said.host.map({ Authority(String(decoding: $0, as: UTF8.self)[...]) != nil }) ?? true
    else { fatalError("a host that is none") }
    // Nobody but a trusted proxy is believed.
    let nobody = try TrustedProxies(["192.0.2.0/24"])
    guard direct.said(headers, by: nobody) == direct else { fatalError("a stranger is believed") }
  }
}
