import Testing

@testable import CoveyCore

/// A put is checked against its model before anything else happens.
struct DraftTests {
  private static func model(_ fields: [Field], _ kind: InstanceID.Kind = .integer) throws -> Schema
  {
    try Schema([
      Model("m.Row", kind, fields), Model("m.Other", .integer, []), Model("m.Text", .text, []),
    ])
  }

  private static func schema() throws -> Schema {
    let one = Field.Kind.one(model: "m.Other")
    let many = Field.Kind.many(model: "m.Text", inverse: nil)
    let choices = ["\"open\"", "3", "true"].map { Array($0.utf8) }
    return try model([
      Field("boolean", .boolean, isNullable: true), Field("integer", .integer, isNullable: true),
      Field("number", .number, isNullable: true), Field("string", .string, isNullable: true),
      Field("datetime", .datetime, isNullable: true), Field("date", .date, isNullable: true),
      Field("decimal", .decimal, isNullable: true), Field("json", .json),
      Field("choice", .choice(choices), isNullable: true), Field("one", one, isNullable: true),
      Field("many", many),
    ])
  }

  private func failure(
    _ schema: Schema, _ json: String, isMerge: Bool = false, depthMax: Int = 64
  ) -> Failure? {
    do throws(Failure) {
      _ = try Draft(
        schema, model: 0, Array(json.utf8).span, isMerge: isMerge, depthMax: depthMax)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    ("boolean", "true", true), ("boolean", "false", true), ("boolean", "null", true),
    ("boolean", "1", false), ("boolean", "\"true\"", false),
    ("integer", "0", true), ("integer", "-0", true), ("integer", "9007199254740993", true),
    ("integer", "123456789012345678901234567890", true), ("integer", "1.0", false),
    ("integer", "1e2", false), ("integer", "1E2", false), ("integer", "\"1\"", false),
    ("number", "1.50", true), ("number", "1E400", true), ("number", "-0.0e-0", true),
    ("number", "\"1\"", false), ("number", "[]", false),
    ("string", "\"\"", true), ("string", "\"a\\ud800\"", true), ("string", "\"\\u0000\"", true),
    ("string", "7", false), ("string", "{}", false),
    ("datetime", "\"2026-11-21T09:30:00.25Z\"", true), ("datetime", "\"2026-11-21 09:30\"", true),
    ("datetime", "\"2026-11-21\"", false), ("datetime", "7", false),
    ("date", "\"2026-11-21\"", true), ("date", "\"2026-02-29\"", false), ("date", "null", true),
    ("decimal", "\"-12.50\"", true), ("decimal", "12.50", false), ("decimal", "\"1e2\"", false),
    ("json", "null", true), ("json", "{\"a\":[1,{}]}", true), ("json", "7", true),
    ("choice", "\"open\"", true), ("choice", "\"\\u006fpen\"", true), ("choice", "3", true),
    ("choice", "true", true), ("choice", "3.0", false), ("choice", "\"3\"", false),
    ("choice", "\"closed\"", false),
    ("one", "7", true), ("one", "-9223372036854775808", true), ("one", "null", true),
    ("one", "9223372036854775808", false), ("one", "\"7\"", false), ("one", "1.0", false),
    ("one", "[7]", false),
    ("many", "[]", true), ("many", "[\"a\",\"b\"]", true), ("many", "null", false),
    ("many", "[7]", false), ("many", "[null]", false), ("many", "{}", false),
    ("many", "\"a\"", false), ("many", "[\"\"]", false), ("many", "[\"\\u0000\"]", false),
    ("many", "[\"\\ud800\"]", false),
  ])
  func `a value has the type of its field`(field: String, value: String, isRight: Bool) throws {
    let schema = try Self.schema()
    let many = field == "many" ? "" : "\"many\":[],"
    let failure = failure(schema, "{\"id\":1,\(many)\"\(field)\":\(value)}")
    #expect((failure == nil) == isRight, "\(failure?.message ?? "taken")")
    if let failure {
      #expect(failure.kind == .invalid)
      #expect(failure.message.contains("\"\(field)\""), "\(failure.message)")
    }
  }

