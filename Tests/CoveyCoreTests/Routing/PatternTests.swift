import CoveyCore
import Testing

struct PatternTests {
  /// Matches and compares the text of the captures; nil stands for no match.
  private func check(
    _ pattern: String, _ path: String, _ expected: [String]?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = Array(path.utf8)
    let captures = try Pattern(pattern).match(bytes)?
      .map { String(decoding: bytes[$0], as: UTF8.self) }
    #expect(captures == expected, "\(pattern) on \(path)", sourceLocation: sourceLocation)
  }

  private func checkRefused(
    _ pattern: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) {
      _ = try Pattern(pattern)
    }
    #expect(failure == .invalid(message), sourceLocation: sourceLocation)
  }

  @Test func `a literal matches itself and nothing else`() throws {
    try check("ws/chat/", "ws/chat/", [])
    try check("ws/chat/", "ws/chat", nil)
    try check("ws/chat/", "ws/chat/x", nil)
    try check("ws/chat/", "WS/chat/", nil)
    try check("caf\u{e9}/", "caf\u{e9}/", [])
    try check("", "", [])
    try check("", "x", nil)
  }

  @Test func `a leading slash does not matter`() throws {
    try check("/ws/<x>", "ws/a", ["a"])
    try check("ws/<x>", "/ws/a", ["a"])
    try check("/ws/<x>", "/ws/a", ["a"])
    try check("", "/", [])
    try check("ws/", "//ws/", nil)
    try check("//ws/", "//ws/", [])
    try check("<str:x>", "/a", ["a"])
    try check("<path:x>", "//a", ["/a"])
  }

  @Test(arguments: [
    ("str", ["a", "a b", "\u{e9}", "\n"], ["", "a/b"]),
    ("int", ["0", "007", String(repeating: "9", count: 2000)], ["", "-1", "1.0", "\u{663}"]),
    ("slug", ["a-Z_0"], ["", "a b", "a.b", "\u{e9}"]),
    (
      "uuid", ["075194d3-6885-417e-a8a8-6c931e272f00"],
      [
        "", "075194D3-6885-417E-A8A8-6C931E272F00", "075194d36885417ea8a86c931e272f00",
        "075194d3-6885-417e-a8a8-6c931e272f0", "075194d3-6885-417e-a8a8-6c931e272f000",
      ]
    ),
    ("path", ["a", "a/b", "//", "a/"], ["", "a\nb", "\n"]),
  ])
  func `each converter takes what Django's takes`(
    converter: String, good: [String], bad: [String]
  ) throws {
    for value in good { try check("x/<\(converter):v>", "x/\(value)", [value]) }
    for value in bad { try check("x/<\(converter):v>", "x/\(value)", nil) }
  }

  @Test func `no converter means str`() throws {
    try check("<room>/x", "a/x", ["a"])
    try check("<room>", "a/x", nil)
  }

  /// The expected values are those of Python's re.fullmatch.
  @Test func `a parameter takes as much as lets the rest match`() throws {
    try check("<str:a>-<str:b>", "x-y-z", ["x-y", "z"])
    try check("<str:a>-<str:b>", "x-y-", ["x", "y-"])
    try check("<str:a>-<str:b>", "-x", nil)
    try check("<slug:a>-<int:b>", "a-1-2", ["a-1", "2"])
    try check("<slug:a>-<int:b>x", "a-1-2", nil)
    try check("<path:a>/edit/<path:b>", "p/edit/q/edit/r", ["p/edit/q", "r"])
    try check("<path:a>/edit/", "p/edit/edit/", ["p/edit"])
    try check("<int:a>0", "1000", ["100"])
    try check(
      "<int:a><uuid:b>", "1075194d3-6885-417e-a8a8-6c931e272f00",
      ["1", "075194d3-6885-417e-a8a8-6c931e272f00"])
  }

  @Test func `of two adjacent parameters the first takes all but one character`() throws {
    try check("<a><b>", "xyz", ["xy", "z"])
    try check("<a><b>", "x", nil)
    try check("<a><b>", "x\u{e9}", ["x", "\u{e9}"])
    try check("<a><b>", "\u{e9}", nil)
    try check("<int:a><b>", "12ab", ["12", "ab"])
    try check("<int:a><slug:b>", "12", ["1", "2"])
  }

  @Test func `ranges count from the start of the path, slash included`() throws {
    let ranges = try Pattern("ws/<str:a>/<int:b>").match(Array("/ws/room/42".utf8))
    #expect(ranges == [4..<8, 9..<11])
  }

  @Test func `names come in the order of the captures`() throws {
    #expect(try Pattern("<str:b>/<_a1>/<int:c>").parameterNames == ["b", "_a1", "c"])
    #expect(try Pattern("/x").text == "/x")
  }

  @Test func `bytes that are not UTF-8 match without a trap`() throws {
    let path: [UInt8] = [0x80, 0xFF, 0xC3, 0x2D, 0xA9, 0xBF]
    #expect(try Pattern("<a>").match(path) == [0..<6])
    #expect(try Pattern("<a>-<b>").match(path) == [0..<3, 4..<6])
    #expect(try Pattern("<a><b>").match([0xA9, 0xA9]) == nil)
  }

  @Test func `a malformed pattern is refused by name`() {
    for name in ["bool", ""] {
      checkRefused(
        "ws/<\(name):x>",
        "pattern \"ws/<\(name):x>\" has the unknown converter \"\(name)\", "
          + "known are str, int, slug, uuid and path")
    }
    for name in ["", "1x", "a-b", "\u{e9}", "a:b"] {
      checkRefused(
        "<str:\(name)>",
        "pattern \"<str:\(name)>\" has the parameter name \"\(name)\", "
          + "which is not an identifier of ASCII letters, digits and _")
    }
    checkRefused("<a>/<int:a>", #"pattern "<a>/<int:a>" has the parameter name "a" twice"#)
    checkRefused("ws/<a", #"pattern "ws/<a" has a < without a > at byte 3"#)
    checkRefused("<a<b>", #"pattern "<a<b>" has a < without a > at byte 0"#)
    checkRefused("a>", #"pattern "a>" has a > without a < at byte 1"#)
    checkRefused("<str: a>", #"pattern "<str: a>" has whitespace inside <> at byte 0"#)
    checkRefused("<str:a\u{a0}>", "pattern \"<str:a\u{a0}>\" has whitespace inside <> at byte 0")
    checkRefused("a\nb", #"pattern "a?b" has a control character at byte 1"#)
  }

  @Test func `a pattern has at most 1024 bytes`() throws {
    let text = String(repeating: "a", count: 1024)
    #expect(try Pattern(text).match(Array(text.utf8)) == [])
    checkRefused(text + "a", "pattern is 1025 bytes, limit 1024")
  }

  @Test func `every truncation of a pattern is accepted or refused`() {
    let text = "/ws/<str:a>-<uuid:b>/<path:c>\u{e9}"
    for end in text.indices { _ = try? Pattern(String(text[..<end])) }
  }

  @Test(.timeLimit(.minutes(1)))
  func `a path that nearly matches does not cost more than segments times bytes`() throws {
    let path = [UInt8](repeating: UInt8(ascii: "a"), count: 2047) + [UInt8(ascii: "/")]
    let names = (0..<140).map { "<x\($0)>" }
    #expect(try Pattern(names.joined()).match(path) == nil)
    #expect(try Pattern(names.joined(separator: "a")).match(path) == nil)
    #expect(try Pattern(names.joined() + "/").match(path)?.count == 140)
  }
}
