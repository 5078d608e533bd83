/// What is inside of JSON: lists, dictionaries, objects, alternatives.
///
/// Written as JSON itself; covey/describe.h has the grammar.
package indirect enum Shape: Sendable, Equatable {
  package enum Scalar: String, Sendable, CaseIterable {
    case boolean, integer, number, string, datetime, date, decimal, null, json
  }

  package struct Member: Sendable, Equatable {
    package let name: String
    package let shape: Shape
    package let isOptional: Bool
  }

  case scalar(Scalar)
  case list(Shape)
  case dictionary(Shape)
  case object([Member])
  case union([Shape])
  /// JSON literals.
  case literals([[UInt8]])
}

// MARK: - reading

extension Shape {
  package init(_ text: String) throws(Failure) {
    let given = Array(text.utf8)
    let bytes = Array(given[JSONText.withoutSpace(given)])
    do throws(Failure) {
      try self.init(value: bytes)
    } catch {
      throw .invalid("shape \(InstanceID.quote(bytes)): \(error.message)")
    }
  }

  /// A value without whitespace around it. Depth is bounded by that of JSON.
  private init(value: [UInt8]) throws(Failure) {
    var members: [JSONScanner.Member] = []
    switch try JSONScanner.scan(value.span, member: { members.append($0) }) {
    case .string:
      let name = try JSONScanner.text(of: 1..<(value.count - 1), in: value.span)
      guard let scalar = Scalar(rawValue: name) else {
        throw .invalid("no type is called \(Failure.quote(name))")
      }
      self = .scalar(scalar)
    case .array:
      guard members.count == 1 else {
        throw .invalid("a list has the shape of its elements, not \(members.count) of them")
      }
      self = .list(try Shape(value: Array(value[members[0].value])))
    case .object:
      self = try Self.braced(value, members)
    case .number, .boolean, .null:
      throw .invalid("\(InstanceID.quote(value)) is no shape")
    }
  }

  private static func braced(
    _ value: [UInt8], _ members: [JSONScanner.Member]
  ) throws(Failure) -> Shape {
    var found: [Member] = []
    for member in members {
      var name = try JSONScanner.text(of: member.name, in: value.span)
      let inner = Array(value[member.value])
      if ["*", "|", "="].contains(name) {
        guard members.count == 1 else { throw .invalid("\(Failure.quote(name)) is not alone") }
        return try marked(name, inner)
      }
      let isOptional = name.hasSuffix("?")
      if isOptional { name.removeLast() }
      guard !found.contains(where: { $0.name == name }) else {
        throw .invalid("member \(Failure.quote(name)) is there twice")
      }
      found.append(Member(name: name, shape: try Shape(value: inner), isOptional: isOptional))
    }
    return .object(found)
  }

  private static func marked(_ mark: String, _ inner: [UInt8]) throws(Failure) -> Shape {
    if mark == "*" { return .dictionary(try Shape(value: inner)) }
    var elements: [JSONScanner.Member] = []
    let kind = try JSONScanner.scan(inner.span, member: { elements.append($0) })
    guard kind == .array, !elements.isEmpty else {
      throw .invalid("\(Failure.quote(mark)) needs a list, and not an empty one")
    }
    if mark == "|" {
      var shapes: [Shape] = []
      for element in elements { shapes.append(try Shape(value: Array(inner[element.value]))) }
      return .union(shapes)
    }
    for element in elements where element.kind == .object || element.kind == .array {
      throw .invalid("\(InstanceID.quote(Array(inner[element.value]))) is no literal")
    }
    return .literals(elements.map { Array(inner[$0.value]) })
  }
}

// MARK: - checking

extension Shape {
  var admitsNull: Bool {
    switch self {
    case .scalar(let scalar): scalar == .null || scalar == .json
    case .literals(let literals): literals.contains { $0.elementsEqual("null".utf8) }
    case .union(let shapes): shapes.contains(where: \.admitsNull)
    case .list, .dictionary, .object: false
    }
  }

