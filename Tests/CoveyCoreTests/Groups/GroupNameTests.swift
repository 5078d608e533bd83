import Testing

@testable import CoveyCore

struct GroupNameTests {
  private func request(_ path: String, _ ranges: [Range<Int>]) -> Request {
    var opening = Opening()
    opening.path = Array(path.utf8)
    let request = Request(opening)
    request.setParameters(ranges)
    return request
  }

  private func refusal(_ name: String, _ parameters: [String] = []) -> String? {
    do throws(Failure) {
      _ = try GroupName(name, parameters: parameters)
      return nil
    } catch { return error.kind == .invalid ? error.message : "\(error.kind)" }
  }

  @Test func `parameters in braces are replaced`() throws {
    let name = try GroupName("a{room}b{id}{room}", parameters: ["id", "room"])
    let filled = try name.filled(from: request("12xy", [0..<2, 2..<4]))
    #expect(filled.text == "axyb12xy")
    #expect(try GroupName("room", parameters: []).filled(from: request("", [])).text == "room")
  }

  @Test func `a declared name that can never be one is refused`() {
    #expect(refusal("") == "group name is empty")
    #expect(refusal("a{room") == #"group name "a{room" has an unbalanced brace"#)
    #expect(refusal("a}b{room}", ["room"]) == #"group name "a}b{room}" has an unbalanced brace"#)
    #expect(refusal("{x}", ["room"]) == #"group name "{x}" names a parameter the pattern lacks"#)
    #expect(refusal("{}", ["room"]) == #"group name "{}" names a parameter the pattern lacks"#)
    #expect(refusal(Address.of(ConsumerID(raw: 1), server: 2))?.hasSuffix("address") == true)
  }

  @Test func `a name has 1 to 255 bytes, not characters`() throws {
    let name = String(repeating: "n", count: 255)
    #expect(try GroupName.checked(Name(name)).text == name)
    #expect(refusal(name) == nil)
    #expect(refusal(name + "n") == "group name is 256 bytes, limit 255")
    #expect(refusal(name, ["room"]) == nil)
    #expect(refusal(name + "n", ["room"]) == "group name is 256 bytes, limit 255")
    #expect(refusal(String(repeating: "é", count: 128)) == "group name is 256 bytes, limit 255")
    #expect(throws: Failure.invalid("group name is empty")) { try GroupName.checked(Name("")) }
  }

  @Test func `a filled name has 1 to 255 bytes as well`() throws {
    let name = try GroupName("{room}", parameters: ["room"])
    let path = String(repeating: "n", count: 256)
    #expect(try name.filled(from: request(path, [0..<255])).bytes.count == 255)
    #expect(throws: Failure.invalid("group name is 256 bytes, limit 255")) {
      try name.filled(from: request(path, [0..<256]))
    }
    #expect(throws: Failure.invalid("group name is empty")) {
      try name.filled(from: request(path, [3..<3]))
    }
  }

  @Test func `half a character is no name`() throws {
    let name = try GroupName("{a}", parameters: ["a"])
    #expect(throws: Failure.invalid("group name is not utf-8")) {
      try name.filled(from: request("é", [0..<1]))
    }
  }

  @Test func `the fixed bytes alone may not be past the limit`() {
    #expect(refusal(String(repeating: "n", count: 255) + "{room}", ["room"]) != nil)
  }

  @Test func `names are equal by their bytes`() {
    #expect(Name("\u{e9}") != Name("e\u{301}"))
    #expect(Name("a") == Name(Array("a".utf8)))
    #expect(Set([Name("\u{e9}"), Name("e\u{301}"), Name("\u{e9}")]).count == 2)
  }
}
