/// Clients for the package `covey`, in one file: the models, and a class for each context channel.
struct CoveyTypeScript {
  private let schema: Schema
  private let channels: [(channel: Channel, context: Context)]
  private let module: String
  private let url: String?
  /// What each model is called.
  private let names: [String]

  private static let json = "Json"
  /// What the client package calls its own, and names that are always there.
  private static let reserved: Set<String> = [
    "CallOptions", "Channel", "ChannelSchema", "ClientOptions", "Json", "Models", "ModelsSchema",
    "Promise", "models",
  ]

  init(_ description: Description, module: String?, url: String?) throws(Failure) {
    schema = description.schema
    channels = description.channels.compactMap { channel in
      channel.context.map { (channel, $0) }
    }
    self.module = module ?? "covey"
    self.url = url
    let short = schema.models.map { Self.name($0, isShort: true) }
    names = zip(schema.models, short).map { model, name in
      // Two apps may call a model alike.
      short.filter { $0 == name }.count == 1 ? name : Self.name(model, isShort: false)
    }
    var unique = try UniqueNames(Self.reserved.sorted())
    for (position, model) in schema.models.enumerated() {
      let what = "model \(model.name.text)"
      try unique.declare(names[position], for: what)
      if model.writable.contains(.save) {
        try unique.declare(names[position] + "Save", for: what)
      }
      if model.writable.contains(.create) {
        try unique.declare(names[position] + "Create", for: what)
      }
    }
    for (channel, context) in channels {
      try unique.declare(context.className(channel.pattern), for: channel)
      if !context.variables.isEmpty {
        try unique.declare(context.className(channel.pattern) + "Variables", for: channel)
      }
    }
  }

  func files() throws(Failure) -> [GeneratedFile] {
    guard !channels.isEmpty else { return [] }
    var classes = ""
    for (channel, context) in channels { classes += try "\n" + classCode(channel, context) }
    let body =
      Self.heading("models") + schema.models.indices.map(modelCode).joined() + modelTypes()
      + modelSchemas() + Self.heading("channels") + classes
    let said = TypeScriptTypes.identifiers(in: body)
    let types = ["CallOptions", "ChannelSchema", "ClientOptions", "Json", "ModelsSchema"]
      .filter(said.contains).joined(separator: ", ")
    let text =
      "// Written by Covey from what the server registers. Changes made here are lost.\n"
      + "import { Channel } from \(TypeScriptTypes.quoted(module));\n"
      + "import type { \(types) } from \(TypeScriptTypes.quoted(module));\n" + body
    return [GeneratedFile(name: "channels.ts", text: text)]
  }

  private static func heading(_ text: String) -> String {
    "\n// " + String(repeating: "-", count: 91 - text.utf8.count) + " \(text)\n"
  }

  /// A comment cannot hold its own end.
  private static func comment(_ text: String) -> String {
    var safe = ""
    for scalar in text.unicodeScalars {
      if scalar == "/", safe.utf8.last == UInt8(ascii: "*") { safe += " " }
      safe.unicodeScalars.append(scalar)
    }
    return "/** \(safe) */\n"
  }

  // MARK: models

  /// What comes after the last dot, or all of the name, as an identifier.
  private static func name(_ model: Model, isShort: Bool) -> String {
    let last = model.name.text.split(separator: ".").last.map(String.init) ?? ""
    let words = CamelCase.words(isShort ? last : model.name.text)
      .map(CamelCase.capitalized).joined()
    let isName = !words.isEmpty && !(words.utf8.first.map(CamelCase.isDigit) ?? true)
    return isName && !reserved.contains(words) ? words : words.isEmpty ? "Instance" : "_" + words
  }

  private func position(_ model: String) -> Int { schema.position(of: Name(model)) ?? 0 }

  private func idType(_ model: Int) -> String {
    schema.models[model].idKind == .integer ? "number" : "string"
  }

  /// A field as the state shows it. What is deleted, or is somebody else's, is null.
  private func shown(_ field: Field) -> String {
    if case .one(let model) = field.kind { return names[position(model)] + " | null" }
    return TypeScriptTypes.type(field, json: Self.json, isReadonly: true) { model, _ in
      "readonly \(names[position(model)])[]"
    }
  }

  /// A field as a write says it.
  private func written(_ field: Field) -> String {
    TypeScriptTypes.type(field, json: Self.json) { model, isMany in
      let id = idType(position(model))
      return isMany ? "readonly \(id)[]" : id
    }
  }

  private func modelCode(_ model: Int) -> String {
    let declared = schema.models[model]
    var text = "\n" + Self.comment(declared.name.text)
    text += "export interface \(names[model]) {\n  readonly id: \(idType(model));\n"
    for field in declared.fields {
      text += "  readonly \(TypeScriptTypes.property(field.name.text)): \(shown(field));\n"
    }
    text += "}\n"
    if declared.writable.contains(.save) { text += payload(model, "Save") { _ in true } }
    if declared.writable.contains(.create) {
      let parents = schema.entries[model].inverseLists.map { declared.fields[$0.field] }
      text += payload(model, "Create") { field in
        field.isNullable || field.isOptional || parents.contains { $0 === field }
          || declared.ownerField.map { declared.fields[$0] === field } ?? false
      }
    }
    return text
  }

