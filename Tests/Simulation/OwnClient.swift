/// Our own client as far as frames reach it.
///
/// Rows are held flat, each with the version it has; a row or deletion that is not newer than what
/// is held of it is ignored.
final class OwnClient {
  private struct Row {
    let type: String
    let id: JSONValue
    var fields: [JSONValue.Member]
  }

  /// Is told the type and the id of every row that arrives, deletions left out.
  var onRow: ((_ type: String, _ id: String) -> Void)?
  /// The highest `_tstamp` seen, as it was written.
  private(set) var lastUpdate: String?
  private(set) var session: String?
  /// Whether the last authentication took up the session where it was left.
  private(set) var isResumed = false
  private(set) var refusal: String?
  private(set) var runtimeVariables: [String: JSONValue] = [:]
  /// Answers to actions and writes, in the order they came.
  private(set) var answers: [JSONValue] = []
  /// The wait that the server asked for before it closes, if it did.
  private(set) var drainMilliseconds: Int64?
  private(set) var snapshotEnds = 0
  private(set) var ignoredRows = 0
  private(set) var rowsWithoutVersion = 0
  private(set) var unknownFrames = 0

  private let rootType: String
  private let isMany: Bool
  private let model: [String: [String: String]]
  private var held: [String: Row] = [:]
  private var versions: [String: Int64] = [:]
  private var anchors: [JSONValue] = []

  /// - Parameter model: For each type of row the relation fields and the types they lead to.
  init(rootType: String, isMany: Bool, model: [String: [String: String]]) {
    self.rootType = rootType
    self.isMany = isMany
    self.model = model
  }

  /// Takes one text frame. A frame with a fault changes nothing.
  func receive(_ text: [UInt8]) throws(ClientFault) {
    guard let message = JSONValue(text) else { throw .unparsable }
    switch message {
    case .array(let rows): try receive(rows)
    case .object: try receive(message)
    default: throw .malformed(message.description)
    }
  }

