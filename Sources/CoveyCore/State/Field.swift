/// One field of a model, or one parameter of an action. A class, for it is looked at with every put
/// and call, and a struct of this size would be copied each time.
package final class Field: Sendable {
  package enum Kind: Sendable {
    case boolean, integer, number, string, datetime, date, decimal, json
    /// JSON of which it is known what is inside.
    case shaped(Shape)
    /// JSON literals.
    case choice([[UInt8]])
    /// The id of an instance; which model's is known once the schema is whole.
    case one(model: String)
    case many(model: String, inverse: String?)
  }

  package let name: Name
  package let kind: Kind
  package let isNullable: Bool
  package let isWritable: Bool
  /// Of a parameter: may be missing.
  package let isOptional: Bool

  package init(
    _ name: String, _ kind: Kind, isNullable: Bool = false, isWritable: Bool = false,
    isOptional: Bool = false
  ) throws(Failure) {
    let shown = Failure.quote(name)
    guard (1...Limits.nameBytesMax).contains(name.utf8.count) else {
      throw .invalid("field name is \(name.utf8.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    guard !name.hasPrefix("_") else {
      throw .invalid("field \(shown) begins with an underscore, as what the wire adds")
    }
    if case .choice(let literals) = kind {
      guard !literals.isEmpty else { throw .invalid("field \(shown) has no choices") }
      for literal in literals {
        switch try JSONScanner.scan(literal.span, member: { _ in }) {
        case .object, .array, .null:
          throw .invalid("choice \(InstanceID.quote(literal)) of \(shown) is no literal")
        case .string, .number, .boolean: break
        }
      }
    }
    if case .many = kind, isNullable {
      throw .invalid("field \(shown) is a list and cannot be null")
    }
    self.name = Name(name)
    self.kind = kind
    if case .shaped(let shape) = kind {
      self.isNullable = isNullable || shape.admitsNull
    } else {
      self.isNullable = isNullable
    }
    self.isWritable = isWritable
    self.isOptional = isOptional
  }

  package var isRelation: Bool {
    switch kind {
    case .one, .many: true
    default: false
    }
  }

  var isMany: Bool {
    if case .many = kind { true } else { false }
  }
}

extension Field {
  /// Checks a value that is no relation; null is the caller's to check.
  func check(
    _ text: Span<UInt8>, _ range: Range<Int>, _ found: JSONScanner.Kind
  ) throws(Failure) {
    let isRight: Bool
    switch kind {
    case .boolean: isRight = found == .boolean
    case .integer: isRight = found == .number && Self.isInteger(text, range)
    case .number: isRight = found == .number
    case .string: isRight = found == .string
    case .datetime: isRight = found == .string && DateText.isDatetime(text, Self.contents(range))
    case .date: isRight = found == .string && DateText.isDate(text, Self.contents(range))
    case .decimal: isRight = found == .string && DateText.isDecimal(text, Self.contents(range))
    case .json: isRight = true
    case .shaped(let shape):
      guard let wrong = shape.mismatch(text, range, found) else { return }
      throw .invalid("field \(Failure.quote(name.text))\(wrong)")
    case .choice(let literals):
      isRight = literals.contains { JSONText.isEqual(text, range, $0) }
    case .one, .many: isRight = false
    }
    guard isRight else { throw unfit(text, range) }
  }

  /// The same for one that may be null if the field may.
  func checkNullable(
    _ text: Span<UInt8>, _ range: Range<Int>, _ found: JSONScanner.Kind
  ) throws(Failure) {
    guard found == .null else { return try check(text, range, found) }
    if isNullable || isOptional { return }
    guard case .json = kind else { throw unfit(text, range) }
  }

  func unfit(_ text: Span<UInt8>, _ range: Range<Int>) -> Failure {
    .invalid(
      "field \(Failure.quote(name.text)) is \(JSONText.shown(text, range)), not \(expected)")
  }

  private var expected: String {
    switch kind {
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .datetime: "a datetime"
    case .date: "a date"
    case .decimal: "a decimal in a string"
    case .json: "json"
    case .shaped: "json of its shape"
    case .choice(let literals):
      "one of " + literals.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
    case .one: "an id"
    case .many: "a list of ids"
    }
  }

  private static func contents(_ range: Range<Int>) -> Range<Int> {
    (range.lowerBound &+ 1)..<(range.upperBound &- 1)
  }

  static func isInteger(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    for position in range {
      switch text[position] {
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return false
      default: continue
      }
    }
    return true
  }
}
