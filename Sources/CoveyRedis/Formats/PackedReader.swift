internal import CoveyCore

/// Reads MessagePack piece by piece, and never past the end.
struct PackedReader {
  private(set) var position = 0

  /// Reads what begins at the position: a whole scalar, or the head of a container.
  ///
  /// A container's count is checked against the bytes that are left, as is every length.
  mutating func next(_ bytes: Span<UInt8>) throws(Failure) -> PackedPiece {
    let start = position
    let first = UInt8(truncatingIfNeeded: try number(1, bytes))
    switch first {
    case 0x00...0x7F: return .unsigned(UInt64(first))
    case 0x80...0x8F: return .map(try count(UInt64(first & 0x0F), of: 2, bytes, start))
    case 0x90...0x9F: return .array(try count(UInt64(first & 0x0F), of: 1, bytes, start))
    case 0xA0...0xBF: return .string(try contents(UInt64(first & 0x1F), bytes, start))
    case 0xC0: return .null
    case 0xC1: throw .protocolViolation("msgpack has the unused byte 0xC1 at byte \(start)")
    case 0xC2: return .boolean(false)
    case 0xC3: return .boolean(true)
    case 0xC4...0xC6:
      let size = try number(1 << Int(first &- 0xC4), bytes)
      return .binary(try contents(size, bytes, start))
    case 0xC7...0xC9:
      let size = try number(1 << Int(first &- 0xC7), bytes)
      return try extended(size, bytes, start)
    case 0xCA:
      return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try number(4, bytes)))))
    case 0xCB: return .double(Double(bitPattern: try number(8, bytes)))
    case 0xCC...0xCF: return .unsigned(try number(1 << Int(first &- 0xCC), bytes))
    case 0xD0: return .signed(Int64(Int8(truncatingIfNeeded: try number(1, bytes))))
    case 0xD1: return .signed(Int64(Int16(truncatingIfNeeded: try number(2, bytes))))
    case 0xD2: return .signed(Int64(Int32(truncatingIfNeeded: try number(4, bytes))))
    case 0xD3: return .signed(Int64(truncatingIfNeeded: try number(8, bytes)))
    case 0xD4...0xD8: return try extended(1 << UInt64(first &- 0xD4), bytes, start)
    case 0xD9...0xDB:
      let size = try number(1 << Int(first &- 0xD9), bytes)
      return .string(try contents(size, bytes, start))
    case 0xDC...0xDD:
      let found = try number(2 << Int(first &- 0xDC), bytes)
      return .array(try count(found, of: 1, bytes, start))
    case 0xDE...0xDF:
      let found = try number(2 << Int(first &- 0xDE), bytes)
      return .map(try count(found, of: 2, bytes, start))
    default: return .signed(Int64(Int8(bitPattern: first)))
    }
  }

  /// Moves past a whole value, however deep, and returns where it is.
  mutating func skip(_ bytes: Span<UInt8>) throws(Failure) -> Range<Int> {
    let start = position
    var left = 1
    while left > 0 {
      left -= 1
      switch try next(bytes) {
      case .array(let count): left += count
      case .map(let count): left += 2 * count
      default: continue
      }
      // Each takes a byte at least; this also keeps the sum of many claims small.
      guard left <= bytes.count - position else { throw Self.end(bytes) }
    }
    return start..<position
  }

  /// Refuses what follows the outermost value.
  func finish(_ bytes: Span<UInt8>) throws(Failure) {
    guard position == bytes.count else {
      throw .protocolViolation(
        "msgpack ends at byte \(position), and \(bytes.count - position) bytes follow")
    }
  }

  /// A number of 1, 2, 4 or 8 bytes, the highest first.
  private mutating func number(_ size: Int, _ bytes: Span<UInt8>) throws(Failure) -> UInt64 {
    guard size <= bytes.count - position else { throw Self.end(bytes) }
    var number: UInt64 = 0
    for index in position..<(position + size) { number = number << 8 | UInt64(bytes[index]) }
    position += size
    return number
  }

  private mutating func contents(
    _ size: UInt64, _ bytes: Span<UInt8>, _ start: Int
  ) throws(Failure) -> Range<Int> {
    let left = bytes.count - position
    guard let size = Int(exactly: size), size <= left else {
      throw .protocolViolation(
        "msgpack claims \(size) bytes of contents at byte \(start), where \(left) are left")
    }
    defer { position += size }
    return position..<(position + size)
  }

  private mutating func extended(
    _ size: UInt64, _ bytes: Span<UInt8>, _ start: Int
  ) throws(Failure) -> PackedPiece {
    let type = Int8(truncatingIfNeeded: try number(1, bytes))
    _ = try contents(size, bytes, start)
    return .extended(type)
  }

  /// Each item of an array takes a byte at least, each pair of a map two.
  private func count(
    _ count: UInt64, of size: Int, _ bytes: Span<UInt8>, _ start: Int
  ) throws(Failure) -> Int {
    let left = bytes.count - position
    guard let found = Int(exactly: count), found <= left / size else {
      let items = size == 2 ? "pairs" : "elements"
      throw .protocolViolation(
        "msgpack claims \(count) \(items) at byte \(start), where \(left) bytes are left")
    }
    return found
  }

  private static func end(_ bytes: Span<UInt8>) -> Failure {
    .protocolViolation("msgpack ends at byte \(bytes.count) before it is complete")
  }
}
