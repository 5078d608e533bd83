/// A response in one piece: a status, a few headers, and a line of text or more.
struct HTTPResponse {
  let status: Int
  var headers: [(name: String, value: String)] = []
  var text: String?
  var mediaType = "text/plain; charset=utf-8"
  /// In place of the line of text.
  var content: [UInt8]?
  /// Whether the connection cannot be used for another request.
  var endsConnection = false

  /// The response as it goes to the wire (RFC 9112).
  func bytes(hasBody: Bool) -> [UInt8] {
    let reason = Self.reason(status)
    let body = status == 304 ? [] : content ?? Array(((text ?? reason) + "\n").utf8)
    var head = "HTTP/1.1 \(status) \(reason)\r\n"
    for header in headers { head += "\(header.name): \(header.value)\r\n" }
    if status != 304 {
      head += "Content-Type: \(mediaType)\r\nContent-Length: \(body.count)\r\n"
    }
    if endsConnection { head += "Connection: close\r\n" }
    head += "\r\n"
    return Array(head.utf8) + (hasBody ? body : [])
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 301: "Moved Permanently"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 410: "Gone"
    case 413: "Content Too Large"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    default: status < 500 ? "Refused" : "Failed"
    }
  }
}
