import Testing

@testable import CoveyCore

/// What puts and deletions do, without anybody who follows.
struct StoreTests {
  private static func schema() throws -> Schema {
    try Schema([
      Model(
        "s.List", .integer,
        [
          Field("title", .string, isNullable: true),
          Field("items", .many(model: "s.Item", inverse: "list")),
          Field("marks", .many(model: "s.Item", inverse: nil)),
        ]),
      Model(
        "s.Item", .text,
        [
          Field("list", .one(model: "s.List"), isNullable: true), Field("text", .string),
          Field("data", .json),
        ]),
    ])
  }

  private let store: Store

  init() throws {
    store = Store(try Self.schema(), limits: Limits())
    store.wallTime = 1000
    store.isToldOfChanges = true
  }

  private func draft(_ model: Int, _ json: String, isMerge: Bool = false) throws -> Draft {
    try Draft(store.schema, model: model, Array(json.utf8).span, isMerge: isMerge)
  }

  /// Puts, and answers what was changed as `model id version`.
  @discardableResult
  private func put(_ model: Int, _ json: String, isMerge: Bool = false) throws -> [String] {
    shown(try store.commit(try draft(model, json, isMerge: isMerge)))
  }

  private func shown(_ committed: [Store.Committed]) -> [String] {
    committed.map {
      "\($0.model) \(String(decoding: $0.id.text, as: UTF8.self)) \($0.version)"
        + ($0.json == nil ? " gone" : "")
    }
  }

  private func get(_ model: Int, _ id: InstanceID) -> String? {
    store.json(model, id).map { String(decoding: $0, as: UTF8.self) }
  }

  private func list(_ id: Int64) -> String? { get(0, .integer(id)) }
  private func item(_ id: String) -> String? { get(1, .text(Name(id))) }

