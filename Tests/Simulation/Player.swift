import CoveyCore

/// One simulated client, with its connection while it has one.
final class Player {
  enum Mind {
    case original(OriginalClient)
    case own(OwnClient)
  }

  let number: Int
  let place: World.Place
  let anchor: Int
  let user: String
  let mind: Mind
  var id: ConsumerID?
  /// Bytes its socket still takes; nil: any number.
  var room: Int?
  private var buffered: [UInt8] = []
  private var unread: [UInt8] = []
  /// The anchors that the host gave it, of a list.
  var anchors: [String] = []
  /// It was turned away for good.
  var isOver = false
  var isClosing = false
  /// The last frames it got, for a report.
  private(set) var history: [String] = []
  private(set) var problem: String?
  /// Where what it is told is told on.
  var story: Story?
  /// What the server closed with.
  private var closeCode: Int?

  init(_ number: Int, _ place: World.Place, anchor: Int, user: String, isOwn: Bool) {
    self.number = number
    self.place = place
    self.anchor = anchor
    self.user = user
    let root = place.root.name
    mind =
      isOwn
      ? .own(OwnClient(rootType: root, isMany: place.isMany, model: World.relations))
      : .original(OriginalClient(rootType: root, isMany: place.isMany, model: World.relations))
  }

  var isOwn: Bool { if case .own = mind { true } else { false } }
  var name: String {
    "client \(number) (\(isOwn ? "own" : "original"), \(place), anchor \(anchor), user \(user))"
  }

  func watch(_ onRow: @escaping (String, String) -> Void) {
    switch mind {
    case .original(let client): client.onRow = onRow
    case .own(let client): client.onRow = onRow
    }
  }

  var firstFrame: [UInt8] {
    switch mind {
    case .original(let client): client.firstFrame(token: user)
    case .own(let client): client.firstFrame(token: user)
    }
  }

  func cut() {
    story?.ends(self, code: closeCode ?? 1006)
    closeCode = nil
    id = nil
    buffered = []
    unread = []
    isClosing = false
    switch mind {
    case .original(let client): client.reconnect()
    case .own(let client): client.reconnect()
    }
  }

  /// Takes bytes off the server; tells whether all of them found room.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    buffered.append(contentsOf: bytes)
    return drain()
  }

  func drain() -> Bool {
    let count = min(room ?? .max, buffered.count)
    unread.append(contentsOf: buffered.prefix(count))
    buffered.removeFirst(count)
    room = room.map { $0 - count }
    read()
    return buffered.isEmpty
  }

  private func read() {
    var start = 0
    while unread.count - start >= 2 {
      let short = unread[start + 1]
      let header = short < 126 ? 2 : short == 126 ? 4 : 10
      guard unread.count - start >= header else { break }
      let size =
        header == 2
        ? Int(short) : unread[(start + 2)..<(start + header)].reduce(0) { $0 << 8 | Int($1) }
      guard unread.count - start >= header + size else { break }
      let payload = Array(unread[(start + header)..<(start + header + size)])
      switch unread[start] {
      case 0x81: receive(payload)
      case 0x88:
        isClosing = true
        closeCode = payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
      default: break
      }
      start += header + size
    }
    unread.removeFirst(start)
  }

  private func receive(_ text: [UInt8]) {
    history.append(String(decoding: text, as: UTF8.self))
    if history.count > 400 { history.removeFirst(200) }
    guard problem == nil else { return }
    story?.receives(self, text)
    do {
      switch mind {
      case .original(let client):
        try client.receive(text)
        if client.refusal != nil { isOver = true }
      case .own(let client):
        try client.receive(text)
        if client.refusal != nil { isOver = true }
      }
    } catch { problem = "\(error)" }
  }

  /// The anchors that it must see.
  private func visibleAnchors(_ truth: Truth) -> [JSONValue] {
    let ids = place.isMany ? anchors.map { JSONValue.number($0) } : [JSONValue.number("\(anchor)")]
    return ids.filter { truth.isVisible("\(place.root.name):\($0.inKey)", user) }
  }

  /// What is wrong with what it sees; nil: nothing.
  func difference(from truth: Truth) -> String? {
    if let problem { return "threw \(problem)" }
    let root = place.root.name
    let ids = visibleAnchors(truth)
    let rows = truth.view(root, ids, user)
    story?.shows(self, ids, rows)
    let nested = ids.map { Truth.nested(rows, root, $0) }
    let gone: JSONValue = isOwn ? .placeholder(.number("\(anchor)")) : .object([])
    let expected = place.isMany ? JSONValue.array(nested) : nested.first ?? gone
    switch mind {
    case .original(let client):
      let state = client.state()
      return Self.difference(state, expected, at: "")
    case .own(let client):
      let held = client.rows()
      guard held == rows else { return Self.difference(held, rows) }
      if ids.isEmpty, !place.isMany { return nil }
      let state = client.state()
      return Self.difference(state, expected, at: "")
    }
  }

  /// The first place where two values differ.
  private static func difference(_ one: JSONValue, _ other: JSONValue, at path: String) -> String? {
    if one == other { return nil }
    if case .array(let mine) = one, case .array(let theirs) = other, mine.count == theirs.count {
      for (position, pair) in zip(mine, theirs).enumerated() {
        if let found = difference(pair.0, pair.1, at: "\(path)[\(position)]") { return found }
      }
    }
    if case .object(let mine) = one, case .object(let theirs) = other,
      mine.map(\.key) == theirs.map(\.key)
    {
      let id = one["id"]?.inKey ?? "?"
      for (left, right) in zip(mine, theirs) {
        let place = "\(path){\(id)}.\(left.key)"
        if let found = difference(left.value, right.value, at: place) { return found }
      }
    }
    return "at \(path) sees \(one)\n      not \(other)"
  }

  private static func difference(_ held: [String: JSONValue], _ rows: [String: JSONValue]) -> String
  {
    var lines: [String] = []
    for key in Set(held.keys).union(rows.keys).sorted() where held[key] != rows[key] {
      lines.append(
        "\(key) is \(held[key]?.description ?? "nothing"), not "
          + (rows[key]?.description ?? "nothing"))
    }
    return lines.joined(separator: "\n      ")
  }
}
