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
    guard text.count <= 45 else { return nil }
    let bytes = Array(text)
    var halves: [ArraySlice<UInt8>] = [bytes[...]]
    let colon = UInt8(ascii: ":")
    if let gap = bytes.indices.dropLast().first(where: {
      bytes[$0] == colon && bytes[$0 + 1] == colon
    }) {
      halves = [bytes[..<gap], bytes[(gap + 2)...]]
    }
    guard let head = groups(halves[0], isLast: halves.count == 1) else { return nil }
    guard halves.count == 2 else {
      return head.count == 8 ? spelled(head) : nil
    }
    guard let tail = groups(halves[1], isLast: true), head.count + tail.count < 8 else {
      return nil
    }
    return spelled(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
  }

  private static func spelled(_ groups: [UInt16]) -> String {
    "[" + groups.map { String($0, radix: 16) }.joined(separator: ":") + "]"
  }

  /// Reads groups of hexadecimal digits; the last may be an IPv4 address, which makes two.
  private static func groups(_ bytes: ArraySlice<UInt8>, isLast: Bool) -> [UInt16]? {
    guard !bytes.isEmpty else { return [] }
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let pair = addressVersion4(part) else { return nil }
        groups += pair
      } else {
        // A sign would pass UInt16's reading, so the digits are checked first.
        guard (1...4).contains(part.count), part.allSatisfy(isHex),
          let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
        else { return nil }
        groups.append(group)
      }
    }
    return groups
  }

  private static func addressVersion4(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    var numbers: [UInt16] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(Converter.isDigit),
        let number = UInt8(String(decoding: part, as: UTF8.self))
      else { return nil }
      numbers.append(UInt16(number))
    }
    guard numbers.count == 4 else { return nil }
    return [numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]]
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    Converter.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