  @Test func `what was put comes back in the order of the model, digit for digit`() throws {
    let data = #"{"n": 12345678901234567890.50 , "a":[ 1 ,"x y"]}"#
    try put(1, #"{"text":"a\u0062\ud800/","data":\#(data),"id":"i"}"#)
    let compact = #"{"n":12345678901234567890.50,"a":[1,"x y"]}"#
    #expect(
      item("i") == #"{"id":"i","list":null,"text":"a\u0062\ud800/","data":\#(compact)}"#)
    #expect(item("j") == nil)
  }

  @Test func `a replacing put makes null what it does not name, but lists stay`() throws {
    try put(0, #"{"id":1,"title":"t","marks":["a"]}"#)
    try put(1, #"{"id":"a","list":1,"text":"x","data":1}"#)
    try put(0, #"{"id":1,"marks":[]}"#)
    #expect(list(1) == #"{"id":1,"title":null,"items":["a"],"marks":[]}"#)
    try put(0, #"{"id":1,"title":"u"}"#, isMerge: true)
    #expect(list(1) == #"{"id":1,"title":"u","items":["a"],"marks":[]}"#)
  }

  @Test func `a merge of what is not there must have all that is required`() throws {
    #expect(try put(1, #"{"id":"a","text":"x"}"#, isMerge: true) == ["1 a 1000"])
    #expect(item("a") == #"{"id":"a","list":null,"text":"x","data":null}"#)
    #expect(
      throws: Failure.invalid("merge into s.Item \"b\", which is not there, lacks field \"text\"")
    ) { try put(1, #"{"id":"b","data":1}"#, isMerge: true) }
    #expect(item("b") == nil && store.count(of: 1) == 1)
  }

  @Test func `a put that changes nothing is no change`() throws {
    #expect(try put(1, #"{"id":"a","text":"x","data":{"k":1}}"#) == ["1 a 1000"])
    #expect(try put(1, #"{"data":{ "k" : 1 },"text":"x","id":"a","list":null}"#) == [])
    #expect(try put(1, #"{"id":"a"}"#, isMerge: true) == [])
    #expect(store.version == 1000)
  }

  @Test func `versions grow by one while the clock stands, and when it steps back`() throws {
    #expect(try put(0, #"{"id":1,"marks":[]}"#) == ["0 1 1000"])
    #expect(try put(0, #"{"id":2,"marks":[]}"#) == ["0 2 1001"])
    store.wallTime = 5
    #expect(try put(0, #"{"id":3,"marks":[]}"#) == ["0 3 1002"])
    store.wallTime = 2000
    #expect(try put(0, #"{"id":4,"marks":[]}"#) == ["0 4 2000"])
  }

  // MARK: lists with an inverse field

  @Test func `children decide whose list they are in`() throws {
    try put(0, #"{"id":1,"marks":[]}"#)
    try put(0, #"{"id":2,"marks":[]}"#)
    #expect(
      try Set(put(1, #"{"id":"a","list":1,"text":"","data":0}"#)) == ["1 a 1002", "0 1 1002"])
    try put(1, #"{"id":"b","list":1,"text":"","data":0}"#)
    #expect(list(1) == #"{"id":1,"title":null,"items":["a","b"],"marks":[]}"#)
    #expect(
      try Set(put(1, #"{"id":"a","list":2}"#, isMerge: true))
        == ["1 a 1004", "0 1 1004", "0 2 1004"])
    #expect(list(1) == #"{"id":1,"title":null,"items":["b"],"marks":[]}"#)
    #expect(list(2) == #"{"id":2,"title":null,"items":["a"],"marks":[]}"#)
    try put(1, #"{"id":"a","list":null}"#, isMerge: true)
    #expect(list(2) == #"{"id":2,"title":null,"items":[],"marks":[]}"#)
    #expect(shown(try store.commit([.delete(model: 1, .text(Name("b")))])).count == 2)
    #expect(list(1) == #"{"id":1,"title":null,"items":[],"marks":[]}"#)
  }

  @Test func `a list that is put orders, and may name children that come later`() throws {
    try put(0, #"{"id":1,"items":["c","a","b"],"marks":[]}"#)
    for id in ["b", "a"] { try put(1, #"{"id":"\#(id)","list":1,"text":"","data":0}"#) }
    try put(1, #"{"id":"c","list":null,"text":"","data":0}"#)
    #expect(list(1) == #"{"id":1,"title":null,"items":["a","b"],"marks":[]}"#)
    try put(0, #"{"id":1,"items":["b","b","c"]}"#, isMerge: true)
    #expect(list(1) == #"{"id":1,"title":null,"items":["b","a"],"marks":[]}"#)
  }

  @Test func `the list outlives its parent, and other lists keep what is gone`() throws {
    try put(1, #"{"id":"a","list":7,"text":"","data":0}"#)
    try put(0, #"{"id":7,"marks":["a","z"]}"#)
    #expect(list(7) == #"{"id":7,"title":null,"items":["a"],"marks":["a","z"]}"#)
    _ = try store.commit([.delete(model: 0, .integer(7))])
    #expect(list(7) == nil)
    try put(0, #"{"id":7,"marks":["z"]}"#)
    #expect(list(7) == #"{"id":7,"title":null,"items":["a"],"marks":["z"]}"#)
    _ = try store.commit([.delete(model: 1, .text(Name("a")))])
    #expect(list(7) == #"{"id":7,"title":null,"items":[],"marks":["z"]}"#)
  }

  @Test func `an id counts once`() throws {
    try put(0, #"{"id":1,"marks":["a","\u0061","b","a"]}"#)
    #expect(list(1) == #"{"id":1,"title":null,"items":[],"marks":["a","b"]}"#)
  }

  // MARK: transactions

  @Test func `a transaction has one version, and tells each instance once`() throws {
    let changes: [Store.Change] = [
      .put(try draft(0, #"{"id":1,"marks":[]}"#)),
      .put(try draft(1, #"{"id":"a","list":1,"text":"x","data":0}"#)),
      .put(try draft(1, #"{"id":"a","text":"y"}"#, isMerge: true)),
      .delete(model: 1, .text(Name("nobody"))),
    ]
    #expect(Set(shown(try store.commit(changes))) == ["0 1 1000", "1 a 1000"])
    #expect(item("a") == #"{"id":"a","list":1,"text":"y","data":0}"#)
  }

  @Test func `all of it is made, or nothing`() throws {
    try put(0, #"{"id":1,"marks":[]}"#)
    let whole = try draft(1, #"{"id":"a","list":1,"text":"x","data":0}"#)
    let part = try draft(1, #"{"id":"a","data":1}"#, isMerge: true)
    let id = InstanceID.text(Name("a"))
    for changes: [Store.Change] in [
      [.put(part)], [.put(whole), .delete(model: 1, id), .put(part)], [.put(part), .put(whole)],
    ] {
      #expect(throws: Failure.self) { try store.commit(changes) }
      #expect(item("a") == nil && store.version == 1000)
      #expect(list(1) == #"{"id":1,"title":null,"items":[],"marks":[]}"#)
    }
    #expect(shown(try store.commit([.put(whole), .put(part)])).count == 2)
    #expect(shown(try store.commit([.delete(model: 1, id), .put(whole)])).count == 2)
    #expect(item("a") == #"{"id":"a","list":1,"text":"x","data":0}"#)
  }

  // MARK: bounds

  @Test func `a store takes what fits to the byte, and what is full changes nothing`() throws {
    let text = #"{"id":"a","text":"x","data":0}"#
    let size = try draft(1, text).bytes
    var limits = Limits()
    limits.storeBytesMax = size
    let full = Store(store.schema, limits: limits)
    _ = try full.commit(try draft(1, text))
    let bytes = full.bytes
    let text99 = String(repeating: "x", count: 99)
    let longer = try draft(1, #"{"id":"a","text":"\#(text99)"}"#, isMerge: true)
    for change in [longer, try draft(1, #"{"id":"b","text":"x","data":0}"#)] {
      #expect(throws: Failure.full("store has \(bytes) bytes, limit \(size)")) {
        try full.commit(change)
      }
      #expect(throws: Failure.self) { try full.commit([.put(change)]) }
    }
    #expect(full.bytes == bytes && full.count == 1)
    _ = try full.commit([.delete(model: 1, .text(Name("a")))])
    full.settle { _, _ in }
    #expect(full.bytes == 0 && full.count == 0)
    limits.storeBytesMax = size - 1
    #expect(throws: Failure.self) {
      try Store(store.schema, limits: limits).commit(try draft(1, text))
    }
  }

  @Test func `places that nobody refers to are given back`() throws {
    for round in 0..<50 {
      try put(0, #"{"id":\#(round),"marks":["m\#(round)","n\#(round)"]}"#)
      try put(1, #"{"id":"i\#(round)","list":\#(round),"text":"x","data":0}"#)
      _ = try store.commit([
        .delete(model: 0, .integer(Int64(round))), .delete(model: 1, .text(Name("i\(round)"))),
      ])
      store.settle { _, _ in }
      #expect(store.bytes == 0)
    }
    #expect(store.instances.count < 10)
  }
}
