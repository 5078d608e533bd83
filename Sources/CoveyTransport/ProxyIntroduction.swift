internal import CoveyCore

/// A connection whose proxy has to say first whose it is. Reads its header and not a byte more.
final class ProxyIntroduction {
  private let descriptor: Int32
  private var poll: UvPoll?
  private var deadline: UvTimer?
  private var bytes: [UInt8] = []
  private let finish: (ProxyIntroduction, ProxyHeader?) -> Void

  /// Waits at most so long; nil when the loop cannot watch the connection. `finish` is called once,
  /// with nil for what is no header, and owns the descriptor then.
  init?(
    _ descriptor: Int32, on loop: UvLoop, atMost milliseconds: UInt64,
    _ finish: @escaping (ProxyIntroduction, ProxyHeader?) -> Void
  ) {
    self.descriptor = descriptor
    self.finish = finish
    poll = UvPoll(descriptor, on: loop) { [unowned(unsafe) self] in read() }
    guard poll != nil else { return nil }
    deadline = UvTimer(on: loop, after: milliseconds) { [unowned(unsafe) self] in end(nil) }
  }

  private func read() {
    let fixed = ProxyHeader.fixedBytes
    var size = fixed
    if bytes.count >= fixed {
      guard let whole = ProxyHeader.size(bytes) else { return end(nil) }
      size = whole
    }
    if bytes.count < size {
      switch Sockets.read(descriptor, &bytes, atMost: size - bytes.count) {
      case .bytes: break
      case .later: return
      case .end: return end(nil)
      }
    }
    guard bytes.count >= fixed else { return }
    guard let whole = ProxyHeader.size(bytes) else { return end(nil) }
    guard bytes.count < whole else { return end(ProxyHeader(bytes)) }
    // The rest may be there already; if not, the loop tells.
    if size == fixed { read() }
  }

  private func end(_ header: ProxyHeader?) {
    poll?.close()
    deadline?.close()
    withExtendedLifetime(self) { finish(self, header) }
  }

  /// Closes the connection without a word.
  func giveUp() {
    poll?.close()
    deadline?.close()
    Sockets.close(descriptor)
  }
}
