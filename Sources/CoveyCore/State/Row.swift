/// The values of an instance as JSON text, in the order of its model's fields.
///
///     | end of value 0 | end of value 1 | ... |   value 0   | value 1 | ...
///       4 bytes each                              text, without whitespace
///
/// Immutable and shared; one allocation. A list of ids is not here but among the links; its value
/// is empty. An empty value that is no list has not been given.
package struct Row: @unchecked Sendable {
  private struct Head {
    var fields: UInt32
    var bytes: UInt32
  }

  private let storage: ManagedBuffer<Head, UInt8>

  /// Makes a row of the values that `write` puts one after the other, each ended by `end`.
  init(fields: Int, capacity: Int, _ write: (inout Builder) -> Void) {
    let start = fields &* 4
    storage = .create(minimumCapacity: start &+ capacity) { _ in
      Head(fields: UInt32(truncatingIfNeeded: fields), bytes: 0)
    }
    storage.withUnsafeMutablePointers { head, bytes in
      var builder = Builder(
        UnsafeMutableRawPointer(bytes), start: start, capacity: start &+ capacity)
      write(&builder)
      head.pointee.bytes = UInt32(truncatingIfNeeded: builder.count)
    }
  }

  /// Puts values side by side; what does not fit is left out, so the caller measures first.
  struct Builder {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private(set) var count: Int
    private var field = 0
    private let start: Int

    init(_ base: UnsafeMutableRawPointer, start: Int, capacity: Int) {
      self.base = base
      self.start = start
      self.capacity = capacity
      count = start
    }

    mutating func append(_ byte: UInt8) {
      guard count < capacity else { return }
      base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
      count &+= 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
      guard let from = bytes.baseAddress, bytes.count <= capacity &- count else { return }
      (base + count).copyMemory(from: from, byteCount: bytes.count)
      count &+= bytes.count
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Ends a value.
    mutating func end() {
      guard field &* 4 < start else { return }
      base.storeBytes(
        of: UInt32(truncatingIfNeeded: count), toByteOffset: field &* 4, as: UInt32.self)
      field &+= 1
    }
  }

  /// Bytes of the allocation, about.
  var bytes: Int { Int(storage.header.bytes) &+ 40 }

  /// A value, for the length of a call.
  @inline(__always)
  func withValue<Result>(_ field: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeMutablePointers { head, bytes in
      let base = UnsafeRawPointer(bytes)
      let fields = Int(head.pointee.fields)
      guard field >= 0, field < fields else {
        return body(UnsafeRawBufferPointer(start: nil, count: 0))
      }
      let start =
        field == 0
        ? fields &* 4 : Int(base.load(fromByteOffset: field &* 4 &- 4, as: UInt32.self))
      let end = Int(base.load(fromByteOffset: field &* 4, as: UInt32.self))
      return body(UnsafeRawBufferPointer(start: base + start, count: end &- start))
    }
  }

  @inline(__always)
  func isEqual(to other: Row, _ field: Int) -> Bool {
    withValue(field) { mine in
      other.withValue(field) { theirs in Self.isSame(mine, theirs) }
    }
  }

  /// Compared eight bytes at a time.
  @inline(__always)
  static func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard one.count == other.count else { return false }
    guard let left = one.baseAddress, let right = other.baseAddress else { return true }
    var position = 0
    while position &+ 8 <= one.count {
      guard
        left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
          == right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      else { return false }
      position &+= 8
    }
    while position < one.count {
      guard
        left.load(fromByteOffset: position, as: UInt8.self)
          == right.load(fromByteOffset: position, as: UInt8.self)
      else { return false }
      position &+= 1
    }
    return true
  }

  func value(_ field: Int) -> [UInt8] { withValue(field) { Array($0) } }

  func isNull(_ field: Int) -> Bool {
    withValue(field) { $0.first == UInt8(ascii: "n") }
  }

  /// The id that a value is; nil for null.
  func id(_ field: Int, _ kind: InstanceID.Kind) -> InstanceID? {
    withValue(field) { bytes in
      let text = bytes.bindMemory(to: UInt8.self).span
      guard let first = bytes.first, first != UInt8(ascii: "n") else { return nil }
      let found: JSONScanner.Kind = first == UInt8(ascii: "\"") ? .string : .number
      return try? InstanceID(json: text, 0..<text.count, found, kind)
    }
  }

  /// A row with the values that a merge names, and the old ones for the rest.
  func merged(with other: Row, _ mask: FieldMask, fields: Int) -> Row {
    Row(fields: fields, capacity: bytes &+ other.bytes) { builder in
      for field in 0..<fields {
        (mask.contains(field) ? other : self).withValue(field) { builder.append($0) }
        builder.end()
      }
    }
  }
}
