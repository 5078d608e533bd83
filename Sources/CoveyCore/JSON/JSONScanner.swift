/// Checks JSON text (RFC 8259) in one pass, without recursion and without building anything of it.
///
/// Strict: no comments, no trailing commas, no byte order mark, no unescaped control characters,
/// and the whole text must be UTF-8. Lone surrogates in escapes (`"\uD800"`) belong to the grammar
/// and pass, as do duplicate names and numbers of any size. Messages name the byte offset.
package struct JSONScanner {
  /// What a value is.
  package enum Kind: Sendable {
    case object, array, string, number, boolean, null
  }

  /// One member of the outermost object, or element of the outermost array, as ranges of the text.
  package struct Member: Sendable {
    /// The name, between its quotes; empty for an element.
    package let name: Range<Int>
    /// The whole value, with quotes or brackets.
    package let value: Range<Int>
    package let kind: Kind
  }

  /// Arrays and objects inside each other, the outermost included.
  ///
  /// Bounded by the bits of a word.
  package static let depthMax = 64

  private enum Expected {
    case value, valueOrEnd, name, nameOrEnd, commaOrEnd, nothing
  }

  var position = 0
  private let depthMax: Int
  private var depth = 0
  /// One bit for each open container, the innermost lowest: 1 is an object, 0 an array.
  private var objects: UInt64 = 0
  private var expected = Expected.value

  private init(depthMax: Int) {
    self.depthMax = min(depthMax, Self.depthMax)
  }

  /// Checks that the text is one JSON document; too deep is too large, all else invalid.
  package static func validate(
    _ text: Span<UInt8>, depthMax: Int = depthMax
  ) throws(Failure) {
    _ = try scan(text, depthMax: depthMax) { _ in }
  }

  /// Checks the text, and hands out the members of the document if it is an object, or the
  /// elements if it is an array, in order.
  ///
  /// A member is handed out when its value has been checked; what follows it has not been yet.
  ///
  /// - Returns: what the document is.
  @inline(__always)
  package static func scan(
    _ text: Span<UInt8>, depthMax: Int = depthMax, member: (Member) -> Void
  ) throws(Failure) -> Kind {
    var scanner = JSONScanner(depthMax: depthMax)
    return try scanner.document(text, member)
  }
}

extension JSONScanner {
  @inline(__always)
  private mutating func document(
    _ text: Span<UInt8>, _ member: (Member) -> Void
  ) throws(Failure) -> Kind {
    var root = Kind.null
    var name = 0..<0
    var valueStart = 0
    var kind = Kind.null
    while let byte = nextByte(text) {
      var isComplete = false
      switch (expected, byte) {
      case (.valueOrEnd, UInt8(ascii: "]")), (.nameOrEnd, UInt8(ascii: "}")):
        close()
        isComplete = true
      case (.value, _), (.valueOrEnd, _):
        let (level, start) = (depth, position)
        let found = try value(text, byte)
        if level == 0 { root = found }
        if level == 1 { (kind, valueStart) = (found, start) }
        isComplete = found != .object && found != .array
      case (.name, UInt8(ascii: "\"")), (.nameOrEnd, UInt8(ascii: "\"")):
        let start = position + 1
        try string(text)
        if depth == 1 { name = start..<(position - 1) }
        guard nextByte(text) == UInt8(ascii: ":") else { throw unexpected(text) }
        position += 1
        expected = .value
      case (.commaOrEnd, UInt8(ascii: ",")):
        position += 1
        expected = isInObject ? .name : .value
      case (.commaOrEnd, isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")):
        close()
        isComplete = true
      default:
        throw unexpected(text)
      }
      if isComplete {
        expected = depth == 0 ? .nothing : .commaOrEnd
        if depth == 1 {
          let name = isInObject ? name : 0..<0
          member(Member(name: name, value: valueStart..<position, kind: kind))
        }
      }
    }
    guard expected == .nothing else { throw unexpected(text) }
    return root
  }

  private var isInObject: Bool { objects & 1 == 1 }

  /// Skips whitespace; nil at the end of the text.
  @inline(__always)
  private mutating func nextByte(_ text: Span<UInt8>) -> UInt8? {
    while position < text.count {
      let byte = text[position]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return byte
      }
    }
    return nil
  }

  /// Moves past a scalar, or into a container.
  private mutating func value(_ text: Span<UInt8>, _ byte: UInt8) throws(Failure) -> Kind {
    switch byte {
    case UInt8(ascii: "{"):
      try open(isObject: true)
      return .object
    case UInt8(ascii: "["):
      try open(isObject: false)
      return .array
    case UInt8(ascii: "\""):
      try string(text)
      return .string
    case UInt8(ascii: "t"):
      try word("true", text)
      return .boolean
    case UInt8(ascii: "f"):
      try word("false", text)
      return .boolean
    case UInt8(ascii: "n"):
      try word("null", text)
      return .null
    default:
      try number(text)
      return .number
    }
  }

  private mutating func open(isObject: Bool) throws(Failure) {
    guard depth < depthMax else {
      throw .tooLarge("json is nested \(depth + 1) deep at byte \(position), limit \(depthMax)")
    }
    depth += 1
    objects = objects << 1 | (isObject ? 1 : 0)
    position += 1
    expected = isObject ? .nameOrEnd : .valueOrEnd
  }

  private mutating func close() {
    depth -= 1
    objects >>= 1
    position += 1
  }

  private mutating func word(_ word: String, _ text: Span<UInt8>) throws(Failure) {
    for byte in word.utf8 {
      guard position < text.count, text[position] == byte else { throw unexpected(text) }
      position += 1
    }
  }

  /// Moves past a number: `-0.5e+10`, of any length.
  private mutating func number(_ text: Span<UInt8>) throws(Failure) {
    if peek(text) == UInt8(ascii: "-") { position += 1 }
    if peek(text) == UInt8(ascii: "0") { position += 1 } else { try digits(text) }
    if peek(text) == UInt8(ascii: ".") {
      position += 1
      try digits(text)
    }
    if let byte = peek(text), byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if let sign = peek(text), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        position += 1
      }
      try digits(text)
    }
  }

  private mutating func digits(_ text: Span<UInt8>) throws(Failure) {
    let start = position
    while let byte = peek(text), Converter.isDigit(byte) { position += 1 }
    guard position > start else { throw unexpected(text) }
  }

  private func peek(_ text: Span<UInt8>) -> UInt8? {
    position < text.count ? text[position] : nil
  }

  /// Names what stands at the position, or that the text ends there.
  func unexpected(_ text: Span<UInt8>) -> Failure {
    guard let byte = peek(text) else {
      return .invalid("json ends at byte \(position) before it is complete")
    }
    let digits = String(byte, radix: 16, uppercase: true)
    let code = byte < 16 ? "0x0" + digits : "0x" + digits
    return .invalid("json has the unexpected byte \(code) at byte \(position)")
  }
}
