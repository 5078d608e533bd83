import CoveyCore
import Testing

struct MediaTypeTests {
  @Test(arguments: [
    ("index.html", "text/html; charset=utf-8"), ("INDEX.HTM", "text/html; charset=utf-8"),
    ("app.min.js", "text/javascript; charset=utf-8"), ("a.mjs", "text/javascript; charset=utf-8"),
    ("a.css", "text/css; charset=utf-8"), ("a.json", "application/json"),
    ("a.js.map", "application/json"), ("site.webmanifest", "application/manifest+json"),
    ("a.wasm", "application/wasm"), ("a.svg", "image/svg+xml"), ("a.JPEG", "image/jpeg"),
    ("dir.html/a.webp", "image/webp"), ("a.woff2", "font/woff2"), ("a.webm", "video/webm"),
  ])
  func `the ending decides`(name: String, type: String) {
    #expect(MediaType.of(name) == type)
  }

  @Test(arguments: [
    "", ".", "..", "a", "a.", ".html", "dir/.html", "dir.html/", "dir.html/a", "a.unknown",
    "a.\u{e9}", "html", "a.html ", "a.html\u{301}",
  ])
  func `anything else is bytes`(name: String) {
    #expect(MediaType.of(name) == "application/octet-stream")
  }
}
