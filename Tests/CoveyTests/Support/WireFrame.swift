/// Frames of a client (RFC 6455 section 5), sound ones and others.
enum WireFrame {
  static let mask: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]

  /// One frame; `length` is what it claims, the payload's unless told otherwise.
  static func make(
    _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
    length: UInt64? = nil, lengthBytes: Int? = nil, mask: [UInt8]? = Self.mask
  ) -> [UInt8] {
    let count = length ?? UInt64(payload.count)
    var frame = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    let bit: UInt8 = mask == nil ? 0 : 0x80
    switch lengthBytes ?? (count < 126 ? 1 : count < 65536 ? 2 : 8) {
    case 1: frame.append(bit | UInt8(count))
    case 2: frame += [bit | 126, UInt8(count >> 8), UInt8(count & 0xff)]
    default:
      frame.append(bit | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        frame.append(UInt8(truncatingIfNeeded: count >> UInt64(shift)))
      }
    }
    guard let mask else { return frame + payload }
    frame += mask
    frame.reserveCapacity(frame.count + payload.count)
    for (position, byte) in payload.enumerated() { frame.append(byte ^ mask[position & 3]) }
    return frame
  }

  static func text(_ text: String) -> [UInt8] { make(1, Array(text.utf8)) }
  static func binary(_ bytes: [UInt8]) -> [UInt8] { make(2, bytes) }
  static func ping(_ text: String = "") -> [UInt8] { make(9, Array(text.utf8)) }
  static func pong(_ text: String = "") -> [UInt8] { make(10, Array(text.utf8)) }

  static func close(_ code: UInt16?, _ reason: String = "") -> [UInt8] {
    make(8, (code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] } ?? []) + Array(reason.utf8))
  }

  /// A message in pieces of these bytes.
  static func fragments(_ opcode: UInt8, _ pieces: [[UInt8]]) -> [[UInt8]] {
    pieces.enumerated().map { position, piece in
      make(position == 0 ? opcode : 0, piece, isFinal: position == pieces.count - 1)
    }
  }
}

extension Received {
  init(_ first: UInt8, _ payload: [UInt8]) {
    switch first {
    case 0x81: self = .text(String(decoding: payload, as: UTF8.self))
    case 0x82: self = .binary(payload)
    case 0x89: self = .ping(payload)
    case 0x8a: self = .pong(payload)
    case 0x88 where payload.isEmpty: self = .close(1005, "")
    case 0x88 where payload.count > 1:
      self = .close(
        Int(payload[0]) << 8 | Int(payload[1]),
        String(decoding: payload.dropFirst(2), as: UTF8.self))
    default: self = .other(first, payload)
    }
  }
}
