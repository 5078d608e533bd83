public import CCovey
internal import CoveyCore

/// Does the work of one exported function, and turns its outcome into a status.
@inline(__always)
func status(_ body: () throws(Failure) -> Void) -> covey_status {
  do {
    try body()
    return covey_status(COVEY_OK)
  } catch {
    return error.kind.status
  }
}

/// The same for the functions that say more.
@inline(__always)
func status(
  _ error: UnsafeMutablePointer<covey_error>?, _ body: () throws(Failure) -> Void
) -> covey_status {
  do {
    try body()
    return covey_status(COVEY_OK)
  } catch let failure {
    report(failure, to: error)
    return failure.kind.status
  }
}

/// Writes a failure into the caller's struct, no further than its size.
private func report(_ failure: Failure, to error: UnsafeMutablePointer<covey_error>?) {
  guard let error else { return }
  let raw = UnsafeMutableRawPointer(error)
  let size = Int(error.pointee.struct_size)
  let statusOffset = 4
  let messageOffset = 8
  guard size >= messageOffset, size <= ForeignStruct.bytesMax else { return }
  raw.storeBytes(of: failure.kind.status, toByteOffset: statusOffset, as: covey_status.self)
  let room = min(size, MemoryLayout<covey_error>.size) - messageOffset - 1
  guard room >= 0 else { return }
  let message = failure.message.prefix(utf8BytesMax: room)
  for (position, byte) in message.utf8.enumerated() {
    raw.storeBytes(of: byte, toByteOffset: messageOffset + position, as: UInt8.self)
  }
  raw.storeBytes(of: 0, toByteOffset: messageOffset + message.utf8.count, as: UInt8.self)
}

extension String {
  /// As many whole characters as fit.
  func prefix(utf8BytesMax limit: Int) -> Substring {
    var end = startIndex
    var count = 0
    while end < endIndex {
      let next = index(after: end)
      count += self[end..<next].utf8.count
      if count > limit { break }
      end = next
    }
    return self[..<end]
  }
}

extension Failure.Kind {
  var status: covey_status {
    let number =
      switch self {
      case .invalid: COVEY_E_INVALID
      case .gone: COVEY_E_GONE
      case .notFound: COVEY_E_NOT_FOUND
      case .exists: COVEY_E_EXISTS
      case .tooLarge: COVEY_E_TOO_LARGE
      case .full: COVEY_E_FULL
      case .busy: COVEY_E_BUSY
      case .wrongThread: COVEY_E_WRONG_THREAD
      case .denied: COVEY_E_DENIED
      case .stopped: COVEY_E_STOPPED
      case .protocolViolation: COVEY_E_PROTOCOL
      case .timedOut: COVEY_E_TIMED_OUT
      case .system: COVEY_E_SYSTEM
      }
    return covey_status(number)
  }
}

/// Texts that live as long as the process.
private enum StaticText {
  nonisolated(unsafe) static let version = lasting(
    "\(COVEY_VERSION_MAJOR).\(COVEY_VERSION_MINOR).\(COVEY_VERSION_PATCH)")
  nonisolated(unsafe) static let unknown = lasting("unknown status")
  nonisolated(unsafe) static let statuses = [
    "done", "the caller broke the contract", "no longer exists", "nothing has that name",
    "there already, or decided already", "over a limit", "a bounded queue or table is full",
    "not now", "not on this thread", "not allowed", "the server is stopping or has stopped",
    "a peer or a bus sent nonsense", "the time given has passed", "the system refused",
  ].map(lasting)

  private static func lasting(_ text: String) -> UnsafePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
    for (position, byte) in text.utf8.enumerated() { copy[position] = CChar(bitPattern: byte) }
    copy[text.utf8.count] = 0
    return UnsafePointer(copy)
  }
}

@c @implementation
public func covey_version() -> UnsafePointer<CChar>? { StaticText.version }

@c @implementation
public func covey_status_text(_ status: covey_status) -> UnsafePointer<CChar>? {
  let position = 0 - Int(status)
  return StaticText.statuses.indices.contains(position)
    ? StaticText.statuses[position] : StaticText.unknown
}
