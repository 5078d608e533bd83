/// The media types of files that web pages load.
///
/// A table of our own, because the one of libwebsockets lacks wasm, mjs and others. What is text
/// by its type says that it is UTF-8; JSON always is, XML and SVG say it themselves.
package enum MediaType {
  /// What an unknown ending gets.
  package static let unknown = "application/octet-stream"

  /// Finds the media type for a file name or a path by its ending, in whatever case.
  ///
  /// A name that begins with its only dot has no ending.
  package static func of(_ fileName: String) -> String {
    let name = fileName.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .last
    guard let name, let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
      return unknown
    }
    return type(String(Substring(name[name.index(after: dot)...])).lowercased())
  }

  private static func type(_ ending: String) -> String {
    switch ending {
    case "html", "htm": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "txt", "text", "log": "text/plain; charset=utf-8"
    case "md": "text/markdown; charset=utf-8"
    case "csv": "text/csv; charset=utf-8"
    case "vtt": "text/vtt; charset=utf-8"
    case "json", "map": "application/json"
    case "webmanifest": "application/manifest+json"
    case "xml": "application/xml"
    case "wasm": "application/wasm"
    case "pdf": "application/pdf"
    case "zip": "application/zip"
    case "gz": "application/gzip"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "jpg", "jpeg": "image/jpeg"
    case "gif": "image/gif"
    case "webp": "image/webp"
    case "avif": "image/avif"
    case "ico": "image/x-icon"
    case "woff": "font/woff"
    case "woff2": "font/woff2"
    case "ttf": "font/ttf"
    case "otf": "font/otf"
    case "mp3": "audio/mpeg"
    case "wav": "audio/wav"
    case "ogg", "oga", "opus": "audio/ogg"
    case "m4a": "audio/mp4"
    case "mp4": "video/mp4"
    case "webm": "video/webm"
    default: unknown
    }
  }
}
