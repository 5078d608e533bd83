import CLibuv
internal import CoveyCore

/// Watches a descriptor for reading, writing, or both, until it is closed.
final class UvWatch: LayerWatch {
  private let handle: UnsafeMutablePointer<uv_poll_t>
  private var isOpen = true
  private var waited: Readiness = []
  private let body: (Readiness) -> Void

  /// Watches nothing yet; nil when the loop cannot.
  init?(_ descriptor: Int32, on loop: UvLoop, _ body: @escaping (Readiness) -> Void) {
    self.body = body
    handle = .allocate(capacity: 1)
    let loop = loop.raw.assumingMemoryBound(to: uv_loop_t.self)
    guard uv_poll_init(loop, handle, descriptor) == 0 else {
      handle.deallocate()
      isOpen = false
      return nil
    }
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { close() }

  func wait(for readiness: Readiness) {
    guard isOpen, readiness != waited else { return }
    waited = readiness
    guard !readiness.isEmpty else {
      uv_poll_stop(handle)
      return
    }
    var events: UInt32 = 0
    if readiness.contains(.reading) { events |= UV_READABLE.rawValue }
    if readiness.contains(.writing) { events |= UV_WRITABLE.rawValue }
    uv_poll_start(handle, Int32(events)) { handle, status, events in
      guard let data = handle?.pointee.data else { return }
      // The body may well let the watching object go.
      let watch = Unmanaged<UvWatch>.fromOpaque(data).takeUnretainedValue()
      withExtendedLifetime(watch) { watch.ready(status, UInt32(bitPattern: events)) }
    }
  }

  private func ready(_ status: Int32, _ events: UInt32) {
    // An error shows when it is read or written.
    guard status == 0 else {
      waited = []
      return body([.reading, .writing])
    }
    var readiness: Readiness = []
    if events & UV_READABLE.rawValue != 0 { readiness.insert(.reading) }
    if events & UV_WRITABLE.rawValue != 0 { readiness.insert(.writing) }
    body(readiness)
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    handle.pointee.data = nil
    UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
      uv_close($0) { UnsafeMutableRawPointer($0)?.deallocate() }
    }
  }
}
