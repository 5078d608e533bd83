/// Reads the text of a pattern into literals and parameters.
///
/// Stricter than Django in one place: an angle bracket without its partner is an error, not a
/// literal. Control characters are refused because nobody means them.
struct PatternParser {
  private(set) var segments: [Pattern.Segment] = []
  private(set) var names: [String] = []

  private let text: String
  private let bytes: [UInt8]

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  mutating func parse() throws(Failure) {
    guard bytes.count <= Pattern.bytesMax else {
      throw .invalid("pattern is \(bytes.count) bytes, limit \(Pattern.bytesMax)")
    }
    var index = bytes.first == UInt8(ascii: "/") ? 1 : 0
    var literalStart = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "<"):
        appendLiteral(bytes[literalStart..<index])
        index = try appendParameter(after: index)
        literalStart = index
      case UInt8(ascii: ">"):
        throw .invalid("pattern \(quoted) has a > without a < at byte \(index)")
      case 0..<0x20, 0x7F:
        throw .invalid("pattern \(quoted) has a control character at byte \(index)")
      default:
        index += 1
      }
    }
    appendLiteral(bytes[literalStart...])
  }

  private mutating func appendLiteral(_ literal: ArraySlice<UInt8>) {
    if !literal.isEmpty { segments.append(.literal(Array(literal))) }
  }

  /// Reads `converter:name>` or `name>`; gives the index after it.
  private mutating func appendParameter(after open: Int) throws(Failure) -> Int {
    let rest = bytes[(open + 1)...]
    guard let close = rest.firstIndex(of: UInt8(ascii: ">")),
      !rest[..<close].contains(UInt8(ascii: "<"))
    else {
      throw .invalid("pattern \(quoted) has a < without a > at byte \(open)")
    }
    let inside = String(decoding: rest[..<close], as: UTF8.self)
    guard !inside.unicodeScalars.contains(where: \.properties.isWhitespace) else {
      throw .invalid("pattern \(quoted) has whitespace inside <> at byte \(open)")
    }
    guard let colon = inside.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      try append(.str, inside)
      return close + 1
    }
    let converterName = String(inside[..<colon])
    guard let converter = Converter(name: converterName) else {
      throw .invalid(
        "pattern \(quoted) has the unknown converter \(Failure.quote(converterName)), "
          + "known are str, int, slug, uuid and path")
    }
    try append(converter, String(inside[inside.utf8.index(after: colon)...]))
    return close + 1
  }

  private mutating func append(_ converter: Converter, _ name: String) throws(Failure) {
    guard let first = name.utf8.first, !Converter.isDigit(first),
      name.utf8.allSatisfy(Converter.isWord)
    else {
      throw .invalid(
        "pattern \(quoted) has the parameter name \(Failure.quote(name)), "
          + "which is not an identifier of ASCII letters, digits and _")
    }
    guard !names.contains(name) else {
      throw .invalid("pattern \(quoted) has the parameter name \(Failure.quote(name)) twice")
    }
    names.append(name)
    segments.append(.parameter(converter))
  }

  private var quoted: String { Failure.quote(text) }
}
