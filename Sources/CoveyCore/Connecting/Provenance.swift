/// Where a request came from, and as what: by the connection, or by what trusted proxies say.
package struct Provenance: Equatable, Sendable {
  package var peer: Peer
  package var isSecure: Bool
  /// What the client asked for; nil when there is no Host header.
  package var host: [UInt8]?

  package init(peer: Peer, isSecure: Bool, host: [UInt8]?) {
    self.peer = peer
    self.isSecure = isSecure
    self.host = host
  }

  package var scheme: String { isSecure ? "https" : "http" }

  /// What proxies add to a request on its way.
  package struct Headers: Sendable {
    package var forwarded: [UInt8]?
    package var forwardedFor: [UInt8]?
    package var forwardedScheme: [UInt8]?
    package var forwardedHost: [UInt8]?

    package init() {}

    /// Whether any of those is there that no standard has.
    var hasExtensions: Bool {
      forwardedFor != nil || forwardedScheme != nil || forwardedHost != nil
    }
  }

  /// Takes what the peer says, if it is a trusted proxy; nil when that is malformed: a client could
  /// else hide behind what it has put in front of the proxy's own words.
  package func said(_ headers: Headers, by proxies: TrustedProxies) -> Provenance? {
    guard !proxies.isEmpty, proxies.contains(peer) else { return self }
    // Most proxies set these, and hand on whatever a client says in the other.
    guard !headers.hasExtensions, let forwarded = headers.forwarded else {
      return said(headers, proxies)
    }
    guard let elements = ForwardedElement.list(forwarded) else { return nil }
    return said(elements, proxies)
  }

  private func said(_ elements: [ForwardedElement], _ proxies: TrustedProxies) -> Provenance? {
    var result = self
    for element in elements.reversed() where proxies.contains(result.peer) {
      // What an outer proxy was asked counts more than what it asked the next one.
      if let scheme = element.scheme { result.setScheme(scheme) }
      if let host = element.host, !result.setHost(host) { return nil }
      // Whoever is not named cannot be trusted.
      guard let node = element.node else { break }
      guard let peer = Self.peer(node) else { return nil }
      result.peer = peer
    }
    return result
  }

  private func said(_ headers: Headers, _ proxies: TrustedProxies) -> Provenance? {
    var result = self
    let hops = Self.list(headers.forwardedFor)
    var position = hops.endIndex
    while position > hops.startIndex, proxies.contains(result.peer) {
      position -= 1
      guard let peer = Self.peer(hops[position]) else { return nil }
      result.peer = peer
    }
    // Lists as long as that of the addresses go along with it; else the last one spoke last.
    func value(_ header: [UInt8]?) -> ArraySlice<UInt8>? {
      let values = Self.list(header)
      return values.count == hops.count && values.indices.contains(position)
        ? values[position] : values.last
    }
    if let scheme = value(headers.forwardedScheme) { result.setScheme(scheme) }
    if let host = value(headers.forwardedHost), !result.setHost(host) { return nil }
    return result
  }

  private mutating func setScheme(_ text: some Collection<UInt8>) {
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "https", "wss": isSecure = true
    case "http", "ws": isSecure = false
    default: break
    }
  }

  private mutating func setHost(_ text: some Collection<UInt8>) -> Bool {
    guard Authority(String(decoding: text, as: UTF8.self)[...]) != nil else { return false }
    host = Array(text)
    return true
  }

  /// The parts between commas, without blanks around them.
  private static func list(_ header: [UInt8]?) -> [ArraySlice<UInt8>] {
    guard let header else { return [] }
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    return header.split(separator: UInt8(ascii: ",")).compactMap { part in
      let head = part.drop(while: isBlank)
      guard let last = head.lastIndex(where: { !isBlank($0) }) else { return nil }
      return head[...last]
    }
  }

  /// A client as a proxy names it: an address, perhaps with a port; or that it is not named.
  private static func peer(_ node: some Collection<UInt8>) -> Peer? {
    let bytes = Array(node)
    if bytes == Array("unknown".utf8) { return .named(bytes) }
    if bytes.first == UInt8(ascii: "_") {
      let isName = bytes.allSatisfy {
        Converter.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
      }
      return isName && bytes.count <= Limits.proxyNodeBytesMax ? .named(bytes) : nil
    }
    if let address = IPAddress(bytes) { return .address(address) }
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), isPort(bytes[(end + 1)...]),
        let address = IPAddress(bytes[1..<end])
      else { return nil }
      return .address(address)
    }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), isPort(bytes[colon...]),
      let address = IPAddress(bytes[..<colon]), address.isVersion4
    else { return nil }
    return .address(address)
  }

  /// Nothing, or a colon and a port, which may be hidden as `_name`.
  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let colon = bytes.first else { return true }
    let port = bytes.dropFirst()
    guard colon == UInt8(ascii: ":"), !port.isEmpty, port.count <= Limits.proxyNodeBytesMax else {
      return false
    }
    if port.first == UInt8(ascii: "_") {
      return port.allSatisfy {
        Converter.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
      }
    }
    return port.count <= 5 && port.allSatisfy(Converter.isDigit)
  }
}