  /// What is wrong with a value that was scanned, as it continues a sentence about it, such as
  /// `.width is "3", not an integer`; nil: it has this shape.
  package func mismatch(
    _ text: Span<UInt8>, _ range: Range<Int>, _ kind: JSONScanner.Kind
  ) -> String? {
    let isRight: Bool
    switch self {
    case .scalar(let scalar): isRight = Self.matches(scalar, text, range, kind)
    case .literals(let literals):
      isRight = literals.contains { JSONText.isEqual(text, range, $0) }
    case .union(let shapes):
      isRight = shapes.contains { $0.mismatch(text, range, kind) == nil }
    case .list(let shape):
      guard kind == .array else { return unfit(text, range) }
      var position = -1
      return Self.first(text, range) { contents, element in
        position += 1
        return shape.mismatch(contents, element.value, element.kind).map { "[\(position)]" + $0 }
      }
    case .dictionary(let shape):
      guard kind == .object else { return unfit(text, range) }
      return Self.first(text, range) { contents, member in
        shape.mismatch(contents, member.value, member.kind).map {
          "." + JSONText.shown(contents, member.name) + $0
        }
      }
    case .object(let members):
      guard kind == .object else { return unfit(text, range) }
      return Self.mismatch(members, text, range)
    }
    return isRight ? nil : unfit(text, range)
  }

  private static func mismatch(
    _ members: [Member], _ text: Span<UInt8>, _ range: Range<Int>
  ) -> String? {
    var found = [Bool](repeating: false, count: members.count)
    let wrong = first(text, range) { contents, given in
      let name = JSONText.shown(contents, given.name)
      guard
        let position = members.firstIndex(where: {
          JSONScanner.isEqual(given.name, in: contents, to: $0.name)
        })
      else { return " has \"\(name)\", which is not in its shape" }
      guard !found[position] else { return " has \"\(name)\" twice" }
      found[position] = true
      return members[position].shape.mismatch(contents, given.value, given.kind).map {
        ".\(name)\($0)"
      }
    }
    if let wrong { return wrong }
    let missing = zip(members, found).first { !$0.isOptional && !$1 }
    return missing.map { " lacks \(Failure.quote($0.0.name))" }
  }

  /// What is wrong first among the members or elements of a value.
  private static func first(
    _ text: Span<UInt8>, _ range: Range<Int>,
    _ mismatch: (borrowing Span<UInt8>, JSONScanner.Member) -> String?
  ) -> String? {
    let contents = text.extracting(range)
    var found: String?
    do throws(Failure) {
      _ = try JSONScanner.scan(contents) { member in
        if found == nil { found = mismatch(contents, member) }
      }
    } catch { return " is not json: \(error.message)" }
    return found
  }

  private func unfit(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
    " is \(JSONText.shown(text, range)), not \(expected)"
  }

  private var expected: String {
    switch self {
    case .scalar(let scalar):
      switch scalar {
      case .integer: "an integer"
      case .null, .json: scalar.rawValue
      case .decimal: "a decimal in a string"
      default: "a " + scalar.rawValue
      }
    case .list: "a list"
    case .dictionary, .object: "an object"
    case .literals(let literals):
      "one of " + literals.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
    case .union(let shapes): shapes.map(\.expected).joined(separator: " or ")
    }
  }

  private static func matches(
    _ scalar: Scalar, _ text: Span<UInt8>, _ range: Range<Int>, _ kind: JSONScanner.Kind
  ) -> Bool {
    let contents = (range.lowerBound &+ 1)..<max(range.lowerBound &+ 1, range.upperBound &- 1)
    return switch scalar {
    case .json: true
    case .null: kind == .null
    case .boolean: kind == .boolean
    case .number: kind == .number
    case .integer: kind == .number && Field.isInteger(text, range)
    case .string: kind == .string
    case .datetime: kind == .string && DateText.isDatetime(text, contents)
    case .date: kind == .string && DateText.isDate(text, contents)
    case .decimal: kind == .string && DateText.isDecimal(text, contents)
    }
  }
}
