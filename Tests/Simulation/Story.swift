import CoveyCore

/// What some clients are told, as lines of JSON, so that a client in another language can be told
/// the same and held against what the server's store says.
///
///     {"description":{..}}              what the server offers, as covey/describe.h has it
///     {"client":3,"pattern":"board/<int:id>/","anchor":1}
///     {"client":3,"first":{..}}         it connects, and says this first
///     {"client":3,"frame":".."}         it is told this
///     {"client":3,"end":1006}           its connection ends, with this code
///     {"client":3,"anchors":[1],"rows":{"s.Board:1":{..}}}
///                                       all is quiet: this is what it must show, and no more
final class Story {
  func begin(_ description: Description) {
    print("{\"description\":\(String(decoding: description.json, as: UTF8.self))}")
  }

  func enlist(_ player: Player) {
    tell(player, "pattern", .string(player.place.pattern), [.init("anchor", .of(player.anchor))])
  }

  func connects(_ player: Player) {
    tell(player, "first", JSONValue(player.firstFrame) ?? .null)
  }

  func receives(_ player: Player, _ text: [UInt8]) {
    tell(player, "frame", .string(String(decoding: text, as: UTF8.self)))
  }

  func ends(_ player: Player, code: Int) {
    tell(player, "end", .of(code))
  }

  func shows(_ player: Player, _ anchors: [JSONValue], _ rows: [String: JSONValue]) {
    let members = rows.map { JSONValue.Member($0, $1) }
    tell(player, "anchors", .array(anchors), [.init("rows", .sortedObject(members))])
  }

  private func tell(
    _ player: Player, _ name: String, _ value: JSONValue, _ more: [JSONValue.Member] = []
  ) {
    print(JSONValue.object([.init("client", .of(player.number)), .init(name, value)] + more))
  }
}

extension JSONValue {
  fileprivate static func of(_ number: Int) -> JSONValue { JSONValue(Int64(number)) }
}
