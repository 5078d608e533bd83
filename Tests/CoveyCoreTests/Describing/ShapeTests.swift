import Testing

@testable import CoveyCore

/// Shapes say what is inside of JSON, and values are checked against them.
struct ShapeTests {
  private func mismatch(_ shape: String, _ value: String) throws -> String? {
    let shape = try Shape(shape)
    let bytes = Array(value.utf8)
    let kind = try JSONScanner.scan(bytes.span) { _ in }
    return shape.mismatch(bytes.span, 0..<bytes.count, kind)
  }

  @Test(arguments: [
    (#""json""#, "[{}]", true), (#""null""#, "null", true), (#""null""#, "0", false),
    (#""boolean""#, "true", true), (#""boolean""#, "1", false),
    (#""integer""#, "7", true), (#""integer""#, "7.0", false), (#""number""#, "7.5", true),
    (#""string""#, #""a""#, true), (#""string""#, "7", false),
    (#""datetime""#, #""2026-11-21T09:30:00Z""#, true), (#""datetime""#, #""today""#, false),
    (#""date""#, #""2026-11-21""#, true), (#""date""#, "20261121", false),
    (#""decimal""#, #""-1.50""#, true), (#""decimal""#, "1.5", false),
    (#"["integer"]"#, "[]", true), (#"["integer"]"#, "[1, 2]", true),
    (#"["integer"]"#, #"[1,"2"]"#, false), (#"["integer"]"#, "{}", false),
    (#"[["string"]]"#, #"[["a"],[]]"#, true), (#"[["string"]]"#, #"["a"]"#, false),
    (#"{"*":"number"}"#, #"{"a":1,"b":2.5}"#, true), (#"{"*":"number"}"#, #"{"a":"b"}"#, false),
    (#"{"x":"number","y?":"string"}"#, #"{"x":1}"#, true),
    (#"{"x":"number","y?":"string"}"#, #"{"y":"a","x":1}"#, true),
    (#"{"x":"number","y?":"string"}"#, #"{"y":"a"}"#, false),
    (#"{"x":"number"}"#, #"{"x":1,"z":2}"#, false), (#"{"x":"number"}"#, #"{"x":1,"x":2}"#, false),
    (#"{"x":"number"}"#, #"{"\u0078":1}"#, true), (#"{}"#, "{}", true), (#"{}"#, "[]", false),
    (#"{"|":["string","null"]}"#, "null", true), (#"{"|":["string","null"]}"#, "1", false),
    (#"{"=":["open",3,null]}"#, #""open""#, true), (#"{"=":["open",3,null]}"#, "null", true),
    (#"{"=":["open",3]}"#, #""3""#, false), (#"  ["integer"] "#, "[1]", true),
  ])
  func `a value has its shape or not`(shape: String, value: String, isRight: Bool) throws {
    #expect((try mismatch(shape, value) == nil) == isRight)
  }

  @Test(arguments: [
    (
      #"{"a":[{"x":"integer"}]}"#, #"{"a":[{"x":1},{"x":"3"}]}"#, #".a[1].x is "3", not an integer"#
    ),
    (#"{"*":"string"}"#, #"{"k":1}"#, ".k is 1, not a string"),
    (#"{"x":"json"}"#, "{}", " lacks \"x\""), (#"["json"]"#, "{}", " is {}, not a list"),
    (#"{"x":"json"}"#, #"{"x":1,"z":1}"#, " has \"z\", which is not in its shape"),
    (#"{"x":"json"}"#, #"{"x":1,"x":1}"#, " has \"x\" twice"),
    (#"{"|":["string","null",["integer"]]}"#, "1", " is 1, not a string or null or a list"),
    (#"{"=":["a",3]}"#, "4", #" is 4, not one of "a", 3"#),
  ])
  func `what is wrong is named with the way to it`(
    shape: String, value: String, expected: String
  ) throws {
    let found = try mismatch(shape, value)
    #expect(found == expected, "\(found ?? "right")")
  }

  @Test(arguments: [
    ("", "before it is complete"), ("7", "no shape"), ("null", "no shape"),
    (#""text""#, "called \"text\""),
    ("[]", "not 0"), (#"["string","string"]"#, "not 2"), (#"{"|":[]}"#, "not an empty one"),
    (#"{"|":"string"}"#, "needs a list"), (#"{"=":[{}]}"#, "no literal"),
    (#"{"*":"string","a":"string"}"#, "not alone"), (#"{"a":"string","a?":"string"}"#, "twice"),
    (#"{"a":["text"]}"#, "called \"text\""),
  ])
  func `what is no shape is refused by name`(shape: String, message: String) throws {
    do throws(Failure) {
      _ = try Shape(shape)
      Issue.record("taken: \(shape)")
    } catch {
      #expect(error.kind == .invalid || error.kind == .tooLarge)
      #expect(error.message.contains(message), "\(error.message)")
    }
  }

  @Test func `a shape as deep as JSON may be is read, and none deeper`() throws {
    let deep = { (count: Int) in
      String(repeating: "[", count: count) + #""json""# + String(repeating: "]", count: count)
    }
    let value = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try mismatch(deep(64), value) == nil)
    #expect(throws: Failure.self) { try Shape(deep(65)) }
  }
}
