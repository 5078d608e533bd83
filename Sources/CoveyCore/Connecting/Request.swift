/// What a client's opening request said, kept for as long as its consumer lives.
///
/// All texts lie in one array, side by side, and everything else points into it: an idle connection
/// costs two allocations here.
package final class Request {
  /// A piece of the text.
  package struct Piece: Sendable {
    let start: UInt32
    let count: UInt32
  }

  private var text: [UInt8]
  private let path: Piece
  private let origin: Piece?
  private let peer: Piece
  private let host: Piece?
  private let certificate: Piece?
  package let scheme: String
  /// Where the URL parameters are in the path, in the order of the pattern.
  private var parameters: [Piece] = []
  private var query: [(name: Piece, value: Piece)] = []
  private var subprotocols: [Piece] = []
  private var headers: [(name: Piece, value: Piece)] = []
  /// The subprotocol that was accepted, as a position in the list.
  var chosenSubprotocol: Int?

  package init(_ opening: Opening) {
    var text: [UInt8] = []
    text.reserveCapacity(
      opening.path.count + (opening.origin?.count ?? 0) + opening.peer.count
        + (opening.host?.count ?? 0) + (opening.certificate?.count ?? 0))
    func keep(_ bytes: [UInt8]) -> Piece {
      let piece = Piece(
        start: UInt32(truncatingIfNeeded: text.count),
        count: UInt32(truncatingIfNeeded: bytes.count))
      text.append(contentsOf: bytes)
      return piece
    }
    path = keep(opening.path)
    origin = opening.origin.map(keep)
    peer = keep(opening.peer)
    host = opening.host.map(keep)
    certificate = opening.certificate.map(keep)
    scheme = opening.scheme
    for (name, value) in opening.query { query.append((keep(name), keep(value))) }
    subprotocols = opening.subprotocols.map(keep)
    self.text = text
  }

  func setParameters(_ ranges: [Range<Int>]) {
    parameters = ranges.map {
      Piece(
        start: UInt32(truncatingIfNeeded: $0.lowerBound),
        count: UInt32(truncatingIfNeeded: $0.count))
    }
  }

  /// Keeps a header past the request; its name in lower case.
  package func keep(header name: [UInt8], value: [UInt8]) {
    func append(_ bytes: [UInt8]) -> Piece {
      defer { text.append(contentsOf: bytes) }
      return Piece(
        start: UInt32(truncatingIfNeeded: text.count),
        count: UInt32(truncatingIfNeeded: bytes.count))
    }
    headers.append((append(name), append(value)))
  }

  /// Forgets the headers that were kept only until connect was decided.
  func forgetHeaders(except kept: [String]) {
    headers.removeAll { name, _ in
      !kept.contains { $0.utf8.elementsEqual(bytes(name)) }
    }
  }
}

extension Request {
  package var pathBytes: ArraySlice<UInt8> { bytes(path) }
  package var peerBytes: ArraySlice<UInt8> { bytes(peer) }
  package var hostBytes: ArraySlice<UInt8>? { host.map(bytes) }
  package var certificateBytes: ArraySlice<UInt8>? { certificate.map(bytes) }
  package var originBytes: ArraySlice<UInt8>? { origin.map(bytes) }
  package var chosenSubprotocolBytes: ArraySlice<UInt8>? {
    chosenSubprotocol.flatMap(subprotocol)
  }

  package func parameter(_ position: Int) -> ArraySlice<UInt8>? {
    parameters.indices.contains(position) ? bytes(parameters[position]) : nil
  }

  package func query(_ name: String, _ index: Int) -> ArraySlice<UInt8>? {
    var remaining = index
    for pair in query where name.utf8.elementsEqual(bytes(pair.name)) {
      if remaining == 0 { return bytes(pair.value) }
      remaining &-= 1
    }
    return nil
  }

  /// The whole query, encoded anew as application/x-www-form-urlencoded; nil when there is none.
  package var queryString: [UInt8]? {
    guard !query.isEmpty else { return nil }
    var text: [UInt8] = []
    for (name, value) in query {
      if !text.isEmpty { text.append(UInt8(ascii: "&")) }
      encodeFormText(bytes(name), into: &text)
      text.append(UInt8(ascii: "="))
      encodeFormText(bytes(value), into: &text)
    }
    return text
  }

  package func subprotocol(_ index: Int) -> ArraySlice<UInt8>? {
    subprotocols.indices.contains(index) ? bytes(subprotocols[index]) : nil
  }

  package func position(ofSubprotocol name: String) -> Int? {
    subprotocols.firstIndex { name.utf8.elementsEqual(bytes($0)) }
  }

  /// A header that was kept; the name in lower case.
  package func header(_ name: String) -> ArraySlice<UInt8>? {
    headers.first { name.utf8.elementsEqual(bytes($0.name)) }.map { bytes($0.value) }
  }

  private func bytes(_ piece: Piece) -> ArraySlice<UInt8> {
    let start = Int(piece.start)
    let end = start &+ Int(piece.count)
    return end <= text.count ? text[start..<end] : []
  }
}

/// Appends bytes as the URL Standard encodes them in forms (section 5.2).
private func encodeFormText(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
  let digits = Array("0123456789ABCDEF".utf8)
  for byte in bytes {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"):
      text.append(byte)
    case UInt8(ascii: " "):
      text.append(UInt8(ascii: "+"))
    default:
      text.append(UInt8(ascii: "%"))
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }
}

/// An opening request as the transport read it, before anything was checked.
package struct Opening {
  package var isGet = true
  /// Decoded, with its leading slash.
  package var path: [UInt8] = []
  package var query: [(name: [UInt8], value: [UInt8])] = []
  package var version: [UInt8]?
  package var key: [UInt8]?
  package var host: [UInt8]?
  package var origin: [UInt8]?
  package var subprotocols: [[UInt8]] = []
  /// Whether the list of subprotocols was too long or not a list.
  package var isSubprotocolListBad = false
  /// Numeric; IPv4 in dotted form; empty on a Unix socket.
  package var peer: [UInt8] = []
  /// The subject of the client's certificate, if one was verified.
  package var certificate: [UInt8]?
  package var scheme = "http"

  package init() {}
}
