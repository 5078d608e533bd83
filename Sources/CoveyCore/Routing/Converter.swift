/// What one parameter of a pattern accepts, in the words of Django's path().
///
/// The raw values rank the converters from specific to general. They lie above every byte, so that
/// a literal is more specific than any of them.
package enum Converter: UInt16, Sendable {
  /// Decimal digits, any number of them.
  case int = 256
  /// Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  case uuid
  /// ASCII letters, digits, hyphens and underscores.
  case slug
  /// Everything but a slash.
  case str
  /// Everything but a line feed, slashes too.
  case path

  init?(name: String) {
    switch name {
    case "int": self = .int
    case "uuid": self = .uuid
    case "slug": self = .slug
    case "str": self = .str
    case "path": self = .path
    default: return nil
    }
  }

  /// What a pattern calls it.
  var name: String {
    switch self {
    case .int: "int"
    case .uuid: "uuid"
    case .slug: "slug"
    case .str: "str"
    case .path: "path"
    }
  }

  /// Bytes of a UUID in text.
  static let uuidCount = 36

  /// Tells whether a value may contain this byte.
  func accepts(_ byte: UInt8) -> Bool {
    switch self {
    case .int: Self.isDigit(byte)
    case .uuid: Self.isLowercaseHex(byte) || byte == UInt8(ascii: "-")
    case .slug: Self.isWord(byte) || byte == UInt8(ascii: "-")
    case .str: byte != UInt8(ascii: "/")
    case .path: byte != UInt8(ascii: "\n")
    }
  }

  /// Finds the end of the longest value that starts here; nil when there is none.
  func longestEnd(in path: [UInt8], from start: Int) -> Int? {
    if self == .uuid {
      return Self.isUUID(path, at: start) ? start + Self.uuidCount : nil
    }
    var end = start
    while end < path.count, accepts(path[end]) { end += 1 }
    return end > start ? end : nil
  }

  /// Tells whether the 36 bytes from here on are a UUID.
  static func isUUID(_ path: [UInt8], at start: Int) -> Bool {
    guard path.count - start >= uuidCount else { return false }
    for offset in 0..<uuidCount {
      let byte = path[start + offset]
      let isHyphenExpected = offset == 8 || offset == 13 || offset == 18 || offset == 23
      guard isHyphenExpected ? byte == UInt8(ascii: "-") : isLowercaseHex(byte) else {
        return false
      }
    }
    return true
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Tells whether a byte may stand in a Python identifier, all of them ASCII here.
  static func isWord(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || isDigit(byte)
      || byte == UInt8(ascii: "_")
  }

  private static func isLowercaseHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
