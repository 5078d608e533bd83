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
  /// At the beginning of the text: path, peer, origin and host end here. A request's head has less
  /// than 64 KiB.
  private let pathEnd: UInt16
  private let peerEnd: UInt16
  private let originEnd: UInt16
  private let hostEnd: UInt16
  private let hasOrigin: Bool
  private let hasHost: Bool
  private let isSecure: Bool
  /// The subprotocol that was accepted, as a position in the list; less than 0: none.
  private var chosen: Int8 = -1
  /// The subject of the client's certificate.
  package let certificate: [UInt8]?
  /// Where the URL parameters are in the path, in the order of the pattern.
  private var parameters: [Piece] = []
  private var query: [(name: Piece, value: Piece)] = []
  private var subprotocols: [Piece] = []
  private var headers: [(name: Piece, value: Piece)] = []

  package init(_ opening: Opening) {
    var text: [UInt8] = []
    text.reserveCapacity(
      opening.path.count + (opening.origin?.count ?? 0) + opening.peer.count
        + (opening.host?.count ?? 0))
    func append(_ bytes: [UInt8]) -> UInt16 {
      text.append(contentsOf: bytes)
      return UInt16(clamping: text.count)
    }
    func keep(_ bytes: [UInt8]) -> Piece {
      let piece = Piece(
        start: UInt32(truncatingIfNeeded: text.count),
        count: UInt32(truncatingIfNeeded: bytes.count))
      text.append(contentsOf: bytes)
      return piece
    }
    pathEnd = append(opening.path)
    peerEnd = append(opening.peer)
    originEnd = append(opening.origin ?? [])
    hostEnd = append(opening.host ?? [])
    hasOrigin = opening.origin != nil
    hasHost = opening.host != nil
    isSecure = opening.isSecure
    certificate = opening.certificate
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
  package var pathBytes: ArraySlice<UInt8> { bytes(0, pathEnd) }
  package var peerBytes: ArraySlice<UInt8> { bytes(pathEnd, peerEnd) }
  package var originBytes: ArraySlice<UInt8>? { hasOrigin ? bytes(peerEnd, originEnd) : nil }
  package var hostBytes: ArraySlice<UInt8>? { hasHost ? bytes(originEnd, hostEnd) : nil }
  package var scheme: String { isSecure ? "https" : "http" }
  package var chosenSubprotocolBytes: ArraySlice<UInt8>? { subprotocol(Int(chosen)) }

  /// Accepts with a subprotocol of the list, by its position; there are at most 64 of them.
  func choose(_ subprotocol: Int?) { chosen = subprotocol.map { Int8(clamping: $0) } ?? -1 }

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

  private func bytes(_ start: UInt16, _ end: UInt16) -> ArraySlice<UInt8> {
    start <= end && Int(end) <= text.count ? text[Int(start)..<Int(end)] : []
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
  /// Whether the client came over TLS, to us or to a proxy that says so.
  package var isSecure = false

  package init() {}
}
