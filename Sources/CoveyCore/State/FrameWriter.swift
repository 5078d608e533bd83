/// Where JSON is put together before it becomes a frame; its room is used again and again.
final class FrameWriter {
  private var base: UnsafeMutableRawPointer
  private var capacity = 4096
  private(set) var count = 0

  init() { base = .allocate(byteCount: capacity, alignment: 8) }

  deinit { base.deallocate() }

  func reset() {
    count = 0
    // One large answer must not keep its room for good.
    guard capacity > 1 << 20 else { return }
    base.deallocate()
    capacity = 4096
    base = .allocate(byteCount: capacity, alignment: 8)
  }

  /// Forgets what was put after a count.
  func cut(to count: Int) { self.count = min(self.count, max(0, count)) }

  @inline(__always)
  private func reserve(_ more: Int) {
    if count &+ more > capacity { grow(more) }
  }

  @inline(never)
  private func grow(_ more: Int) {
    capacity = max(capacity &* 2, count &+ more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }

  @inline(__always)
  func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + count).copyMemory(from: from, byteCount: bytes.count)
    count &+= bytes.count
  }

  @inline(__always)
  func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inline(__always)
  func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  func append(_ bytes: Span<UInt8>) { bytes.withUnsafeBytes { append($0) } }

  func append(_ number: UInt64) {
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { room in
      var position = room.count
      var rest = number
      repeat {
        position &-= 1
        room[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      append(UnsafeRawBufferPointer(rebasing: room[position...]))
    }
  }

  /// A version in seconds, with six decimals, never through a floating-point number.
  func appendTimestamp(_ version: UInt64) {
    guard version > 0 else { return append(UInt8(ascii: "0")) }
    append(version / 1_000_000)
    append(UInt8(ascii: "."))
    var fraction = version % 1_000_000
    var unit: UInt64 = 100_000
    for _ in 0..<6 {
      append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: fraction / unit))
      fraction %= unit
      unit /= 10
    }
  }

  /// An id as JSON.
  func append(_ id: InstanceID) {
    switch id {
    case .integer(let number):
      if number < 0 { append(UInt8(ascii: "-")) }
      append(number.magnitude)
    case .text(let name): appendQuoted(name.bytes)
    }
  }

  /// A text in quotes; only what must be escaped is.
  func appendQuoted(_ bytes: [UInt8]) {
    append(UInt8(ascii: "\""))
    for byte in bytes { JSONText.escape(byte) { append($0) } }
    append(UInt8(ascii: "\""))
  }

  func appendQuoted(_ text: String) { appendQuoted(Array(text.utf8)) }

  /// What was put, for the length of a call.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(start: base, count: count))
  }

  var bytes: [UInt8] { withBytes { Array($0) } }

  /// What was put, as a text message, from an offset on.
  func frame(from start: Int = 0) -> Frame {
    withBytes {
      Frame(.text, $0.bindMemory(to: UInt8.self).span.extracting(start..<count))
    }
  }
}
