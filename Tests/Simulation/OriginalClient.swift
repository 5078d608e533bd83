/// The original TypeScript client as far as frames reach it, with the faults it has.
final class OriginalClient {
  private static let openBracket = UInt8(ascii: "[")

  /// Is told the type and the id of every row that arrives, deletions left out.
  var onRow: ((_ type: String, _ id: String) -> Void)?
  /// The highest `_tstamp` seen, as it was written.
  private(set) var lastUpdate: String?
  private(set) var runtimeVariables: [String: JSONValue] = [:]
  /// Answers to actions and writes, in the order they came.
  private(set) var answers: [JSONValue] = []
  /// The error of the authentication that ended the client for good.
  private(set) var refusal: String?
  /// Whether the server announced maintenance: the client opens another socket at once.
  private(set) var wantsReconnect = false
  private(set) var emptyLists = 0
  private(set) var unknownFrames = 0
  private(set) var connections = 1

  private let built: OriginalState
  private var followed: Set<String> = []
  private var wasAuthenticated = false

  /// - Parameter model: For each type of row the relation fields and the types they lead to.
  init(rootType: String, isMany: Bool, model: [String: [String: String]]) {
    built = OriginalState(rootType: rootType, isMany: isMany, model: model)
  }

  /// Takes one text frame. What came before a fault stays; the rest of the frame is lost.
  func receive(_ text: [UInt8]) throws(ClientFault) {
    guard refusal == nil else { return }
    guard let message = JSONValue(text) else { throw .unparsable }
    if text.first == Self.openBracket, case .array(let rows) = message {
      try receive(rows)
    } else {
      try receive(message)
    }
  }

  /// What the listeners of the application are handed next.
  func state() -> JSONValue { built.value }

  /// The first frame of a connection.
  func firstFrame(token: String?) -> [UInt8] {
    let cursor = lastUpdate.map { JSONValue.number(Self.scriptNumber($0)) }
    return JSONValue.object([
      .init("token", token.map { .string($0) } ?? .null), .init("lastUpdate", cursor ?? .null),
    ]).bytes
  }

  /// Opens another connection. Nothing is forgotten: neither rows, anchors nor references.
  func reconnect() {
    wantsReconnect = false
    connections += 1
  }

  /// Whether the client comes back when its connection has ended.
  func comesBack(afterCleanClose isClean: Bool) -> Bool {
    refusal == nil && !(wasAuthenticated && isClean)
  }

  /// Follows a single row; a frame after which it is gone is then a fault.
  func follow(_ type: String, _ id: String) {
    followed.insert(OriginalState.key(type, id))
  }

  // MARK: frames

  private func receive(_ rows: [JSONValue]) throws(ClientFault) {
    for row in rows {
      if row == .null { throw .notRows }
      noteStamp(of: row)
      report(row)
    }
    switch rows.first {
    case .object, .array: break
    default: throw .notRows
    }
    for row in rows { try built.receive(row) }
    for row in rows where !followed.isEmpty {
      let key = OriginalState.key(row["_instance_type"]?.inKey ?? "", row["id"]?.inKey ?? "")
      if followed.contains(key), !built.holds(key) { throw .followedRowGone(key) }
    }
  }

  private func noteStamp(of row: JSONValue) {
    guard let digits = row["_tstamp"]?.digits, let stamp = Double(digits), stamp > 0 else { return }
    if let lastUpdate, let highest = Double(lastUpdate), stamp <= highest { return }
    lastUpdate = digits
  }

  private func report(_ row: JSONValue) {
    guard let onRow, let type = row["_instance_type"]?.text, type != "", let id = row["id"],
      row["_operation"]?.text != "delete"
    else { return }
    onRow(type, id.inKey)
  }

  private func receive(_ message: JSONValue) throws(ClientFault) {
    guard message != .null else { throw .malformed("null") }
    switch message["type"]?.text {
    case "auth": authenticate(message)
    case "initialAnchors":
      guard let ids = message["anchorIds"]?.elements else { throw .malformed("initialAnchors") }
      if ids.isEmpty { emptyLists += 1 } else { built.setAnchors(ids) }
    case "prependAnchor": built.prependAnchor(message["anchorId"] ?? .string("undefined"))
    case "runtimeVar":
      runtimeVariables[message["var"]?.inKey ?? "undefined"] = message["value"] ?? .null
    case "actionResponse", "writeResponse": answers.append(message)
    case "system": break
    case "maintenance": wantsReconnect = true
    default: unknownFrames += 1
    }
  }

  /// An error ends the client for good; another status than 200 without an error is overlooked.
  private func authenticate(_ message: JSONValue) {
    wasAuthenticated = true
    guard message["statusCode"] != .number("200"), let error = message["error"]?.text, error != ""
    else { return }
    refusal = error
    lastUpdate = nil
  }

  /// A number as JavaScript prints it, for those that are neither huge nor tiny.
  private static func scriptNumber(_ digits: String) -> String {
    guard let number = Double(digits) else { return digits }
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
