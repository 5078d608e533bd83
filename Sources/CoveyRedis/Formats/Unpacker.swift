internal import CoveyCore

/// Writes JSON text from MessagePack, in one pass.
struct Unpacker {
  private struct Level {
    let isMap: Bool
    /// Items to come; keys count as well as values, so that an even number awaits a key.
    var left: Int
    var isFirst = true
  }

  private(set) var output: [UInt8] = []
  private var levels: [Level] = []
  private var reader = PackedReader()

  init(capacity: Int) {
    output.reserveCapacity(capacity + capacity / 4)
  }

  mutating func document(_ bytes: Span<UInt8>) throws(Failure) {
    repeat {
      var isKey = false
      if let last = levels.indices.last {
        let level = levels[last]
        guard level.left > 0 else {
          output.append(level.isMap ? UInt8(ascii: "}") : UInt8(ascii: "]"))
          levels.removeLast()
          continue
        }
        isKey = level.isMap && level.left.isMultiple(of: 2)
        if !level.isFirst {
          output.append(isKey || !level.isMap ? UInt8(ascii: ",") : UInt8(ascii: ":"))
        }
        levels[last].left -= 1
        levels[last].isFirst = false
      }
      let start = reader.position
      let piece = try reader.next(bytes)
      try isKey ? key(piece, bytes, start) : value(piece, bytes, start)
    } while !levels.isEmpty
    try reader.finish(bytes)
  }

  private mutating func value(
    _ piece: PackedPiece, _ bytes: Span<UInt8>, _ start: Int
  ) throws(Failure) {
    switch piece {
    case .array(let count): try open(isMap: false, count, start)
    case .map(let count): try open(isMap: true, count, start)
    case .binary(let contents):
      output.append(UInt8(ascii: "\""))
      Base64.encode(bytes.extracting(contents), to: &output)
      output.append(UInt8(ascii: "\""))
    case .string(let contents): try string(contents, bytes)
    default: try scalar(piece, start)
    }
  }

  /// Writes a key as `json.dumps` does: what is not text is written as a value, in quotes.
  private mutating func key(
    _ piece: PackedPiece, _ bytes: Span<UInt8>, _ start: Int
  ) throws(Failure) {
    switch piece {
    case .string(let contents): try string(contents, bytes)
    case .array: throw .protocolViolation("msgpack has an array as key at byte \(start)")
    case .map: throw .protocolViolation("msgpack has a map as key at byte \(start)")
    case .binary: throw .protocolViolation("msgpack has a binary key at byte \(start)")
    default:
      output.append(UInt8(ascii: "\""))
      try scalar(piece, start)
      output.append(UInt8(ascii: "\""))
    }
  }

  private mutating func scalar(_ piece: PackedPiece, _ start: Int) throws(Failure) {
    switch piece {
    case .null: output.append(contentsOf: "null".utf8)
    case .boolean(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .unsigned(let value): output.append(contentsOf: String(value).utf8)
    case .signed(let value): output.append(contentsOf: String(value).utf8)
    case .double(let value):
      guard value.isFinite else {
        throw .protocolViolation(
          "msgpack has the number \(value) at byte \(start), which json lacks")
      }
      output.append(contentsOf: value.description.utf8)
    case .extended(let type):
      throw .protocolViolation("msgpack has the extension type \(type) at byte \(start)")
    case .string, .binary, .array, .map: break
    }
  }

  private mutating func open(isMap: Bool, _ count: Int, _ start: Int) throws(Failure) {
    guard levels.count < MessagePack.depthMax else {
      throw .tooLarge(
        "msgpack is nested \(levels.count + 1) deep at byte \(start), limit \(MessagePack.depthMax)"
      )
    }
    levels.append(Level(isMap: isMap, left: isMap ? 2 * count : count))
    output.append(isMap ? UInt8(ascii: "{") : UInt8(ascii: "["))
  }

  private mutating func string(_ range: Range<Int>, _ bytes: Span<UInt8>) throws(Failure) {
    let contents = bytes.extracting(range)
    guard (try? UTF8Span(validating: contents)) != nil else {
      throw .protocolViolation("msgpack has a string that is not utf-8 at byte \(range.lowerBound)")
    }
    output.append(UInt8(ascii: "\""))
    var plain = 0
    for index in contents.indices where Self.mustEscape(contents[index]) {
      append(contents.extracting(plain..<index))
      JSONText.escape(contents[index]) { output.append($0) }
      plain = index + 1
    }
    append(contents.extracting(plain..<contents.count))
    output.append(UInt8(ascii: "\""))
  }

  private static func mustEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func append(_ plain: Span<UInt8>) {
    plain.withUnsafeBufferPointer { output.append(contentsOf: $0) }
  }
}
