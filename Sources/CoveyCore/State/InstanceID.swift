/// What names an instance within its model: canonical, so that each instance has one only.
package enum InstanceID: Hashable, Sendable {
  case integer(Int64)
  case text(Name)

  /// What the ids of a model are.
  package enum Kind: Sendable { case integer, text }

  /// Reads an id as a host or a URL writes it: `42`, or the text itself.
  package init(text bytes: some Sequence<UInt8>, _ kind: Kind) throws(Failure) {
    let bytes = Array(bytes)
    switch kind {
    case .integer:
      guard let number = Self.integer(bytes.span, 0..<bytes.count) else {
        throw .invalid("id \(Self.quote(bytes)) is not an integer of 64 bits")
      }
      self = .integer(number)
    case .text: self = .text(try Self.checked(Name(bytes)))
    }
  }

  /// Reads an id out of a URL, where integers may have leading zeros.
  init(url bytes: ArraySlice<UInt8>, _ kind: Kind) throws(Failure) {
    guard kind == .integer else {
      self = try InstanceID(text: bytes, kind)
      return
    }
    let digits = bytes.drop { $0 == UInt8(ascii: "0") }
    self = try InstanceID(text: digits.isEmpty ? bytes.suffix(1) : digits, kind)
  }

  /// Reads an id out of JSON that was scanned.
  init(
    json text: Span<UInt8>, _ range: Range<Int>, _ valueKind: JSONScanner.Kind, _ kind: Kind
  ) throws(Failure) {
    switch (kind, valueKind) {
    case (.integer, .number):
      guard let number = Self.integer(text, range) else {
        throw .invalid("id \(JSONText.shown(text, range)) is not an integer of 64 bits")
      }
      self = .integer(number)
    case (.text, .string):
      let contents = (range.lowerBound &+ 1)..<(range.upperBound &- 1)
      self = .text(try Self.checked(Name(try JSONScanner.text(of: contents, in: text))))
    case (.integer, _): throw .invalid("id \(JSONText.shown(text, range)) is not an integer")
    case (.text, _): throw .invalid("id \(JSONText.shown(text, range)) is not a string")
    }
  }

  private static func checked(_ name: Name) throws(Failure) -> Name {
    guard (1...Limits.nameBytesMax).contains(name.bytes.count) else {
      throw .invalid("id is \(name.bytes.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    guard !name.bytes.contains(0) else { throw .invalid("id has a zero byte") }
    return name
  }

  /// Canonical digits that fit: no plus, no leading zeros, no fraction. `-0` is 0 in JSON.
  static func integer(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var position = range.lowerBound
    let isNegative = position < range.upperBound && text[position] == UInt8(ascii: "-")
    if isNegative { position &+= 1 }
    let digits = range.upperBound &- position
    guard (1...19).contains(digits) else { return nil }
    if text[position] == UInt8(ascii: "0"), digits > 1 { return nil }
    var value: Int64 = 0
    while position < range.upperBound {
      let byte = text[position]
      guard Converter.isDigit(byte) else { return nil }
      let (product, isOver) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte &- UInt8(ascii: "0"))
      let (next, isStillOver) =
        isNegative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      guard !isOver, !isStillOver else { return nil }
      value = next
      position &+= 1
    }
    return value
  }

  /// As a host is given it.
  package var text: [UInt8] {
    switch self {
    case .integer(let number): Array(String(number).utf8)
    case .text(let name): name.bytes
    }
  }

  package static func quote(_ bytes: [UInt8]) -> String {
    Failure.quote(String(decoding: bytes, as: UTF8.self))
  }
}

extension InstanceID {
  /// Hashed without saying which kind: the ids of one model are all of one.
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let number): hasher.combine(number)
    case .text(let name): hasher.combine(name)
    }
  }
}
