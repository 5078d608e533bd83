/// A host and perhaps a port, as in an origin or a Host header: `example.com`, `[::1]:8080`.
///
/// Held in one spelling, so that equal means the same: lower case, no trailing dot, IPv6 addresses
/// as eight groups. Only ASCII, as browsers send it (`xn--...`); user names are refused.
struct Authority: Equatable, Sendable {
  /// The longest name that DNS can carry.
  static let hostBytesMax = 253

  let host: String
  let port: UInt16?

  /// Reads a host and perhaps a port; nil when malformed.
  init?(_ text: Substring) {
    let bytes = text.utf8
    // The colon before a port is the last one, and not one inside the brackets of IPv6.
    let colon = bytes.lastIndex(of: UInt8(ascii: ":"))
    let bracket = bytes.lastIndex(of: UInt8(ascii: "]"))
    var hostEnd = bytes.endIndex
    var port: UInt16?
    if let colon, bracket.map({ $0 < colon }) ?? true {
      port = Self.port(bytes[bytes.index(after: colon)...])
      guard port != nil else { return nil }
      hostEnd = colon
    }
    guard let host = Self.host(text[..<hostEnd]) else { return nil }
    self.host = host
    self.port = port
  }

  var isAddress: Bool { host.utf8.first == UInt8(ascii: "[") }

  private static func port(_ digits: Substring.UTF8View) -> UInt16? {
    guard (1...5).contains(digits.count), digits.allSatisfy(Converter.isDigit),
      let port = UInt16(Substring(digits)), port > 0
    else { return nil }
    return port
  }

  private static func host(_ text: Substring) -> String? {
    let bytes = text.utf8
    guard bytes.first != UInt8(ascii: "[") else {
      guard bytes.count > 2, bytes.last == UInt8(ascii: "]") else { return nil }
      return address(bytes.dropFirst().dropLast())
    }
    let name = bytes.last == UInt8(ascii: ".") ? bytes.dropLast() : bytes
    guard (1...hostBytesMax).contains(name.count),
      name.allSatisfy({
        Converter.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      }),
      !name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .contains(where: \.isEmpty)
    else { return nil }
    return Substring(name).lowercased()
  }

  /// Spells an IPv6 address out: `::1` becomes `[0:0:0:0:0:0:0:1]`.
  private static func address(_ text: Substring.UTF8View) -> String? {
    guard let groups = IPAddress.groups(ofVersion6: ArraySlice(text)) else { return nil }
    return "[" + groups.map { String($0, radix: 16) }.joined(separator: ":") + "]"
  }
}
