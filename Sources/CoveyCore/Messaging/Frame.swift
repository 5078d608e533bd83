/// One complete WebSocket frame, immutable and shared by all who are sent it.
///
///     | FIN + opcode | length: 1, 3 or 9 bytes | payload |
///
/// Server frames are not masked (RFC 6455 section 5.1).
package struct Frame: Sendable {
  /// Header and payload, as they go to the socket.
  package let bytes: [UInt8]

  /// Whether this carries a message rather than control.
  var isMessage: Bool { bytes.first.map { $0 & 0x08 == 0 } ?? false }

  var payloadBytes: Int {
    let total = bytes.count
    return total &- (total < 128 ? 2 : total < 65_540 ? 4 : 10)
  }

  /// Whether these are the same bytes in the same place.
  func isIdentical(to other: Frame) -> Bool {
    bytes.withUnsafeBufferPointer { one in
      other.bytes.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress }
    }
  }

  /// Frames one whole message.
  package init(_ kind: MessageKind, _ payload: Span<UInt8>) {
    self.init(opcode: kind == .text ? 0x1 : 0x2, payload)
  }

  private init(opcode: UInt8, _ payload: Span<UInt8>) {
    let size = payload.count
    let headerBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10
    bytes = [UInt8](unsafeUninitializedCapacity: headerBytes + size) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw[0] = 0x80 | opcode
      switch headerBytes {
      case 2:
        raw[1] = UInt8(truncatingIfNeeded: size)
      case 4:
        raw[1] = 126
        raw.storeBytes(
          of: UInt16(truncatingIfNeeded: size).bigEndian, toByteOffset: 2, as: UInt16.self)
      default:
        raw[1] = 127
        raw.storeBytes(of: UInt64(size).bigEndian, toByteOffset: 2, as: UInt64.self)
      }
      if size > 0 {
        payload.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: raw[headerBytes...]).copyMemory(from: $0)
        }
      }
      count = headerBytes + size
    }
  }

  /// A close frame; the reason is cut by the caller to what a control frame holds.
  static func close(_ code: CloseCode, reason: [UInt8]) -> Frame {
    let payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + reason
    return Frame(opcode: 0x8, payload.span)
  }

  /// A ping. It has a payload because libwebsockets does not report empty pongs.
  static let ping = Frame(opcode: 0x9, [UInt8(ascii: "c")].span)

  /// The longest header, of a payload of 64 KiB and more.
  package static let headerBytesMax = 10
}