  private func payload(
    _ model: Int, _ suffix: String, _ isOptional: (Field) -> Bool
  ) -> String {
    var text = "\nexport interface \(names[model])\(suffix) {\n"
    for field in schema.models[model].fields where field.isWritable {
      let name = TypeScriptTypes.property(field.name.text)
      text += "  \(name)\(isOptional(field) ? "?" : ""): \(written(field));\n"
    }
    return text + "}\n"
  }

  private func modelTypes() -> String {
    var text = "\nexport interface Models {\n"
    for (position, model) in schema.models.enumerated() {
      text += "  \(TypeScriptTypes.quoted(model.name.text)): {\n"
      text += "    instance: \(names[position]);\n    id: \(idType(position));\n"
      if model.writable.contains(.save) { text += "    save: \(names[position])Save;\n" }
      if model.writable.contains(.create) { text += "    create: \(names[position])Create;\n" }
      if model.writable.contains(.delete) { text += "    delete: true;\n" }
      let lists = listsToCreateIn(position)
      if !lists.isEmpty { text += "    lists: { \(lists.joined(separator: "; ")) };\n" }
      text += "  };\n"
    }
    return text + "}\n"
  }

  private func listsToCreateIn(_ model: Int) -> [String] {
    schema.entries[model].relations.compactMap { relation in
      let target = schema.models[relation.target]
      guard relation.isMany, target.writable.contains(.create) else { return nil }
      let field = schema.models[model].fields[relation.field].name.text
      return "\(TypeScriptTypes.property(field)): \(TypeScriptTypes.quoted(target.name.text))"
    }
  }

  private func modelSchemas() -> String {
    // Not by its type: a field may be called as what every object has, such as "constructor".
    var text = "\nconst models = {\n"
    for model in schema.models {
      let writable = model.writable.names.map(TypeScriptTypes.quoted).joined(separator: ", ")
      text += "  \(TypeScriptTypes.quoted(model.name.text)): {\n"
      text += "    id: \"\(model.idKind == .integer ? "integer" : "string")\",\n"
      text += "    writable: [\(writable)],\n    fields: {\n"
      for field in model.fields {
        text += "      \(TypeScriptTypes.property(field.name.text)): \(fieldSchema(field)),\n"
      }
      text += "    },\n  },\n"
    }
    return text + "} as ModelsSchema;\n"
  }

  private func fieldSchema(_ field: Field) -> String {
    var members = ["type: \"\(field.typeName)\""]
    if field.isNullable { members.append("nullable: true") }
    if field.isWritable { members.append("writable: true") }
    if field.isOptional { members.append("optional: true") }
    switch field.kind {
    case .choice(let literals):
      let texts = literals.map { String(decoding: $0, as: UTF8.self) }
      members.append("choices: [\(texts.joined(separator: ", "))]")
    case .one(let model):
      members.append("model: \(TypeScriptTypes.quoted(model))")
    case .many(let model, let inverse):
      members.append("model: \(TypeScriptTypes.quoted(model))")
      if let inverse { members.append("inverse: \(TypeScriptTypes.quoted(inverse))") }
    default: break
    }
    return "{ \(members.joined(separator: ", ")) }"
  }

  // MARK: channels

  private func classCode(_ channel: Channel, _ context: Context) throws(Failure) -> String {
    let name = context.className(channel.pattern)
    let pattern = channel.pattern
    let anchor = schema.models[context.model].name.text
    let state = context.isMany ? "readonly \(names[context.model])[]" : names[context.model]
    let variables = context.variables.isEmpty ? "{}" : name + "Variables"
    var text = variablesCode(context, name, pattern)
    text += Self.comment(
      "\(pattern.text) shows \(context.isMany ? "a list of" : "one") \(anchor).")
    text += "export class \(name) extends Channel<\(state), \(variables), Models> {\n"
    text += "  static readonly schema: ChannelSchema = {\n"
    text += "    path: \(TypeScriptTypes.quoted(pattern.text)),\n"
    text += "    anchor: \(TypeScriptTypes.quoted(anchor)),\n    many: \(context.isMany),\n"
    text += "    models,\n    actions: {\n"
    for action in context.actions {
      guard let parameters = action.parameters else { continue }
      let names = parameters.map { TypeScriptTypes.quoted($0.name.text) }.joined(separator: ", ")
      text += "      \(TypeScriptTypes.property(action.name.text)): [\(names)],\n"
    }
    text += "    },\n  };\n\n" + constructor(name, pattern)
    var unique = try UniqueNames()
    for action in context.actions {
      let method = ActionCode.methodName(action)
      try unique.take(method, for: "action \(action.name.text)")
      text += "\n" + ActionCode(action, method, json: Self.json).text
    }
    return text + "}\n"
  }

