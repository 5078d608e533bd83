/// Swift text as far as a simple scan has to understand it: what is comment and what is string.
struct SwiftCode {
  private enum Place {
    case code(parentheses: Int)
    case string(hashes: Int, quotes: Int)
    case comment(depth: Int)
  }

  private var text: [UInt8]
  private var position = 0
  /// Interpolations are code inside strings inside code.
  private var places: [Place] = [.code(parentheses: 0)]

  /// Blanks out comments and what strings contain; line ends and interpolated code stay.
  static func only(_ text: String) -> String {
    var scan = SwiftCode(text: Array(text.utf8))
    while scan.position < scan.text.count, let place = scan.places.last {
      switch place {
      case .code(let parentheses): scan.code(parentheses)
      case .string(let hashes, let quotes): scan.string(hashes, quotes)
      case .comment(let depth): scan.comment(depth)
      }
    }
    return String(decoding: scan.text, as: UTF8.self)
  }

  private init(text: [UInt8]) { self.text = text }

  private mutating func code(_ parentheses: Int) {
    switch text[position] {
    case UInt8(ascii: "/") where isNext("//"):
      while position < text.count, text[position] != UInt8(ascii: "\n") { blank(1) }
    case UInt8(ascii: "/") where isNext("/*"):
      places.append(.comment(depth: 1))
      blank(2)
    case UInt8(ascii: "\""), UInt8(ascii: "#"):
      let hashes = text[position...].prefix { $0 == UInt8(ascii: "#") }.count
      let quotes = text[(position + hashes)...].prefix { $0 == UInt8(ascii: "\"") }.count
      // An empty string is two quotes, one that spans lines begins with three.
      if quotes > 0 { places.append(.string(hashes: hashes, quotes: quotes >= 3 ? 3 : 1)) }
      position += hashes + (quotes == 0 ? 0 : quotes >= 3 ? 3 : 1)
    case UInt8(ascii: "(") where places.count > 1:
      places[places.count - 1] = .code(parentheses: parentheses + 1)
      position += 1
    case UInt8(ascii: ")") where places.count > 1:
      places[places.count - 1] = .code(parentheses: parentheses - 1)
      if parentheses == 1 { places.removeLast() }
      position += 1
    default: position += 1
    }
  }

  private mutating func string(_ hashes: Int, _ quotes: Int) {
    switch text[position] {
    case UInt8(ascii: "\"") where isNext(quotes == 3 ? "\"\"\"" : "\"", hashes):
      places.removeLast()
      position += quotes + hashes
    case UInt8(ascii: "\\") where isNext("\\", hashes):
      blank(1 + hashes)
      if isNext("(") {
        places.append(.code(parentheses: 1))
        position += 1
      } else {
        blank(1)
      }
    default: blank(1)
    }
  }

  private mutating func comment(_ depth: Int) {
    if isNext("*/") {
      places[places.count - 1] = .comment(depth: depth - 1)
      if depth == 1 { places.removeLast() }
      blank(2)
    } else if isNext("/*") {
      places[places.count - 1] = .comment(depth: depth + 1)
      blank(2)
    } else {
      blank(1)
    }
  }

  private func isNext(_ word: StaticString, _ hashes: Int = 0) -> Bool {
    var end = position
    for offset in 0..<word.utf8CodeUnitCount {
      guard end < text.count, text[end] == word.utf8Start[offset] else { return false }
      end += 1
    }
    return text[end...].prefix(hashes).count { $0 == UInt8(ascii: "#") } == hashes
  }

  private mutating func blank(_ count: Int) {
    for _ in 0..<count where position < text.count {
      if text[position] != UInt8(ascii: "\n") { text[position] = UInt8(ascii: " ") }
      position += 1
    }
  }
}
