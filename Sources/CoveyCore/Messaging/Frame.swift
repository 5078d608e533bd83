/// One complete WebSocket frame, or several of them in a row.
///
///     | FIN + opcode | length: 1, 3 or 9 bytes | payload | ...
///
/// Immutable and shared by all who are sent it; only an outbox that made one for itself alone adds
/// to it. Server frames are not masked (RFC 6455 section 5.1). One allocation holds all of it.
package struct Frame: @unchecked Sendable {
  private struct Head {
    var count = 0
    var capacity: Int
    var traffic = Traffic()
    /// State, which may be dropped while it waits: 1 can be caught up with, 2 cannot.
    var state: UInt8 = 0
    /// The version up to which a client is complete that has it and all before; 0: says nothing.
    var cursor: UInt64 = 0
  }

  private let storage: ManagedBuffer<Head, UInt8>

  /// Frames one whole message.
  package init(_ kind: MessageKind, _ payload: Span<UInt8>) {
    self.init(capacity: Self.bytes(forPayload: payload.count))
    add(kind, payload)
  }

  /// Makes room for frames to be added.
  init(capacity: Int) {
    storage = .create(minimumCapacity: capacity) { _ in Head(capacity: capacity) }
  }

  /// Frames control, which is no message.
  private init(opcode: UInt8, _ payload: [UInt8]) {
    self.init(capacity: Self.bytes(forPayload: payload.count))
    _ = append(opcode, payload.span)
  }

  /// A close frame; the caller keeps the reason within what a control frame holds.
  static func close(_ code: CloseCode, reason: [UInt8]) -> Frame {
    Frame(
      opcode: 0x8, [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + reason)
  }

  /// A ping. It has a payload because libwebsockets does not report empty pongs.
  static let ping = Frame(opcode: 0x9, [UInt8(ascii: "c")])

  /// The longest header, of a payload of 64 KiB and more.
  package static let headerBytesMax = 10

  /// Bytes of a message as a frame.
  static func bytes(forPayload size: Int) -> Int {
    size &+ (size < 126 ? 2 : size < 65_536 ? 4 : 10)
  }
}

extension Frame {
  /// Bytes of headers and payloads.
  package var count: Int { storage.header.count }
  var room: Int { storage.header.capacity &- storage.header.count }
  /// What it holds of messages; control counts nothing.
  var traffic: Traffic { storage.header.traffic }

  /// Headers and payloads as they go to the socket, for the length of a call.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeMutablePointers { head, start in
      body(UnsafeRawBufferPointer(start: start, count: head.pointee.count))
    }
  }

  var isState: Bool { storage.header.state != 0 }
  /// Part of a snapshot, or of what a client's anchors are: dropped, the whole is sent anew.
  var isSnapshot: Bool { storage.header.state == 2 }
  var cursor: UInt64 { storage.header.cursor }

  /// Says of a frame that nobody else has yet that it is state.
  func asState(cursor: UInt64, isSnapshot: Bool = true) -> Frame {
    storage.header.state = isSnapshot ? 2 : 1
    storage.header.cursor = cursor
    return self
  }

  /// Whether these are the same bytes in the same place.
  func isIdentical(to other: Frame) -> Bool { storage === other.storage }

  /// The bytes of the frame that begins at an offset, its header among them; 0 past the end.
  func frameBytes(at offset: Int) -> Int { header(at: offset).map { $0.header &+ $0.payload } ?? 0 }

  /// The message of a frame that is one whole message, as it crosses a layer.
  var asParcel: Parcel {
    let header = header(at: 0)?.header ?? 0
    return withBytes { bytes in
      .message(bytes.first == 0x81 ? .text : .binary, Array(bytes.dropFirst(header)))
    }
  }

  private func header(at offset: Int) -> (header: Int, payload: Int)? {
    withBytes { bytes in
      guard offset >= 0, offset &+ 2 <= bytes.count else { return nil }
      let short = Int(bytes[offset &+ 1])
      guard short >= 126 else { return (2, short) }
      let size = short == 126 ? 2 : 8
      guard offset &+ 2 &+ size <= bytes.count else { return nil }
      var payload = 0
      for position in 0..<size { payload = payload << 8 | Int(bytes[offset &+ 2 &+ position]) }
      return (2 &+ size, payload)
    }
  }

  /// The messages behind the first bytes, which are whole frames.
  func dropping(_ size: Int) -> Frame {
    let rest = Frame(capacity: max(0, count &- size))
    withBytes { bytes in
      rest.storage.withUnsafeMutablePointers { head, start in
        guard let base = bytes.baseAddress, size >= 0, size < bytes.count else { return }
        UnsafeMutableRawPointer(start).copyMemory(from: base + size, byteCount: bytes.count &- size)
        head.pointee.count = bytes.count &- size
      }
    }
    var offset = 0
    while let next = rest.header(at: offset) {
      rest.storage.header.traffic.messages &+= 1
      rest.storage.header.traffic.bytes &+= UInt64(truncatingIfNeeded: next.payload)
      offset &+= next.header &+ next.payload
    }
    return rest
  }

  /// Adds a message. Only to a frame that nobody else has; there must be room.
  func add(_ kind: MessageKind, _ payload: Span<UInt8>) {
    guard append(kind == .text ? 0x1 : 0x2, payload) else { return }
    storage.header.traffic.messages &+= 1
    storage.header.traffic.bytes &+= UInt64(truncatingIfNeeded: payload.count)
  }

  /// Adds what another frame holds, under the same conditions.
  func add(_ other: Frame) {
    storage.withUnsafeMutablePointers { head, start in
      other.withBytes { bytes in
        let room = head.pointee.capacity &- head.pointee.count
        guard let base = bytes.baseAddress, bytes.count <= room else { return }
        (UnsafeMutableRawPointer(start) + head.pointee.count)
          .copyMemory(from: base, byteCount: bytes.count)
        head.pointee.count &+= bytes.count
        head.pointee.traffic.add(other.traffic)
      }
    }
  }

  /// Adds a frame if there is room.
  private func append(_ opcode: UInt8, _ payload: Span<UInt8>) -> Bool {
    let size = payload.count
    guard Self.bytes(forPayload: size) <= room else { return false }
    storage.withUnsafeMutablePointers { head, start in
      let raw = UnsafeMutableRawPointer(start + head.pointee.count)
      raw.storeBytes(of: 0x80 | opcode, as: UInt8.self)
      let headerBytes: Int
      if size < 126 {
        headerBytes = 2
        raw.storeBytes(of: UInt8(truncatingIfNeeded: size), toByteOffset: 1, as: UInt8.self)
      } else if size < 65_536 {
        headerBytes = 4
        let length = UInt16(truncatingIfNeeded: size)
        raw.storeBytes(of: 126, toByteOffset: 1, as: UInt8.self)
        raw.storeBytes(of: UInt8(length >> 8), toByteOffset: 2, as: UInt8.self)
        raw.storeBytes(of: UInt8(length & 0xFF), toByteOffset: 3, as: UInt8.self)
      } else {
        headerBytes = 10
        raw.storeBytes(of: 127, toByteOffset: 1, as: UInt8.self)
        for position in 0..<8 {
          let byte = UInt8(truncatingIfNeeded: UInt64(size) >> (56 &- 8 &* UInt64(position)))
          raw.storeBytes(of: byte, toByteOffset: 2 &+ position, as: UInt8.self)
        }
      }
      payload.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        (raw + headerBytes).copyMemory(from: base, byteCount: size)
      }
      head.pointee.count &+= headerBytes &+ size
    }
    return true
  }
}
