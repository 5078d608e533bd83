/// What makes a channel a context channel.
package final class Context {
  package let model: Int
  package let isMany: Bool
  /// The URL parameter that is the anchor's id, by position.
  package let parameter: Int?
  /// What generated clients call it.
  package let name: String?
  /// The runtime variables that are known to be there.
  package let variables: [Field]
  package var hasAuthenticate = false
  package var hasAuthorize = false
  package var hasOpen = false
  package var hasList = false
  package var hasWrite = false
  private(set) var actions: ContiguousArray<Action> = []

  package init(
    model: Int, isMany: Bool, parameter: Int?, name: String? = nil, variables: [Field] = []
  ) throws(Failure) {
    if let name { try Self.check(name: name) }
    var names: Set<Name> = []
    for variable in variables {
      guard !variable.isRelation else {
        throw .invalid("variable \(Failure.quote(variable.name.text)) is a relation")
      }
      guard names.insert(variable.name).inserted else {
        throw .invalid("variable \(Failure.quote(variable.name.text)) is there twice")
      }
    }
    self.model = model
    self.isMany = isMany
    self.parameter = parameter
    self.name = name
    self.variables = variables
  }

  /// A name that a class can have in any language.
  private static func check(name: String) throws(Failure) {
    let isIdentifier = name.utf8.enumerated().allSatisfy { position, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): position > 0
      default: false
      }
    }
    guard isIdentifier, (1...Limits.nameBytesMax).contains(name.utf8.count) else {
      throw .invalid("name \(Failure.quote(name)) of a context is no identifier")
    }
  }

  /// Checks a value of a variable that was declared; any others are free.
  func checkVariable(_ name: Name, _ json: [UInt8]) throws(Failure) {
    guard let variable = variables.first(where: { $0.name == name }) else { return }
    let kind = try JSONScanner.scan(json.span) { _ in }
    try variable.checkNullable(json.span, JSONText.withoutSpace(json), kind)
  }

  /// Adds an action; false when there is one of that name.
  func add(_ action: Action) -> Bool {
    guard !actions.contains(where: { $0.name == action.name }) else { return false }
    actions.append(action)
    return true
  }

  /// The action that a client names. There are few of them: comparing is faster than hashing what
  /// must be copied for it.
  func action(_ name: Range<Int>, in text: Span<UInt8>) -> Action? {
    for position in actions.indices {
      let bytes = actions[position].name.bytes
      guard bytes.count == name.count else { continue }
      var isSame = true
      for offset in 0..<bytes.count where bytes[offset] != text[name.lowerBound &+ offset] {
        isSame = false
        break
      }
      if isSame { return actions[position] }
    }
    return actions.first { JSONScanner.isEqual(name, in: text, to: $0.name.text) }
  }
}

/// A named operation that clients may call.
package final class Action {
  package let name: Name
  package let grant: Name?
  package let allowsAnonymous: Bool
  /// Nil: handed on as they came.
  package let parameters: [Field]?
  /// What it answers; nil: any JSON.
  package let result: Field?
  /// The host's number for its handler.
  package let handler: Int

  package init(
    _ name: String, grant: String?, allowsAnonymous: Bool, parameters: [Field]?,
    result: Field? = nil, handler: Int
  ) throws(Failure) {
    guard (1...Limits.nameBytesMax).contains(name.utf8.count) else {
      throw .invalid("action name is \(name.utf8.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    guard !name.hasPrefix("_") else {
      throw .invalid("action \(Failure.quote(name)) begins with an underscore")
    }
    if let grant { _ = try Self.checked(grant: grant) }
    if let parameters {
      guard parameters.count <= Limits.parametersMax else {
        throw .invalid("action has \(parameters.count) parameters, limit \(Limits.parametersMax)")
      }
      var names: Set<Name> = []
      for parameter in parameters {
        guard !parameter.isRelation else {
          throw .invalid("parameter \(Failure.quote(parameter.name.text)) is a relation")
        }
        guard names.insert(parameter.name).inserted else {
          throw .invalid("parameter \(Failure.quote(parameter.name.text)) is there twice")
        }
      }
    }
    self.name = Name(name)
    self.grant = grant.map { Name($0) }
    self.allowsAnonymous = allowsAnonymous
    self.parameters = parameters
    self.result = result
    self.handler = handler
  }

  package static func checked(grant: String) throws(Failure) -> Name {
    guard (1...Limits.nameBytesMax).contains(grant.utf8.count) else {
      throw .invalid("grant is \(grant.utf8.count) bytes, limit 1 to \(Limits.nameBytesMax)")
    }
    return Name(grant)
  }
}
