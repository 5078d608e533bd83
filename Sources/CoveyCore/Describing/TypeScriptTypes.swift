/// How values are written as types of TypeScript.
enum TypeScriptTypes {
  /// The type of a field's value. What a relation is says the caller; whether what is inside of
  /// JSON may be changed, too.
  static func type(
    _ field: Field, json: String, isReadonly: Bool = false,
    relation: (_ model: String, _ isMany: Bool) -> String
  ) -> String {
    let type: String
    switch field.kind {
    case .boolean: type = "boolean"
    case .integer, .number: type = "number"
    case .string, .datetime, .date, .decimal: type = "string"
    case .json: return json  // null is among it
    case .shaped(let shape):
      type = self.type(shape, json: json, isReadonly: isReadonly)
      if shape.admitsNull { return type }
    case .choice(let literals): type = union(literals.map(text))
    case .one(let model): type = relation(model, false)
    case .many(let model, _): type = relation(model, true)
    }
    return field.isNullable ? type + " | null" : type
  }

  static func type(_ shape: Shape, json: String, isReadonly: Bool) -> String {
    let mark = isReadonly ? "readonly " : ""
    func inner(_ shape: Shape) -> String { type(shape, json: json, isReadonly: isReadonly) }
    switch shape {
    case .scalar(let scalar):
      return switch scalar {
      case .boolean: "boolean"
      case .integer, .number: "number"
      case .string, .datetime, .date, .decimal: "string"
      case .null: "null"
      case .json: json
      }
    case .list(let shape): return mark + list(inner(shape))
    case .dictionary(let shape): return "{ \(mark)[key: string]: \(inner(shape)) }"
    case .union(let shapes): return union(shapes.map(inner))
    case .literals(let literals): return union(literals.map(text))
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let texts = members.map {
        "\(mark)\(property($0.name))\($0.isOptional ? "?" : ""): \(inner($0.shape))"
      }
      return "{ \(texts.joined(separator: "; ")) }"
    }
  }

  static func list(_ element: String) -> String {
    let isSimple = !element.utf8.contains(UInt8(ascii: "|")) && !element.hasPrefix("readonly ")
    return isSimple ? "\(element)[]" : "(\(element))[]"
  }

  private static func union(_ types: [String]) -> String {
    var seen: Set<String> = []
    return types.filter { seen.insert($0).inserted }.joined(separator: " | ")
  }

  private static func text(_ literal: [UInt8]) -> String {
    String(decoding: literal, as: UTF8.self)
  }

  /// The name of a property, in quotes where it is no identifier.
  static func property(_ name: String) -> String { isIdentifier(name) ? name : quoted(name) }

  static func quoted(_ text: String) -> String {
    String(decoding: JSONText.quoted(Name(text)), as: UTF8.self)
  }

  /// The same with the quotes that RxDjango's imports have.
  static func singleQuoted(_ text: String) -> String {
    var quoted = ""
    for scalar in self.quoted(text).unicodeScalars.dropFirst().dropLast() {
      quoted.unicodeScalars.append(scalar)
    }
    return "'"
      + quoted.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "\\'") + "'"
  }

  static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !CamelCase.isDigit(first) else { return false }
    return name.utf8.allSatisfy {
      CamelCase.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "$")
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
    }
  }

  /// A name of a parameter that can stand in code.
  static func parameter(_ name: String) -> String {
    guard !isIdentifier(name) else { return reservedWords.contains(name) ? name + "_" : name }
    let camel = CamelCase.lowerCamel(name) ?? "value"
    return reservedWords.contains(camel) ? camel + "_" : camel
  }

  /// Names of parameters that can stand side by side in code, in their order.
  static func parameters(_ names: [String], taken: Set<String> = []) -> [String] {
    var taken = taken
    return names.map { name in
      let wanted = parameter(name)
      var found = wanted
      var number = 2
      while !taken.insert(found).inserted {
        found = "\(wanted)\(number)"
        number += 1
      }
      return found
    }
  }

  /// All words of a text that may be identifiers.
  static func identifiers(in text: String) -> Set<String> {
    var found: Set<String> = []
    var word = ""
    for byte in text.utf8 {
      let piece = String(Unicode.Scalar(byte))
      if isIdentifier("_" + piece) {
        word += piece
      } else if !word.isEmpty {
        found.insert(word)
        word = ""
      }
    }
    return found
  }

  static let reservedWords: Set<String> = [
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger",
    "default", "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally",
    "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let", "new",
    "null", "package", "private", "protected", "public", "return", "static", "super", "switch",
    "this", "throw", "true", "try", "typeof", "var", "void", "while", "with", "yield",
  ]
}

/// Names that may be used once.
struct UniqueNames {
  private var takenBy: [String: String] = [:]

  init(_ names: [String] = []) throws(Failure) {
    for name in names { try take(name, for: "the client") }
  }

  /// Takes the name of a type or a class, which cannot be a word of the language.
  mutating func declare(
    _ name: String, for what: String, remedy: String = ""
  ) throws(Failure) {
    guard !TypeScriptTypes.reservedWords.contains(name) else {
      throw .invalid("\(what) is called \(name), which is a word of TypeScript\(remedy)")
    }
    try take(name, for: what, remedy: remedy)
  }

  /// The same for the name that comes of a channel's, which its host can choose.
  mutating func declare(_ name: String, for channel: Channel) throws(Failure) {
    try declare(
      name, for: "channel \(channel.pattern.text)",
      remedy: "; call one otherwise: option name of its context, in Python client_class")
  }

  /// Takes a name for something; two that would have the same one are an error.
  mutating func take(
    _ name: String, for what: String, remedy: String = ""
  ) throws(Failure) {
    if let other = takenBy.updateValue(what, forKey: name) {
      throw .invalid("\(other) and \(what) are both called \(name) in TypeScript\(remedy)")
    }
  }
}
