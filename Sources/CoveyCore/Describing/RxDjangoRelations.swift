/// Which relations RxDjango's client is told of. It follows them all, and for ever where they lead
/// back, so of those in a circle some stay ids: relations to one, and where there are only lists
/// the one that closes the circle.
struct RxDjangoRelations {
  private let schema: Schema
  /// For each model, its fields that are followed.
  private var followed: [[Int: Int]] = []

  init(_ schema: Schema) {
    self.schema = schema
    let entries = schema.entries
    followed = entries.map { entry in
      Dictionary(uniqueKeysWithValues: entry.relations.map { ($0.field, $0.target) })
    }
    for position in entries.indices {
      for relation in entries[position].relations where !relation.isMany {
        if reachable(from: relation.target).union([relation.target]).contains(position) {
          followed[position][relation.field] = nil
        }
      }
    }
    for position in entries.indices {
      for relation in entries[position].relations where followed[position][relation.field] != nil {
        if reachable(from: relation.target).union([relation.target]).contains(position) {
          followed[position][relation.field] = nil
        }
      }
    }
  }

  func isNested(_ model: Int, _ field: Field) -> Bool { target(model, field) != nil }

  /// The model that a field's relation leads to, if it is followed.
  func target(_ model: Int, _ field: Field) -> Int? {
    schema.entries[model].model.fields.firstIndex { $0 === field }.flatMap { followed[model][$0] }
  }

  /// The models that can be reached from one, over at least one relation that is followed.
  func reachable(from start: Int) -> Set<Int> {
    var found: Set<Int> = []
    var waiting = [start]
    while let next = waiting.popLast() {
      for target in followed[next].values where found.insert(target).inserted {
        waiting.append(target)
      }
    }
    return found
  }

  /// Whether a client may write a model or what is below it.
  func isWritableBelow(_ model: Int) -> Bool {
    reachable(from: model).union([model]).contains {
      !schema.entries[$0].model.writable.isEmpty
    }
  }

  /// The `model` of a channel: type, relation, type.
  func model(from root: Int) -> String {
    var text = "{\n"
    for model in reachable(from: root).union([root]).sorted() {
      let entry = schema.entries[model]
      text += "    \(TypeScriptTypes.quoted(entry.model.name.text)): {\n"
      for (position, field) in entry.model.fields.enumerated() {
        guard let target = followed[model][position] else { continue }
        let name = schema.entries[target].model.name.text
        text +=
          "      \(TypeScriptTypes.quoted(field.name.text)): \(TypeScriptTypes.quoted(name)),\n"
      }
      text += "    },\n"
    }
    return text + "  }"
  }
}
