import CoveyCore
import Testing

struct RouterTests {
  /// Adds the patterns in both orders; the path must lead to the expected one each time.
  private func check(
    _ patterns: [String], _ path: String, _ expected: String?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for order in [patterns, patterns.reversed()] {
      var router = Router<String>()
      for pattern in order { try router.add(Pattern(pattern), pattern) }
      #expect(router.count == patterns.count, sourceLocation: sourceLocation)
      let found = router.match(Array(path.utf8))?.target
      #expect(found == expected, "\(path)", sourceLocation: sourceLocation)
    }
  }

  private let rooms = [
    "ws/<path:rest>", "ws/chat/<str:room>/", "ws/chat/<slug:room>/", "ws/chat/<uuid:room>/",
    "ws/chat/<int:room>/", "ws/chat/lobby/", "ws/<str:kind>/lobby/",
  ]

  @Test func `the most specific pattern wins whatever the order of adding`() throws {
    try check(rooms, "/ws/chat/lobby/", "ws/chat/lobby/")
    try check(rooms, "/ws/chat/42/", "ws/chat/<int:room>/")
    try check(
      rooms, "/ws/chat/075194d3-6885-417e-a8a8-6c931e272f00/", "ws/chat/<uuid:room>/")
    try check(rooms, "/ws/chat/a-b/", "ws/chat/<slug:room>/")
    try check(rooms, "/ws/chat/a b/", "ws/chat/<str:room>/")
    try check(rooms, "/ws/game/lobby/", "ws/<str:kind>/lobby/")
    try check(rooms, "/ws/a/b/c", "ws/<path:rest>")
    try check(rooms, "/elsewhere", nil)
  }

  @Test func `a longer literal prefix comes first`() throws {
    try check(["a<str:x>", "ab<str:x>"], "abc", "ab<str:x>")
    try check(["<str:x>c", "a<str:x>"], "abc", "a<str:x>")
    try check(["<int:x>/<path:y>", "<str:x>/<int:y>"], "1/2", "<int:x>/<path:y>")
  }

  @Test func `what the first difference decides is not reconsidered`() throws {
    try check(["ws/<int:x>/<str:y>", "ws/<str:x>/b"], "ws/1/b", "ws/<int:x>/<str:y>")
  }

  @Test func `a match names the pattern and gives its parameters`() throws {
    var router = Router<Int>()
    try router.add(Pattern("ws/<str:room>/<int:seat>"), 7)
    let match = try #require(router.match(Array("/ws/blue/3".utf8)))
    #expect(match.target == 7)
    #expect(match.pattern.parameterNames == ["room", "seat"])
    #expect(match.parameters == [4..<8, 9..<10])
  }

  @Test(arguments: [
    ("ws/<str:a>/", "ws/<str:b>/"), ("ws/<a>", "/ws/<str:a>"), ("x", "/x"), ("", "/"),
  ])
  func `a pattern that matches the same exists already`(first: String, second: String) throws {
    var router = Router<Int>()
    try router.add(Pattern(first), 1)
    let failure = #expect(throws: Failure.self) { try router.add(Pattern(second), 2) }
    #expect(
      failure
        == .exists("pattern \"\(second)\" matches the same as \"\(first)\", which is registered"))
    #expect(router.count == 1)
  }

  @Test func `an empty router matches nothing`() {
    #expect(Router<Int>().match([]) == nil)
  }

  @Test func `specificity is a total order`() throws {
    let ordered = try [
      "", "ws/", "ws/chat/lobby/", "ws/chat/<int:a>", "ws/chat/<uuid:a>", "ws/chat/<slug:a>",
      "ws/chat/<a>", "ws/chat/<a>/x", "ws/chat/<path:a>", "ws/<a>", "<path:a>",
    ].map { try Pattern($0).specificity }
    for (index, one) in ordered.enumerated() {
      for (place, other) in ordered.enumerated() {
        #expect((one < other) == (index < place))
        #expect((one == other) == (index == place))
      }
    }
  }
}
