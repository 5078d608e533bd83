import CLibuv

/// Watches a descriptor for something to read, until it is closed.
final class UvPoll {
  private let handle: UnsafeMutablePointer<uv_poll_t>
  private var isOpen = true
  private let body: () -> Void

  /// Watches; nil when the loop cannot.
  init?(_ descriptor: Int32, on loop: UvLoop, _ body: @escaping () -> Void) {
    self.body = body
    handle = .allocate(capacity: 1)
    let loop = loop.raw.assumingMemoryBound(to: uv_loop_t.self)
    guard uv_poll_init(loop, handle, descriptor) == 0 else {
      handle.deallocate()
      isOpen = false
      return nil
    }
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    resume()
  }

  deinit { close() }

  func pause() {
    if isOpen { uv_poll_stop(handle) }
  }

  func resume() {
    guard isOpen else { return }
    uv_poll_start(handle, Int32(UV_READABLE.rawValue)) { handle, _, _ in
      guard let data = handle?.pointee.data else { return }
      // The body may well let the watching object go.
      let poll = Unmanaged<UvPoll>.fromOpaque(data).takeUnretainedValue()
      withExtendedLifetime(poll) { poll.body() }
    }
  }

  /// From its return on the loop does not know the descriptor any more.
  func close() {
    guard isOpen else { return }
    isOpen = false
    handle.pointee.data = nil
    UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
      uv_close($0) { UnsafeMutableRawPointer($0)?.deallocate() }
    }
  }
}
