import CLibuv

/// Calls once, after a while.
final class UvTimer {
  private let handle: UnsafeMutablePointer<uv_timer_t>
  private var isOpen = true
  private let body: () -> Void

  init(on loop: UvLoop, after milliseconds: UInt64, _ body: @escaping () -> Void) {
    self.body = body
    handle = .allocate(capacity: 1)
    uv_timer_init(loop.raw.assumingMemoryBound(to: uv_loop_t.self), handle)
    handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    uv_timer_start(
      handle,
      { handle in
        guard let data = handle?.pointee.data else { return }
        let timer = Unmanaged<UvTimer>.fromOpaque(data).takeUnretainedValue()
        withExtendedLifetime(timer) { timer.body() }
      }, milliseconds, 0)
  }

  deinit { close() }

  func close() {
    guard isOpen else { return }
    isOpen = false
    handle.pointee.data = nil
    UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
      uv_close($0) { UnsafeMutableRawPointer($0)?.deallocate() }
    }
  }
}
