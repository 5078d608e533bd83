/// Which web pages may connect.
///
/// A browser names the page's origin in every handshake; without this check any page that a user
/// visits could connect with that user's cookies. The rules:
///
///     example.com           this host, with any scheme and port
///     example.com:8443      this host and port, with any scheme
///     .example.com          this host and its subdomains
///     https://x:8443        this scheme, host and port; a port left out is the scheme's default
///     https://.example.com  the same with subdomains
///     *                     every origin, `null` too
///
/// No rules: the page must come from the host and port that the handshake asks for. Hosts are
/// compared without regard to case and to a trailing dot. An origin that is malformed is refused
/// whatever the rules.
package struct OriginRules: Sendable {
  private struct Rule {
    let scheme: String?
    let host: String
    let coversSubdomains: Bool
    let port: UInt16?
  }

  private var rules: [Rule] = []
  private var allowsEverything = false

  package init(_ rules: [String]) throws(Failure) {
    for text in rules {
      if text == "*" {
        allowsEverything = true
      } else {
        self.rules.append(try Self.parse(text))
      }
    }
  }

  /// Tells whether a handshake with these headers may go on; nil stands for no such header.
  ///
  /// Without an Origin header the client is not a browser: allowed, unless one is required. A Host
  /// without a port is taken to have the default port of the origin's scheme, not of this
  /// listener's, which may be behind something that terminates TLS.
  package func allows(origin: String?, host: String?, isOriginRequired: Bool) -> Bool {
    guard let text = origin else { return !isOriginRequired }
    if allowsEverything, text == "null" { return true }
    guard let origin = Origin(text) else { return false }
    if allowsEverything { return true }
    if rules.isEmpty { return Self.isSame(origin, host) }
    return rules.contains { Self.matches(origin, $0) }
  }
}

extension OriginRules {
  private static func parse(_ text: String) throws(Failure) -> Rule {
    guard text != "null" else {
      throw .invalid("origin rule \"null\" would cover every sandboxed page, only * does")
    }
    var rest = text[...]
    var scheme: String?
    if let split = Origin.scheme(rest) {
      (scheme, rest) = split
    }
    let coversSubdomains = rest.utf8.first == UInt8(ascii: ".")
    if coversSubdomains { rest = Substring(rest.utf8.dropFirst()) }
    guard !rest.utf8.contains(UInt8(ascii: "/")) else {
      throw .invalid("origin rule \(Failure.quote(text)) has a path, an origin has none")
    }
    guard let authority = Authority(rest), !(coversSubdomains && authority.isAddress) else {
      throw .invalid(
        "origin rule \(Failure.quote(text)) is none of *, host, .host, host:port and scheme://host")
    }
    return Rule(
      scheme: scheme, host: authority.host, coversSubdomains: coversSubdomains,
      port: authority.port ?? scheme.flatMap(Origin.defaultPort))
  }

  private static func matches(_ origin: Origin, _ rule: Rule) -> Bool {
    if let scheme = rule.scheme {
      guard origin.scheme == scheme, origin.port == rule.port else { return false }
    } else if let port = rule.port, origin.port != port {
      return false
    }
    return origin.host == rule.host
      || rule.coversSubdomains && origin.host.hasSuffix("." + rule.host)
  }

  /// Compares an origin with the Host header; only schemes with a default port can be the same.
  private static func isSame(_ origin: Origin, _ host: String?) -> Bool {
    guard let host, let authority = Authority(host[...]),
      let defaultPort = Origin.defaultPort(origin.scheme)
    else { return false }
    return origin.host == authority.host && origin.port == authority.port ?? defaultPort
  }
}
