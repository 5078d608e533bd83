/// The origin of a web page as a browser names it: scheme, host and port.
struct Origin: Equatable, Sendable {
  let scheme: String
  let host: String
  /// The default port of the scheme when none is written; nil when the scheme has none.
  let port: UInt16?

  /// Reads `scheme://host` or `scheme://host:port`; nil when malformed, as `null` is.
  init?(_ text: String) {
    guard let (scheme, rest) = Self.scheme(text[...]), let authority = Authority(rest) else {
      return nil
    }
    self.scheme = scheme
    host = authority.host
    port = authority.port ?? Self.defaultPort(scheme)
  }

  /// Splits `scheme://rest`; nil when there is no valid scheme.
  static func scheme(_ text: Substring) -> (scheme: String, rest: Substring)? {
    let bytes = text.utf8
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      bytes[colon...].starts(with: "://".utf8),
      let first = bytes.first, Converter.isWord(first), !Converter.isDigit(first),
      bytes[..<colon].allSatisfy(isInScheme)
    else { return nil }
    return (text[..<colon].lowercased(), text[bytes.index(colon, offsetBy: 3)...])
  }

  static func defaultPort(_ scheme: String) -> UInt16? {
    switch scheme {
    case "http", "ws": 80
    case "https", "wss": 443
    default: nil
    }
  }

  private static func isInScheme(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "_"): false
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: Converter.isWord(byte)
    }
  }
}