  private func variablesCode(_ context: Context, _ name: String, _ pattern: Pattern) -> String {
    guard !context.variables.isEmpty else { return "" }
    var text = Self.comment("Runtime variables of \(pattern.text)")
    text += "export interface \(name)Variables {\n"
    for variable in context.variables {
      text += "  \(TypeScriptTypes.property(variable.name.text)): \(shown(variable));\n"
    }
    return text + "}\n\n"
  }

  private func constructor(_ name: String, _ pattern: Pattern) -> String {
    let base = url.map { "{ url: \(TypeScriptTypes.quoted($0)), ...options }" } ?? "options"
    guard !pattern.parameters.isEmpty else {
      return "  constructor(options: ClientOptions = {}) {\n"
        + "    super(\(name).schema, \(base));\n  }\n"
    }
    let parameters = pattern.parameters.map { parameter, converter in
      "\(TypeScriptTypes.property(parameter)): \(converter == .int ? "number" : "string")"
    }.joined(separator: "; ")
    return "  constructor(options: ClientOptions, parameters: { \(parameters) }) {\n"
      + "    super(\(name).schema, \(base), parameters);\n  }\n"
  }
}

/// The method of an action: its parameters in their order, or one object that names them.
private struct ActionCode {
  private let action: Action
  private let method: String
  private let json: String
  private let result: String

  init(_ action: Action, _ method: String, json: String) {
    self.action = action
    self.method = method
    self.json = json
    let result = action.result.map { field in
      TypeScriptTypes.type(field, json: json, isReadonly: true) { _, _ in json }
    }
    self.result = "Promise<\(result ?? json)>"
  }

  /// What a channel has already, and what would make a promise of it.
  private static let members: Set<String> = [
    "call", "close", "connected", "constructor", "create", "delete", "error", "instance", "invoke",
    "models", "on", "open", "runtimeState", "save", "schema", "snapshot", "state", "status",
    "subscribe",
    "then",
  ]

  static func methodName(_ action: Action) -> String {
    let name = CamelCase.lowerCamel(action.name.text) ?? "_"
    return members.contains(name) ? name + "_" : name
  }

  var text: String {
    let name = TypeScriptTypes.quoted(action.name.text)
    guard let parameters = action.parameters else {
      return
        "  \(method)(\n    parameters?: readonly unknown[] | { readonly [name: string]: unknown },"
        + "\n    options?: CallOptions,\n  ): \(result) {\n"
        + "    return this.call(\(name), parameters, options);\n  }\n"
    }
    guard !parameters.isEmpty else {
      return "  \(method)(options?: CallOptions): \(result) {\n"
        + "    return this.call(\(name), [], options);\n  }\n"
    }
    if Self.mayBeObject(parameters[0]) {
      let given = Self.names(parameters).joined(separator: ", ")
      return "  \(method)(\(inOrder(parameters)), options?: CallOptions): \(result) {\n"
        + "    return this.call(\(name), [\(given)], options);\n  }\n"
    }
    var text = "  \(method)(\(inOrder(parameters)), options?: CallOptions): \(result);\n"
    text += "  \(method)(\(named(parameters)), options?: CallOptions): \(result);\n"
    return text + "  \(method)(...given: unknown[]): \(result) {\n"
      + "    return this.invoke(\(name), given);\n  }\n"
  }

  private func inOrder(_ parameters: [Field]) -> String {
    let required = parameters.lastIndex { !$0.isOptional }.map { $0 + 1 } ?? 0
    let names = Self.names(parameters)
    return parameters.enumerated().map { position, field in
      let name = names[position]
      let type = Self.type(field, json)
      if position >= required { return "\(name)?: \(type)" }
      return "\(name): \(field.isOptional ? type + " | undefined" : type)"
    }.joined(separator: ", ")
  }

  private static func names(_ parameters: [Field]) -> [String] {
    TypeScriptTypes.parameters(parameters.map(\.name.text), taken: ["options"])
  }

  private func named(_ parameters: [Field]) -> String {
    let members = parameters.map { field in
      let name = TypeScriptTypes.property(field.name.text)
      return "\(name)\(field.isOptional ? "?" : ""): \(Self.type(field, json))"
    }.joined(separator: "; ")
    return "parameters\(parameters.allSatisfy(\.isOptional) ? "?" : ""): { \(members) }"
  }

  private static func type(_ field: Field, _ json: String) -> String {
    TypeScriptTypes.type(field, json: json) { _, _ in json }
  }

  /// Then it could not be told from the object that names all of them.
  private static func mayBeObject(_ field: Field) -> Bool {
    switch field.kind {
    case .json: true
    case .shaped(let shape): shape.mayBeObject
    default: false
    }
  }
}

extension Shape {
  fileprivate var mayBeObject: Bool {
    switch self {
    case .scalar(let scalar): scalar == .json
    case .list, .literals: false
    case .dictionary, .object: true
    case .union(let shapes): shapes.contains(where: \.mayBeObject)
    }
  }
}
