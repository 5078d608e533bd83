/// One complete WebSocket frame, immutable and shared by all who are sent it.
///
///     | FIN + opcode | length: 1, 3 or 9 bytes | payload |
///
/// Server frames are not masked (RFC 6455 section 5.1). One allocation holds all of it.
package struct Frame: @unchecked Sendable {
  /// Its header is the number of bytes. Never changed once it is made, so threads may share it.
  private let storage: ManagedBuffer<Int, UInt8>

  /// Frames one whole message.
  package init(_ kind: MessageKind, _ payload: Span<UInt8>) {
    self.init(opcode: kind == .text ? 0x1 : 0x2, payload)
  }

  private init(opcode: UInt8, _ payload: Span<UInt8>) {
    let size = payload.count
    let headerBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10
    storage = .create(minimumCapacity: headerBytes + size) { _ in headerBytes + size }
    storage.withUnsafeMutablePointerToElements { start in
      let raw = UnsafeMutableRawPointer(start)
      start[0] = 0x80 | opcode
      switch headerBytes {
      case 2:
        start[1] = UInt8(truncatingIfNeeded: size)
      case 4:
        start[1] = 126
        raw.storeBytes(
          of: UInt16(truncatingIfNeeded: size).bigEndian, toByteOffset: 2, as: UInt16.self)
      default:
        start[1] = 127
        raw.storeBytes(of: UInt64(size).bigEndian, toByteOffset: 2, as: UInt64.self)
      }
      payload.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        (raw + headerBytes).copyMemory(from: base, byteCount: size)
      }
    }
  }

  /// A close frame; the caller keeps the reason within what a control frame holds.
  static func close(_ code: CloseCode, reason: [UInt8]) -> Frame {
    let payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + reason
    return Frame(opcode: 0x8, payload.span)
  }

  /// A ping. It has a payload because libwebsockets does not report empty pongs.
  static let ping = Frame(opcode: 0x9, [UInt8(ascii: "c")].span)

  /// The longest header, of a payload of 64 KiB and more.
  package static let headerBytesMax = 10
}

extension Frame {
  /// Bytes of header and payload.
  package var count: Int { storage.header }

  /// Header and payload as they go to the socket, for the length of a call.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeMutablePointers { count, start in
      body(UnsafeRawBufferPointer(start: start, count: count.pointee))
    }
  }

  /// Whether this carries a message rather than control.
  var isMessage: Bool { storage.withUnsafeMutablePointerToElements { $0[0] & 0x08 == 0 } }

  var payloadBytes: Int { count &- (count < 128 ? 2 : count < 65_540 ? 4 : 10) }

  /// Whether these are the same bytes in the same place.
  func isIdentical(to other: Frame) -> Bool { storage === other.storage }
}
