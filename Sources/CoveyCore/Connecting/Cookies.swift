/// Reads the Cookie header as browsers write it: `a=1; b=2` (RFC 6265, section 5.4).
package enum Cookies {
  /// Finds the value of the first cookie with this name; nil when there is none.
  ///
  /// Names are compared byte by byte. Blanks around a value and one pair of double quotes around
  /// it are left out; nothing is decoded. A semicolon ends a cookie even inside quotes, and what
  /// has no `=` is skipped.
  package static func value(of name: String, in header: [UInt8]) -> [UInt8]? {
    for pair in header.split(separator: UInt8(ascii: ";")) {
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
        trimmed(pair[..<equals]).elementsEqual(name.utf8)
      else { continue }
      return Array(unquoted(trimmed(pair[(equals + 1)...])))
    }
    return nil
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[first...last]
  }

  private static func unquoted(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard bytes.count >= 2, bytes.first == quote, bytes.last == quote else { return bytes }
    return bytes.dropFirst().dropLast()
  }
}
