import Testing

@testable import CoveyCore

/// Names of one language in the manner of another.
struct CamelCaseTests {
  @Test(arguments: [
    ("create_project", "createProject"), ("add", "add"), ("moveTask", "moveTask"),
    ("Move", "move"), ("HTTPStatus", "hTTPStatus"), ("board.move-all", "boardMoveAll"),
    ("2nd", "_2nd"), ("x2_y", "x2Y"), ("räume", "rUme"),
  ])
  func `a name becomes one in camel case`(name: String, expected: String) {
    #expect(CamelCase.lowerCamel(name) == expected)
  }

  @Test func `what has no letter has no name`() { #expect(CamelCase.lowerCamel("ä.-") == nil) }
}
