import CoveyCore
import Testing

struct CookiesTests {
  private func check(
    _ header: String, _ name: String, _ expected: String?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let value = Cookies.value(of: name, in: Array(header.utf8))
    #expect(
      value.map { String(decoding: $0, as: UTF8.self) } == expected, "\(header)",
      sourceLocation: sourceLocation)
  }

  @Test func `a cookie is found by its whole name`() {
    check("a=1; b=2", "a", "1")
    check("a=1; b=2", "b", "2")
    check("a=1;b=2", "b", "2")
    check("aa=1; b=2", "a", nil)
    check("A=1", "a", nil)
    check("sessionid=abc.DEF-1=; csrftoken=x", "sessionid", "abc.DEF-1=")
  }

  @Test func `the first of several wins`() {
    check("a=1; a=2", "a", "1")
  }

  @Test func `blanks and one pair of quotes are left out`() {
    check(" \ta = 1 \t; b=2", "a", "1")
    check("a=\"1 2\"", "a", "1 2")
    check("a=\"\"1\"\"", "a", "\"1\"")
    check("a=\"", "a", "\"")
    check("a=\"1", "a", "\"1")
    check("a=\"\"", "a", "")
    check("a=\"1;2\"", "a", "\"1")
  }

  @Test func `odd headers give nothing or something, never a trap`() {
    for header in ["", ";", ";;;", "=", "a", "a;b", "; =;", " ", "=a"] { check(header, "a", nil) }
    check("a=", "a", "")
    check("a; a=1", "a", "1")
    check("a==", "a", "=")
    check("=1", "", "1")
    #expect(Cookies.value(of: "a", in: [0x61, 0x3D, 0xFF, 0x00]) == [0xFF, 0x00])
  }
}
