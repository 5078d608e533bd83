/// JSON that is made to be read by programs and people, not to be fast.
indirect enum JSONTree {
  case text(String)
  case number(Int)
  case flag(Bool)
  /// A JSON text.
  case literal([UInt8])
  case list([JSONTree])
  /// Members whose value is nil are left out.
  case object([(String, JSONTree?)])

  /// The text, without whitespace.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes)
    return bytes
  }

  private func write(into bytes: inout [UInt8]) {
    switch self {
    case .text(let text): bytes += JSONText.quoted(Name(text))
    case .number(let number): bytes += Array(String(number).utf8)
    case .flag(let flag): bytes += Array((flag ? "true" : "false").utf8)
    case .literal(let literal): bytes += literal
    case .list(let elements):
      bytes.append(UInt8(ascii: "["))
      for (position, element) in elements.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      var isFirst = true
      for case (let name, let value?) in members {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes += JSONText.quoted(Name(name))
        bytes.append(UInt8(ascii: ":"))
        value.write(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}

extension JSONTree {
  /// A list, or nothing in place of an empty one.
  static func some(_ elements: [JSONTree]) -> JSONTree? {
    elements.isEmpty ? nil : .list(elements)
  }

  /// True, or nothing.
  static func some(_ flag: Bool) -> JSONTree? { flag ? .flag(true) : nil }
}
