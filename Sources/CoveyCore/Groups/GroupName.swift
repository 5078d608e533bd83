/// A group's name as a channel declares it: text with URL parameters in braces, `room_{room}`.
package struct GroupName: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case text([UInt8])
    /// Position of the parameter in the channel's pattern.
    case parameter(Int)
  }

  let parts: [Part]

  /// Reads a declared name; every parameter must be one of the pattern's.
  package init(_ text: String, parameters: [String]) throws(Failure) {
    var parts: [Part] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
        throw .invalid("group name \(Failure.quote(text)) has an unbalanced brace")
      }
      let name = rest[rest.index(after: open)..<close]
      guard let position = parameters.firstIndex(where: { $0 == name }) else {
        throw .invalid("group name \(Failure.quote(text)) names a parameter the pattern lacks")
      }
      if open > rest.startIndex { parts.append(.text(Array(rest[..<open].utf8))) }
      parts.append(.parameter(position))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.text(Array(rest.utf8))) }
    guard !parts.isEmpty else { throw .invalid("group name is empty") }
    if !text.contains("{") { _ = try GroupName.checked(Name(text)) }
    // Each parameter adds a byte at least; a name that can never be joined is a mistake now.
    let least = parts.reduce(0) { sum, part in
      if case .text(let bytes) = part { sum + bytes.count } else { sum + 1 }
    }
    guard least <= Limits.nameBytesMax else {
      throw .invalid("group name is \(least) bytes at least, limit \(Limits.nameBytesMax)")
    }
    self.parts = parts
  }

  /// The name for one consumer.
  func filled(from request: Request) throws(Failure) -> Name {
    var bytes: [UInt8] = []
    for part in parts {
      switch part {
      case .text(let text): bytes.append(contentsOf: text)
      case .parameter(let position): bytes.append(contentsOf: request.parameter(position) ?? [])
      }
    }
    guard (try? UTF8Span(validating: bytes.span)) != nil else {
      throw .invalid("group name is not utf-8")
    }
    return try Self.checked(Name(bytes))
  }

  /// Checks a name that a host gave: 1 to 255 bytes, and no consumer's address.
  package static func checked(_ name: Name) throws(Failure) -> Name {
    let size = name.bytes.count
    guard size > 0 else { throw .invalid("group name is empty") }
    guard size <= Limits.nameBytesMax else {
      throw .invalid("group name is \(size) bytes, limit \(Limits.nameBytesMax)")
    }
    guard !Address.hasForm(name) else {
      throw .invalid("group name \(Failure.quote(name.text)) is a consumer's address")
    }
    return name
  }
}
