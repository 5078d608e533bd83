import CoveyCore
import Testing

struct EventTests {
  private func check(
    _ json: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let event = try Event(json: Array(json.utf8))
    #expect(event.type == expected, "\(json)", sourceLocation: sourceLocation)
    #expect(event.json == Array(json.utf8), sourceLocation: sourceLocation)
  }

  private func checkRefused(
    _ json: String, _ failure: Failure, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let thrown = #expect(throws: Failure.self, "\(json)", sourceLocation: sourceLocation) {
      _ = try Event(json: Array(json.utf8))
    }
    #expect(thrown == failure, sourceLocation: sourceLocation)
  }

  @Test func `the type is the outermost member of that name`() throws {
    try check(#"{"type":"chat.message","text":"hi"}"#, "chat.message")
    try check(#" { "a" : [{"type":"x"}, 1] , "type" : "y" , "b":{"type":2} } "#, "y")
    try check(#"{"types":"x","typ":"y","type":"z","":1}"#, "z")
  }

  @Test func `escapes are decoded in the type and in its name`() throws {
    try check(#"{"\u0074\u0079pe":"a\u002Eb"}"#, "a.b")
    try check(#"{"type":"\"\\\/\b\f\n\r\t"}"#, "\"\\/\u{8}\u{c}\n\r\t")
    try check(#"{"type":"\u00e9\u20AC\ud83d\uDE00"}"#, "\u{e9}\u{20ac}\u{1f600}")
    try check("{\"type\":\"\u{e9}\u{1f600}\"}", "\u{e9}\u{1f600}")
    try check(#"{"typ\ud800":1,"t\u0079pe":"x","\u0074\u0079\u0070\u0065s":1}"#, "x")
  }

  @Test func `of several types the last one counts`() throws {
    try check(#"{"type":"a","type":"b"}"#, "b")
    try check(#"{"type":1,"\u0074ype":"b"}"#, "b")
    try check(#"{"type":"\ud800","type":"b"}"#, "b")
    checkRefused(#"{"type":"a","type":null}"#, .invalid("event type is not a string"))
  }

  @Test func `an event is an object with a type`() {
    for json in [#"["type","a"]"#, #"[{"type":"a"}]"#, #""type""#, "1", "null"] {
      checkRefused(json, .invalid("event is not a json object"))
    }
    for json in ["{}", #"{"Type":"a"}"#, #"{"a":{"type":"a"}}"#, #"{"a":"type"}"#] {
      checkRefused(json, .invalid(#"event has no member "type""#))
    }
    for value in ["1", "true", "null", "{}", #"["a"]"#] {
      checkRefused("{\"type\":\(value)}", .invalid("event type is not a string"))
    }
  }

  @Test func `a type has 1 to 255 bytes once decoded`() throws {
    let name = String(repeating: "\u{e9}", count: 127)
    try check("{\"type\":\"\(name)a\"}", name + "a")
    try check(
      "{\"type\":\"\(String(repeating: #"\u0061"#, count: 255))\"}",
      String(repeating: "a", count: 255))
    checkRefused("{\"type\":\"\(name)aa\"}", .invalid("event type is 256 bytes, limit 1 to 255"))
    checkRefused(#"{"type":""}"#, .invalid("event type is 0 bytes, limit 1 to 255"))
    checkRefused(#"{"type":"a\u0000b"}"#, .invalid("event type has a zero byte"))
  }

  @Test func `a lone surrogate is an error in the type only`() throws {
    for text in [
      #"\ud800"#, #"\udc00"#, #"\ud800\ud800"#, #"\udc00\ud800"#, #"\ud800x"#,
      #"\ud800\n"#,
    ] {
      try check("{\"a\":\"\(text)\",\"type\":\"b\"}", "b")
    }
    checkRefused(
      #"{"type":"ab\ud800"}"#, .invalid("json string has a lone surrogate at byte 11"))
    checkRefused(
      #"{"type":"\ud800\ud83d\ude00"}"#, .invalid("json string has a lone surrogate at byte 9"))
  }

  @Test func `an event is nested as deep as the limit and not deeper`() throws {
    let json = Array(#"{"type":"a","b":[[]]}"#.utf8)
    #expect(try Event(json: json, depthMax: 3).type == "a")
    let failure = #expect(throws: Failure.self) { _ = try Event(json: json, depthMax: 2) }
    #expect(failure == .tooLarge("json is nested 3 deep at byte 17, limit 2"))
  }

  @Test func `what follows the object is an error`() {
    checkRefused(
      #"{"type":"a"}x"#, .invalid("json has the unexpected byte 0x78 at byte 12"))
    checkRefused(#"{"type":"a""#, .invalid("json ends at byte 11 before it is complete"))
  }

  @Test func `no truncation and no flipped bit is a trap`() {
    let json = Array(#"{"a":[1,{"type":null}],"\u0074ype":"\ud83d\ude00.x","b":-1.5e3}"#.utf8)
    for end in json.indices {
      #expect(throws: Failure.self) { _ = try Event(json: Array(json[..<end])) }
      for bit in 0..<8 {
        var flipped = json
        flipped[end] ^= 1 << UInt8(bit)
        if let event = try? Event(json: flipped) {
          #expect((1...255).contains(event.type.utf8.count))
        }
      }
    }
  }
}
