import CoveyCore
import Testing

struct JSONScannerTests {
  /// Validates; nil when the text is fine, the failure otherwise.
  private func failure(_ json: [UInt8], depthMax: Int = 64) -> Failure? {
    do throws(Failure) {
      try JSONScanner.validate(json.span, depthMax: depthMax)
      return nil
    } catch {
      return error
    }
  }

  private func check(
    _ json: String, _ expected: Failure? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      failure(Array(json.utf8)) == expected, "\(json.prefix(60))",
      sourceLocation: sourceLocation)
  }

  private func checkUnexpected(
    _ json: String, _ code: String, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    check(
      json, .invalid("json has the unexpected byte \(code) at byte \(offset)"),
      sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    "{}", "[]", " [ ] ", "0", "\"\"", "true", "false", "null", "\t\r\n null \n",
    #"{"a":1,"a":[2,{"b":[]}],"":{}}"#, #"[[],{},[{}],"x",null,-1]"#, "[1,2 , 3]",
  ])
  func `a document is any value with whitespace around it`(json: String) {
    check(json)
  }

  @Test func `a number has the form of the grammar and any size`() {
    for number in ["-0", "10", "0.0", "-1.50e+10", "1E400", "1e-0", "0e1"] {
      check(number)
      check("[\(number)]")
    }
    check("-" + String(repeating: "9", count: 10_000) + "e" + String(repeating: "9", count: 999))
    checkUnexpected("01", "0x31", at: 1)
    checkUnexpected("+1", "0x2B", at: 0)
    checkUnexpected(".5", "0x2E", at: 0)
    checkUnexpected("1.e", "0x65", at: 2)
    checkUnexpected("[1.]", "0x5D", at: 3)
    checkUnexpected("1.5.", "0x2E", at: 3)
    checkUnexpected("[-]", "0x5D", at: 2)
    checkUnexpected("-Infinity", "0x49", at: 1)
    checkUnexpected("NaN", "0x4E", at: 0)
    checkUnexpected("0x1", "0x78", at: 1)
  }

  @Test func `punctuation stands where the grammar has it`() {
    checkUnexpected("[1,]", "0x5D", at: 3)
    checkUnexpected("[,1]", "0x2C", at: 1)
    checkUnexpected("[1 2]", "0x32", at: 3)
    checkUnexpected("{\"a\":1,}", "0x7D", at: 7)
    checkUnexpected("{\"a\"}", "0x7D", at: 4)
    checkUnexpected("{\"a\" 1}", "0x31", at: 5)
    checkUnexpected("{1:2}", "0x31", at: 1)
    checkUnexpected("{\"a\":1 \"b\":2}", "0x22", at: 7)
    checkUnexpected("[}", "0x7D", at: 1)
    checkUnexpected("{]", "0x5D", at: 1)
    checkUnexpected("[1}", "0x7D", at: 2)
    checkUnexpected("{\"a\":1]", "0x5D", at: 6)
    checkUnexpected("[1:2]", "0x3A", at: 2)
    checkUnexpected("]", "0x5D", at: 0)
    checkUnexpected("{} {}", "0x7B", at: 3)
    checkUnexpected("1,2", "0x2C", at: 1)
    checkUnexpected("[] // x", "0x2F", at: 3)
  }

  @Test func `words are lower case and whole`() {
    checkUnexpected("True", "0x54", at: 0)
    checkUnexpected("trux", "0x78", at: 3)
    checkUnexpected("nulll", "0x6C", at: 4)
    checkUnexpected("\u{feff}null", "0xEF", at: 0)
    checkUnexpected("\u{0}", "0x00", at: 0)
    checkUnexpected("\u{b}1", "0x0B", at: 0)
    checkUnexpected("\u{a0}1", "0xC2", at: 0)
  }

  @Test func `a string has no control characters and known escapes`() {
    check("\"\u{7f}\u{80}\u{2028}\u{ffff}\u{10ffff}\"")
    check(#""\"\\\/\b\f\n\r\t\u0000\uFfFf""#)
    for code in UInt8(0)..<0x20 {
      let digits = String(code, radix: 16, uppercase: true)
      let text = "\"\(Unicode.Scalar(code))\""
      checkUnexpected(text, code < 16 ? "0x0\(digits)" : "0x\(digits)", at: 1)
    }
    checkUnexpected(#""\x""#, "0x78", at: 2)
    checkUnexpected(#""\U0000""#, "0x55", at: 2)
    checkUnexpected(#""\u12g4""#, "0x67", at: 5)
    checkUnexpected(#""\u123""#, "0x22", at: 6)
    checkUnexpected("'a'", "0x27", at: 0)
  }

  @Test func `lone surrogates in escapes belong to the grammar`() {
    for text in [#"\ud800"#, #"\udfff"#, #"\udc00\ud800"#, #"\ud800\ud800"#] {
      check("\"\(text)\"")
    }
  }

  @Test func `every sequence of up to four bytes in a string is judged as Swift judges it`() {
    let leads: [UInt8] = [
      0x41, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF,
      0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    let seconds: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    let others: [UInt8] = [0x41, 0x80, 0xBF, 0xC0]
    for lead in leads {
      for second in seconds {
        for third in others {
          for fourth in others {
            let bytes = [lead, second, third, fourth]
            for count in 1...4 {
              let text = bytes.prefix(count)
              let isValid = String(validating: text, as: UTF8.self) != nil
              #expect((failure([0x22] + text + [0x22]) == nil) == isValid, "\(text)")
            }
          }
        }
      }
    }
  }

  @Test func `bytes that are not UTF-8 are named by their place`() {
    #expect(
      failure([0x22, 0x61, 0xC3, 0x22])
        == .invalid("json has the unexpected byte 0x22 at byte 3"))
    #expect(
      failure([0x22, 0xED, 0xA0, 0x80, 0x22])
        == .invalid("json has the unexpected byte 0xA0 at byte 2"))
    #expect(failure([0x22, 0xFF]) == .invalid("json has the unexpected byte 0xFF at byte 1"))
    #expect(failure([0x22, 0xE2]) == .invalid("json ends at byte 2 before it is complete"))
  }

  @Test func `nesting goes as deep as the limit and not deeper`() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
      let levels = open.utf8.count == 6 ? 32 : 64
      let front = String(repeating: open, count: levels)
      let back = String(repeating: close, count: levels)
      check(front + "1" + back)
      check(
        front + "[1]" + back,
        .tooLarge("json is nested 65 deep at byte \(front.utf8.count), limit 64"))
    }
    check(
      String(repeating: "[", count: 100_000),
      .tooLarge("json is nested 65 deep at byte 64, limit 64"))
  }

  @Test func `a lower limit can be asked for, a higher one cannot`() {
    #expect(failure(Array("[[1]]".utf8), depthMax: 2) == nil)
    #expect(failure(Array("[[1]]".utf8), depthMax: 1)?.kind == .tooLarge)
    #expect(failure(Array("1".utf8), depthMax: 0) == nil)
    #expect(failure(Array("[]".utf8), depthMax: -1)?.kind == .tooLarge)
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 65)
    #expect(failure(deep, depthMax: .max)?.kind == .tooLarge)
  }

  @Test func `no truncation and no flipped bit is a trap`() {
    for text in [
      #"{"a":[1,-2.5e+3,{"b":null}],"\u00e9\ud83d\ude00":"x\n","c":[true,false,[],{}]}"#,
      "[\"\u{e9}\u{20ac}\u{1f600}\",\"\\\\\"]", #" {"type":"chat.message"} "#,
    ] {
      let json = Array(text.utf8)
      check(text)
      for end in json.indices {
        if end < text.utf8.count - 1 { #expect(failure(Array(json[..<end])) != nil) }
        for bit in 0..<8 {
          var flipped = json
          flipped[end] ^= 1 << UInt8(bit)
          _ = failure(flipped)
        }
      }
    }
  }

  @Test func `the members of the outermost object are handed out in order`() throws {
    let json = Array(#" {"a":[{"x":1}], "b\n" : {"y":[]} ,"c":"s","d":-1,"e":null,"f":true}"#.utf8)
    var seen: [String] = []
    let kind = try JSONScanner.scan(json.span) { member in
      let name = String(decoding: json[member.name], as: UTF8.self)
      let value = String(decoding: json[member.value], as: UTF8.self)
      seen.append("\(name) \(member.kind) \(value)")
    }
    #expect(kind == .object)
    #expect(
      seen == [
        #"a array [{"x":1}]"#, #"b\n object {"y":[]}"#, #"c string "s""#, "d number -1",
        "e null null", "f boolean true",
      ])
    let array = Array(#"[{"a":1}]"#.utf8)
    seen = []
    let other = try JSONScanner.scan(array.span) { member in
      seen.append(String(decoding: array[member.value], as: UTF8.self))
      #expect(member.name.isEmpty)
    }
    #expect(other == .array)
    #expect(seen == [#"{"a":1}"#])
  }

  @Test func `a name is compared however it is escaped`() {
    func isEqual(_ contents: String, _ expected: String) -> Bool {
      // As a range past the end, which is cut.
      let bytes = Array(contents.utf8)
      return JSONScanner.isEqual(0..<bytes.count + 9, in: bytes.span, to: expected)
    }
    #expect(isEqual("type", "type"))
    #expect(isEqual(#"\u0074\u0079\u0070\u0065"#, "type"))
    #expect(isEqual(#"\ud83d\ude00"#, "\u{1f600}"))
    #expect(isEqual("", ""))
    #expect(!isEqual("types", "type"))
    #expect(!isEqual("typ", "type"))
    #expect(!isEqual(#"typ\u0065s"#, "type"))
    #expect(!isEqual(#"typ\ud800"#, "type"))
  }

  @Test func `a range outside the text and escapes that were not scanned are no trap`() {
    for text in ["\\", "\\u", "\\u12", "\\u12g4", "\\ud83d\\", "\\ud83d\\u"] {
      let bytes = Array(text.utf8)
      #expect(throws: Failure.self) { _ = try JSONScanner.text(of: -5..<99, in: bytes.span) }
    }
  }
}
