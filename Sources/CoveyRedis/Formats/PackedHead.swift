internal import CoveyCore

/// Writes the first bytes of values of MessagePack, as few as the length allows.
enum PackedHead {
  static func put(mapOf count: Int, to output: inout [UInt8]) throws(Failure) {
    try put(count, "map has", small: 0x80, medium: 0xDE, to: &output)
  }

  static func put(arrayOf count: Int, to output: inout [UInt8]) throws(Failure) {
    try put(count, "array has", small: 0x90, medium: 0xDC, to: &output)
  }

  static func put(stringOf size: Int, to output: inout [UInt8]) throws(Failure) {
    switch size {
    case 0...0x1F: output.append(0xA0 | UInt8(truncatingIfNeeded: size))
    case 0...0xFF:
      output.append(0xD9)
      output.append(UInt8(truncatingIfNeeded: size))
    default: try put(size, "string is", small: 0, medium: 0xDA, to: &output)
    }
  }

  /// Writes the last bytes of a number, the highest first.
  static func put(_ value: UInt64, bytes count: Int, to output: inout [UInt8]) {
    var shift = 8 * UInt64(truncatingIfNeeded: count)
    while shift > 0 {
      shift -= 8
      output.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// The byte of a large head is that of a medium one and one more.
  private static func put(
    _ count: Int, _ what: String, small: UInt8, medium: UInt8, to output: inout [UInt8]
  ) throws(Failure) {
    switch count {
    case 0...0x0F where small > 0: output.append(small | UInt8(truncatingIfNeeded: count))
    case 0...0xFFFF:
      output.append(medium)
      put(UInt64(count), bytes: 2, to: &output)
    case 0...0xFFFF_FFFF:
      output.append(medium &+ 1)
      put(UInt64(count), bytes: 4, to: &output)
    default: throw .tooLarge("\(what) \(count) long, limit 4294967295")
    }
  }
}
