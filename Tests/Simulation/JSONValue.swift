/// A JSON value. Numbers stay as they were written, and objects keep the order of their keys.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Hashable, Sendable {
    var key: String
    var value: JSONValue

    init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// Reads one value with nothing but blanks around it, or is nil.
  init?(_ bytes: [UInt8]) {
    var parser = JSONParser(bytes)
    guard let value = parser.document() else { return nil }
    self = value
  }

  init?(_ text: String) {
    self.init(Array(text.utf8))
  }

  init(_ number: Int64) {
    self = .number(String(number))
  }

  /// The text without blanks, keys in the order they are held, characters escaped only if need be.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// The same value with the keys of every object in order, so that equal values print alike.
  var sorted: JSONValue {
    switch self {
    case .array(let values): .array(values.map(\.sorted))
    case .object(let members):
      .sortedObject(members.map { Member($0.key, $0.value.sorted) })
    default: self
    }
  }

  static func sortedObject(_ members: [Member]) -> JSONValue {
    .object(members.sorted { $0.key < $1.key })
  }

  // MARK: looking inside

  /// The member of an object; the last one where a key occurs twice.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  subscript(position: Int) -> JSONValue? {
    guard case .array(let values) = self, values.indices.contains(position) else { return nil }
    return values[position]
  }

  var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The characters of a string.
  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The digits of a number as they were written.
  var digits: String? {
    guard case .number(let digits) = self else { return nil }
    return digits
  }

  var whole: Int64? {
    digits.flatMap { Int64($0) }
  }

  /// What the value is inside the key of a row, such as `app.Task:7`.
  var inKey: String {
    switch self {
    case .number(let text), .string(let text): text
    default: String(decoding: bytes, as: UTF8.self)
    }
  }

  // MARK: printing

  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let digits): bytes.append(contentsOf: digits.utf8)
    case .string(let text): Self.append(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (position, value) in values.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (position, member) in members.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, byte])
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
        bytes.append(contentsOf: digits.utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONValue: CustomStringConvertible {
  var description: String { String(decoding: bytes, as: UTF8.self) }
}

// MARK: how nested states show what is not a plain value

extension JSONValue {
  /// A row that is referred to and has not arrived.
  static func placeholder(_ id: JSONValue) -> JSONValue {
    .object([Member("id", id), Member("_loaded", .bool(false))])
  }

  /// A row that is shown further up on the way to this place already.
  static func cycle(_ id: JSONValue) -> JSONValue {
    .object([Member("id", id), Member("_cycle", .bool(true))])
  }
}
