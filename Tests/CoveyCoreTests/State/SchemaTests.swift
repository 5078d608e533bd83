import Testing

@testable import CoveyCore

/// Declarations that cannot be are refused, with the name of what is wrong.
struct SchemaTests {
  private func message(_ body: () throws -> Void) -> String? {
    do { try body() } catch let failure as Failure { return failure.message } catch {
      return "\(error)"
    }
    return nil
  }

  @Test func `a field has a name that can be its own`() throws {
    func field(_ name: String) -> String? { message { _ = try Field(name, .string) } }
    let long = String(repeating: "n", count: 255)
    #expect(field("a") == nil && field(long) == nil && field("é\"") == nil)
    #expect(field("") == "field name is 0 bytes, limit 1 to 255")
    #expect(field(long + "n") == "field name is 256 bytes, limit 1 to 255")
    #expect(field("id") == nil)  // a parameter's
    #expect(
      message { _ = try Model("m", .integer, [Field("id", .integer)]) }
        == "field \"id\" is there without being declared")
    #expect(field("_a") == "field \"_a\" begins with an underscore, as what the wire adds")
  }

  @Test func `choices are literals`() throws {
    func choice(_ literals: String...) -> String? {
      message { _ = try Field("c", .choice(literals.map { Array($0.utf8) })) }
    }
    #expect(choice("\"a\"", "3", "true") == nil)
    #expect(choice() == "field \"c\" has no choices")
    for literal in ["null", "[]", "{}"] {
      #expect(choice(literal) == "choice \"\(literal)\" of \"c\" is no literal")
    }
    #expect(choice("open") != nil && choice("") != nil)
  }

  @Test func `a list is not nullable, and an owner is an integer or a string`() throws {
    #expect(
      message { _ = try Field("l", .many(model: "m", inverse: nil), isNullable: true) }
        == "field \"l\" is a list and cannot be null")
    let fields = try [Field("a", .string), Field("b", .integer), Field("c", .boolean)]
    func owner(_ name: String) -> String? {
      message { _ = try Model("m", .integer, fields, owner: name) }
    }
    #expect(owner("a") == nil && owner("b") == nil)
    #expect(owner("c") == "owner field \"c\" is no integer and no string")
    #expect(owner("d") == "model \"m\" has no field \"d\"")
  }

  @Test func `a model has 128 fields at most, none of them twice`() throws {
    let fields = try (0..<129).map { try Field("f\($0)", .string, isNullable: true) }
    #expect(message { _ = try Model("m", .integer, Array(fields[..<128])) } == nil)
    #expect(
      message { _ = try Model("m", .integer, fields) }
        == "model \"m\" has 129 fields, limit 128")
    #expect(
      message { _ = try Model("m", .integer, [fields[0], fields[0]]) }
        == "model \"m\" has two fields \"f0\"")
    #expect(
      message { _ = try Model("_m", .integer, []) } == "model \"_m\" begins with an underscore")
    // The last one works as the first.
    let schema = try Schema([try Model("m", .integer, Array(fields[..<128]))])
    let store = Store(schema, limits: Limits())
    let json = #"{"id":1,"f127":"x"}"#
    _ = try store.commit(try Draft(schema, model: 0, Array(json.utf8).span, isMerge: false))
    let row = String(decoding: store.json(0, .integer(1)) ?? [], as: UTF8.self)
    #expect(row.hasPrefix(#"{"id":1,"f0":null,"#) && row.hasSuffix(#""f126":null,"f127":"x"}"#))
  }

  @Test func `relations lead to models that are there, and inverse fields fit`() throws {
    func schema(_ child: Field.Kind, inverse: String, kind: InstanceID.Kind = .integer) -> String? {
      message {
        _ = try Schema([
          Model("p", kind, [Field("kids", .many(model: "c", inverse: inverse))]),
          Model("c", .integer, [Field("up", child, isNullable: true)]),
        ])
      }
    }
    #expect(schema(.integer, inverse: "up") == nil)
    #expect(schema(.one(model: "p"), inverse: "up") == nil)
    #expect(schema(.string, inverse: "up", kind: .text) == nil)
    #expect(schema(.integer, inverse: "down") == "inverse field \"down\" of p.kids is not there")
    let unfit = "inverse field \"up\" of p.kids cannot hold ids of p"
    #expect(schema(.string, inverse: "up") == unfit)
    #expect(schema(.integer, inverse: "up", kind: .text) == unfit)
    #expect(schema(.one(model: "c"), inverse: "up") == unfit)
    #expect(
      message { _ = try Schema([Model("p", .integer, [Field("x", .one(model: "q"))])]) }
        == "field p.x refers to model \"q\", which is not there")
  }
}
