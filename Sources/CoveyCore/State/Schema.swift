/// All models of a server, whole and checked; never changed again, so any thread may read it.
package final class Schema: Sendable {
  /// A field that names instances.
  struct Relation: Sendable {
    let field: Int
    let target: Int
    let isMany: Bool
    /// The child's field that this list is kept equal to.
    let inverseField: Int?
  }

  /// A list that a field of this model is the inverse of.
  struct InverseList: Sendable {
    let field: Int
    let parent: Int
    /// Among the parent's relations.
    let relation: Int
  }

  /// A model with what the others make of it.
  struct Entry: Sendable {
    let model: Model
    let relations: ContiguousArray<Relation>
    /// For each field its place among the relations, or -1.
    let relationOfField: ContiguousArray<Int>
    var inverseLists: ContiguousArray<InverseList> = []
    /// An instance can be reached from itself.
    var isCyclic = false
    /// Others refer to one of these.
    var isOneTarget = false
    /// Relations to one can be met from here.
    var reachesOnes = false
    /// Rows with an owner can be reached from one, or it has one itself.
    var reachesOwners = false
    /// Pieces of JSON that every row has: `"title":`, and what names the type.
    let keys: ContiguousArray<[UInt8]>
    let typeMember: [UInt8]
    /// Fields that a replacing put must name, and those it makes null.
    let required: FieldMask
    let nullable: FieldMask
    let lists: FieldMask
  }

  let entries: ContiguousArray<Entry>
  private let positions: [Name: Int]

  package var models: [Model] { entries.map(\.model) }

  package init(_ models: [Model]) throws(Failure) {
    var positions: [Name: Int] = [:]
    for (position, model) in models.enumerated() { positions[model.name] = position }
    var entries: ContiguousArray<Entry> = []
    for model in models { entries.append(try Self.entry(model, models, positions)) }
    for (parent, entry) in entries.enumerated() {
      for (relation, declared) in entry.relations.enumerated() {
        guard let field = declared.inverseField else { continue }
        entries[declared.target].inverseLists.append(
          InverseList(field: field, parent: parent, relation: relation))
      }
    }
    for entry in entries {
      for relation in entry.relations where !relation.isMany {
        entries[relation.target].isOneTarget = true
      }
    }
    let reachable = entries.indices.map { Self.reachable(from: $0, entries) }
    for position in entries.indices {
      entries[position].isCyclic = reachable[position].contains(position)
      entries[position].reachesOnes = ([position] + reachable[position]).contains {
        entries[$0].relations.contains { !$0.isMany }
      }
      entries[position].reachesOwners =
        entries[position].model.ownerField != nil
        || reachable[position].contains { entries[$0].model.ownerField != nil }
    }
    self.entries = entries
    self.positions = positions
  }

  /// No models.
  static let empty = Schema()

  private init() {
    entries = []
    positions = [:]
  }

  package func position(of name: Name) -> Int? { positions[name] }
  package func contains(_ position: Int) -> Bool { entries.indices.contains(position) }

  private static func entry(
    _ model: Model, _ models: [Model], _ positions: [Name: Int]
  ) throws(Failure) -> Entry {
    var relations: ContiguousArray<Relation> = []
    var relationOfField = ContiguousArray(repeating: -1, count: model.fields.count)
    var required = FieldMask()
    var nullable = FieldMask()
    var lists = FieldMask()
    for (position, field) in model.fields.enumerated() {
      let name: String
      var inverse: String?
      switch field.kind {
      case .one(let target): name = target
      case .many(let target, let field):
        name = target
        inverse = field
        lists.insert(position)
      default: name = ""
      }
      if field.isNullable {
        nullable.insert(position)
      } else if inverse == nil {
        if case .json = field.kind { nullable.insert(position) } else { required.insert(position) }
      }
      guard field.isRelation else { continue }
      let shown = "\(model.name.text).\(field.name.text)"
      guard let target = positions[Name(name)] else {
        throw .invalid("field \(shown) refers to model \(Failure.quote(name)), which is not there")
      }
      var inverseField: Int?
      if let inverse {
        inverseField = models[target].fields.firstIndex { $0.name == Name(inverse) }
        guard let inverseField else {
          throw .invalid("inverse field \(Failure.quote(inverse)) of \(shown) is not there")
        }
        switch (models[target].fields[inverseField].kind, model.idKind) {
        case (.integer, .integer), (.string, .text): break
        case (.one(let back), _) where Name(back) == model.name: break
        default:
          throw .invalid(
            "inverse field \(Failure.quote(inverse)) of \(shown) cannot hold ids of "
              + model.name.text)
        }
      }
      relationOfField[position] = relations.count
      relations.append(
        Relation(
          field: position, target: target, isMany: field.isMany, inverseField: inverseField))
    }
    return Entry(
      model: model, relations: relations, relationOfField: relationOfField,
      keys: ContiguousArray(model.fields.map { JSONText.quoted($0.name) + [UInt8(ascii: ":")] }),
      typeMember: Array("\"_instance_type\":".utf8) + JSONText.quoted(model.name),
      required: required, nullable: nullable, lists: lists)
  }

  /// The models that can be reached from one over at least one relation.
  private static func reachable(from start: Int, _ entries: ContiguousArray<Entry>) -> Set<Int> {
    var found: Set<Int> = []
    var waiting = [start]
    while let next = waiting.popLast() {
      for relation in entries[next].relations where found.insert(relation.target).inserted {
        waiting.append(relation.target)
      }
    }
    return found
  }
}
