/// What a server offers: its models and its channels, in the order they were registered in.
package struct Description {
  let schema: Schema
  let channels: [Channel]

  package init(_ schema: Schema, _ hub: Hub) {
    self.schema = schema
    channels = Array(hub.channels)
  }

  /// As JSON; covey/describe.h shows it.
  package var json: [UInt8] {
    JSONTree.object([
      ("version", .number(1)),
      ("models", .list(schema.models.map(\.tree))),
      ("channels", .list(channels.map { $0.tree(schema) })),
    ]).bytes
  }
}

extension Model {
  fileprivate var tree: JSONTree {
    .object([
      ("name", .text(name.text)),
      ("id", .text(idKind.typeName)),
      ("writable", .some(writable.names.map { .text($0) })),
      ("owner", ownerField.map { .text(fields[$0].name.text) }),
      ("fields", .list(fields.map(\.tree))),
    ])
  }
}

extension InstanceID.Kind {
  fileprivate var typeName: String { self == .integer ? "integer" : "string" }
}

extension WriteOperations {
  /// In the order that the wire has them in.
  var names: [String] {
    let all: [(WriteOperations, String)] = [
      (.save, "save"), (.create, "create"), (.delete, "delete"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}

extension Field {
  fileprivate var tree: JSONTree { .object([("name", .text(name.text))] + members) }

  /// What a value is, without the name.
  fileprivate var typeTree: JSONTree { .object(members) }

  private var isNullableByShape: Bool {
    if case .shaped(let shape) = kind { shape.admitsNull } else { false }
  }

  /// What the type of a value is called.
  var typeName: String {
    switch kind {
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .datetime: "datetime"
    case .date: "date"
    case .decimal: "decimal"
    case .json, .shaped: "json"
    case .choice: "choice"
    case .one: "one"
    case .many: "many"
    }
  }

  private var members: [(String, JSONTree?)] {
    var members: [(String, JSONTree?)] = [("type", .text(typeName))]
    switch kind {
    case .shaped(let shape): members.append(("shape", shape.tree))
    case .choice(let literals):
      members.append(("choices", .list(literals.map { .literal($0) })))
    case .one(let model): members.append(("model", .text(model)))
    case .many(let model, let inverse):
      members += [("model", .text(model)), ("inverse", inverse.map { .text($0) })]
    default: break
    }
    return members + [
      ("nullable", .some(isNullable && !isNullableByShape)), ("writable", .some(isWritable)),
      ("optional", .some(isOptional)),
    ]
  }
}

extension Shape {
  fileprivate var tree: JSONTree {
    switch self {
    case .scalar(let scalar): .text(scalar.rawValue)
    case .list(let shape): .list([shape.tree])
    case .dictionary(let shape): .object([("*", shape.tree)])
    case .union(let shapes): .object([("|", .list(shapes.map(\.tree)))])
    case .literals(let literals): .object([("=", .list(literals.map { .literal($0) }))])
    case .object(let members):
      .object(members.map { ($0.isOptional ? $0.name + "?" : $0.name, $0.shape.tree) })
    }
  }
}

extension Channel {
  fileprivate func tree(_ schema: Schema) -> JSONTree {
    .object([
      ("pattern", .text(pattern.text)),
      (
        "parameters",
        .some(
          pattern.parameters.map { name, converter in
            .object([("name", .text(name)), ("type", .text(converter.name))])
          })
      ),
      ("events", .some(eventHandlers.keys.map(\.text).sorted().map { .text($0) })),
      ("public", .some(isPublic)),
      ("context", context.map { $0.tree(schema, pattern) }),
    ])
  }
}

extension Context {
  fileprivate func tree(_ schema: Schema, _ pattern: Pattern) -> JSONTree {
    .object([
      ("name", .text(className(pattern))),
      ("model", .text(schema.models[model].name.text)),
      ("many", .some(isMany)),
      ("parameter", parameter.map { .text(pattern.parameterNames[$0]) }),
      ("variables", .some(variables.map(\.tree))),
      ("actions", .some(actions.map(\.tree))),
    ])
  }

  /// The name that it was given, or one that is made of the pattern: of
  /// `ws/projects/<int:id>/` it is ProjectsByIdChannel.
  func className(_ pattern: Pattern) -> String {
    if let name { return name }
    var words = ""
    for segment in pattern.pieces {
      switch segment {
      case .literal(let text):
        for word in CamelCase.words(text) where !(words.isEmpty && word == "ws") {
          words += CamelCase.capitalized(word)
        }
      case .parameter(let name, _):
        words += "By" + CamelCase.words(name).map(CamelCase.capitalized).joined()
      }
    }
    return (words.utf8.first.map(CamelCase.isDigit) == true ? "_" : "") + words + "Channel"
  }
}

extension Action {
  fileprivate var tree: JSONTree {
    .object([
      ("name", .text(name.text)),
      ("grant", grant.map { .text($0.text) }),
      ("anonymous", .some(allowsAnonymous)),
      ("unchecked", .some(parameters == nil)),
      ("parameters", .some((parameters ?? []).map(\.tree))),
      ("result", result?.typeTree),
    ])
  }
}
