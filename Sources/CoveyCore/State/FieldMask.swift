/// A set of fields of one model.
package struct FieldMask: Equatable, Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// Fields a model may have.
  package static let fieldsMax = 128

  init() {}

  /// The first so many fields.
  init(first count: Int) {
    low = count >= 64 ? .max : (1 &<< UInt64(truncatingIfNeeded: count)) &- 1
    high = count <= 64 ? 0 : count >= 128 ? .max : (1 &<< UInt64(count &- 64)) &- 1
  }

  var isEmpty: Bool { low | high == 0 }

  @inline(__always)
  func contains(_ field: Int) -> Bool {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: field & 63)
    return (field < 64 ? low : high) & bit != 0
  }

  @inline(__always)
  mutating func insert(_ field: Int) {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: field & 63)
    if field < 64 { low |= bit } else { high |= bit }
  }

  mutating func formUnion(_ other: FieldMask) {
    low |= other.low
    high |= other.high
  }

  func subtracting(_ other: FieldMask) -> FieldMask {
    var rest = self
    rest.low &= ~other.low
    rest.high &= ~other.high
    return rest
  }

  /// The lowest field, taken out.
  mutating func popFirst() -> Int? {
    if low != 0 {
      let first = low.trailingZeroBitCount
      low &= low &- 1
      return first
    }
    guard high != 0 else { return nil }
    let first = high.trailingZeroBitCount &+ 64
    high &= high &- 1
    return first
  }
}
