package import CoveyCore

/// The pairs of a packed map, one after the other, without decoding what is in them.
package struct OuterMap {
  /// Where a key and its value are, heads included.
  package struct Pair: Sendable, Equatable {
    package let key: Range<Int>
    package let value: Range<Int>
  }

  package let bytes: [UInt8]
  /// Pairs in all, as the map claims; there are bytes enough for them.
  package let count: Int
  private var left: Int
  private var reader = PackedReader()

  /// Reads the head; anything but a map is a protocol violation.
  package init(_ bytes: [UInt8]) throws(Failure) {
    guard case .map(let count) = try reader.next(bytes.span) else {
      throw .protocolViolation("msgpack is not a map")
    }
    self.bytes = bytes
    self.count = count
    left = count
  }

  /// Where the first pair begins, or the map ends.
  var start: Int { reader.position }

  /// Moves past the next pair; nil when there is none, and a failure when bytes are left over.
  package mutating func next() throws(Failure) -> Pair? {
    let bytes = bytes
    guard left > 0 else {
      try reader.finish(bytes.span)
      return nil
    }
    left -= 1
    let key = try reader.skip(bytes.span)
    return Pair(key: key, value: try reader.skip(bytes.span))
  }

  /// Whether a pair has this text as its key.
  package func hasKey(_ key: String, _ pair: Pair) -> Bool {
    MessagePack.string(bytes[pair.key])?.elementsEqual(key.utf8) == true
  }
}
