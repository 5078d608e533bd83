import CoveyCore
import Testing

struct FailureTests {
  @Test func `a quoted value stays one short line`() {
    #expect(Failure.quote("room") == "\"room\"")
    #expect(Failure.quote("a\r\nb\u{0}\u{85}") == "\"a??b??\"")
    #expect(Failure.quote(String(repeating: "é", count: 80)).unicodeScalars.count == 82)
    #expect(Failure.quote(String(repeating: "é", count: 81)).hasSuffix("é...\""))
  }

  @Test func `failures compare by kind and message`() {
    #expect(Failure.full("x") == Failure(.full, "x"))
    #expect(Failure.full("x") != Failure.busy("x"))
  }
}