  @Test func `messages name the field and the value`() throws {
    let schema = try Self.schema()
    func message(_ json: String) -> String? { failure(schema, json)?.message }
    #expect(
      message("{\"id\":1,\"many\":[],\"integer\":1.5}")
        == "field \"integer\" is 1.5, not an integer")
    #expect(
      message("{\"id\":1,\"many\":[],\"choice\":7}")
        == "field \"choice\" is 7, not one of \"open\", 3, true")
    #expect(
      message("{\"id\":1,\"many\":[],\"one\":\"x\"}")
        == "field \"one\": id \"x\" is not an integer")
    #expect(message("{\"id\":1,\"many\":[7]}") == "field \"many\": id 7 is not a string")
    #expect(message("{\"id\":1}") == "field \"many\" of m.Row is missing")
    #expect(message("{\"many\":[]}") == "instance of m.Row has no id")
    #expect(message("{\"id\":1,\"many\":[],\"size\":1}") == "m.Row has no field \"size\"")
    #expect(message("{\"id\":1,\"id\":1,\"many\":[]}") == "\"id\" is there twice")
    #expect(message("{\"id\":1,\"many\":[],\"many\":[]}") == "field \"many\" is there twice")
    #expect(message("[]") == "instance is not a json object")
    #expect(
      message("{\"id\":1,\"many\":[],\"string\":\"\(String(repeating: "x", count: 99))\"}")
        == nil)
    let long = String(repeating: "9", count: 99)
    #expect(
      message("{\"id\":1,\"many\":[],\"string\":\(long)}")
        == "field \"string\" is \(long.prefix(60))..., not a string")
  }

  @Test(arguments: [
    ("1", true), ("0", true), ("-1", true), ("-0", true), ("9223372036854775807", true),
    ("-9223372036854775808", true), ("9223372036854775808", false),
    ("-9223372036854775809", false), ("1.0", false), ("1e0", false), ("\"1\"", false),
    ("null", false), ("[]", false), ("true", false),
  ])
  func `an integer id is canonical and has 64 bits`(id: String, isRight: Bool) throws {
    let schema = try Self.model([])
    #expect((failure(schema, "{\"id\":\(id)}") == nil) == isRight)
  }

  @Test func `a string id has 1 to 255 bytes, none of them zero`() throws {
    let schema = try Self.model([], .text)
    for (id, isRight) in [
      ("\"a\"", true), ("\"\\u00e9\"", true), ("\"\"", false), ("7", false),
      ("\"a\\u0000\"", false), ("\"\\ud800\"", false),
      ("\"\(String(repeating: "x", count: 255))\"", true),
      ("\"\(String(repeating: "x", count: 256))\"", false),
      ("\"\(String(repeating: "\\u0078", count: 255))\"", true),
    ] {
      #expect((failure(schema, "{\"id\":\(id)}") == nil) == isRight, "\(id)")
    }
  }

  @Test func `an escaped name is the same name`() throws {
    let schema = try Self.model([Field("a", .integer), Field("\"\\é", .integer)])
    #expect(failure(schema, "{\"\\u0069d\":1,\"\\u0061\":1,\"\\\"\\\\\\u00e9\":2}") == nil)
    #expect(
      failure(schema, "{\"id\":1,\"a\":1,\"\\u0061\":1,\"\\\"\\\\\\u00e9\":2}")
        == .invalid("field \"a\" is there twice"))
    #expect(
      failure(schema, "{\"id\":1,\"\\u0062\":1}") == .invalid(#"m.Row has no field "\u0062""#))
    #expect(failure(schema, "{\"id\":1,\"\\ud800\":1}") != nil)
  }

  @Test func `depth is limited`() throws {
    let schema = try Self.model([Field("a", .json)])
    #expect(failure(schema, "{\"id\":1,\"a\":[[]]}", depthMax: 3) == nil)
    #expect(failure(schema, "{\"id\":1,\"a\":[[[]]]}", depthMax: 3)?.kind == .tooLarge)
  }

  @Test func `a merge may leave out anything, and the id of a write comes apart`() throws {
    let schema = try Self.model([Field("a", .integer), Field("b", .integer)])
    #expect(failure(schema, "{\"id\":1}", isMerge: true) == nil)
    #expect(failure(schema, "{}", isMerge: true)?.message == "instance of m.Row has no id")
    #expect(throws: Failure.invalid("the id cannot be written")) {
      try Draft(
        schema, model: 0, Array("{\"id\":1}".utf8).span, isMerge: true, id: .integer(1))
    }
    #expect(throws: Failure.invalid("no model 4")) {
      try Draft(schema, model: 3, Array("{}".utf8).span, isMerge: true)
    }
    #expect(throws: Failure.invalid("no model 0")) {
      try Draft(schema, model: -1, Array("{}".utf8).span, isMerge: true)
    }
  }
}