  /// The first frame of a connection.
  func firstFrame(token: String?) -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("token", token.map { .string($0) } ?? .null),
      .init("lastUpdate", lastUpdate.map { .number($0) } ?? .null), .init("covey", JSONValue(1)),
    ]
    if let session { members.append(.init("session", .string(session))) }
    return JSONValue.object(members).bytes
  }

  /// Opens another connection. Everything is kept until the server says what it is worth.
  func reconnect() {
    isResumed = false
    drainMilliseconds = nil
  }

  // MARK: what is seen

  /// Every row by `type:id`, relations as ids.
  func rows() -> [String: JSONValue] {
    held.mapValues { row in
      .sortedObject(row.fields.map { .init($0.key, $0.value.sorted) })
    }
  }

  /// An array of the anchors or the single one, with the rows they refer to inside.
  func state() -> JSONValue {
    let shown = anchors.map { id -> JSONValue in
      var path: [String] = []
      return self.shown(rootType, id, &path)
    }
    return isMany ? .array(shown) : shown.first ?? .null
  }

  private func shown(_ type: String, _ id: JSONValue, _ path: inout [String]) -> JSONValue {
    let key = Self.key(type, id)
    guard let row = held[key] else { return .placeholder(id) }
    guard !path.contains(key) else { return .cycle(row.id) }
    path.append(key)
    defer { path.removeLast() }
    let relations = model[type] ?? [:]
    return .sortedObject(
      row.fields.map { field in
        guard let childType = relations[field.key] else {
          return .init(field.key, field.value.sorted)
        }
        return .init(field.key, related(childType, field.value, &path))
      })
  }

  private func related(_ type: String, _ value: JSONValue, _ path: inout [String]) -> JSONValue {
    switch value {
    case .null: .null
    case .array(let ids): .array(ids.map { shown(type, $0, &path) })
    default: shown(type, value, &path)
    }
  }

  // MARK: rows

  private func receive(_ rows: [JSONValue]) throws(ClientFault) {
    for row in rows {
      guard let type = row["_instance_type"]?.text else { throw .notRows }
      if type == "" || type == "_notification" { continue }
      switch row["id"] {
      case .number, .string: break
      default: throw .notRows
      }
      guard row["_operation"]?.text != nil else { throw .notRows }
    }
    for row in rows {
      noteStamp(of: row)
      guard let type = row["_instance_type"]?.text, let operation = row["_operation"]?.text,
        let id = row["id"]
      else { continue }
      if operation == "end_initial_state" {
        snapshotEnds += 1
      } else {
        receive(row, type, id, operation)
      }
    }
  }

  private func receive(
    _ row: JSONValue, _ type: String, _ id: JSONValue, _ operation: String
  ) {
    if operation != "delete" { onRow?(type, id.inKey) }
    updateAnchors(type, id, operation)
    let key = Self.key(type, id)
    if let version = row["_version"]?.whole {
      if let known = versions[key], version <= known {
        ignoredRows += 1
        return
      }
      versions[key] = version
    } else {
      rowsWithoutVersion += 1
    }
    let fields = (row.members ?? []).filter { $0.key.utf8.first != UInt8(ascii: "_") }
    switch operation {
    case "delete":
      held[key] = nil
      versions[key] = nil
    case "update" where held[key] != nil:
      for field in fields {
        let position = held[key]?.fields.firstIndex { $0.key == field.key }
        if let position {
          held[key]?.fields[position].value = field.value
        } else {
          held[key]?.fields.append(field)
        }
      }
    default: held[key] = Row(type: type, id: id, fields: fields)
    }
  }

  /// The anchors of a list follow what arrives, whatever versions say. A single one stays, also
  /// while its row is deleted.
  private func updateAnchors(_ type: String, _ id: JSONValue, _ operation: String) {
    guard isMany, type == rootType else { return }
    if operation == "delete" {
      anchors.removeAll { $0 == id }
    } else if operation == "initial_state", !anchors.contains(id) {
      anchors.append(id)
    }
  }

  private func noteStamp(of row: JSONValue) {
    guard let digits = row["_tstamp"]?.digits, let stamp = Double(digits), stamp > 0 else { return }
    if let lastUpdate, let highest = Double(lastUpdate), stamp <= highest { return }
    lastUpdate = digits
  }

  private static func key(_ type: String, _ id: JSONValue) -> String {
    "\(type):\(id.inKey)"
  }

  // MARK: other frames

  private func receive(_ message: JSONValue) throws(ClientFault) {
    switch message["type"]?.text {
    case "auth": authenticate(message)
    case "initialAnchors":
      guard let ids = message["anchorIds"]?.elements else { throw .malformed("initialAnchors") }
      anchors = ids
      if message["reset"] == .bool(true) {
        held = [:]
        versions = [:]
        lastUpdate = nil
      }
    case "prependAnchor":
      guard let id = message["anchorId"] else { throw .malformed("prependAnchor") }
      anchors.removeAll { $0 == id }
      anchors.insert(id, at: 0)
    case "runtimeVar":
      guard let name = message["var"]?.text, let value = message["value"] else {
        throw .malformed("runtimeVar")
      }
      runtimeVariables[name] = value
    case "actionResponse", "writeResponse": answers.append(message)
    case "system", "maintenance": break
    case "drain": drainMilliseconds = message["delay_ms"]?.whole
    default: unknownFrames += 1
    }
  }

  private func authenticate(_ message: JSONValue) {
    guard message["statusCode"] == .number("200") else {
      refusal = message["error"]?.text ?? "error/unknown"
      return
    }
    refusal = nil
    session = message["session"]?.text ?? session
    isResumed = message["resumed"] == .bool(true)
    guard !isResumed else { return }
    held = [:]
    versions = [:]
    anchors = []
    runtimeVariables = [:]
    lastUpdate = nil
  }
}
