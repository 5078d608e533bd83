internal import CoveyCore

/// A connection whose proxy has to say first whose it is. Reads its header and not a byte more.
final class ProxyIntroduction {
  private let descriptor: Int32
  private var watch: UvWatch?
  private var bytes: [UInt8] = []
  private let finish: (ProxyHeader?) -> Void

  /// Waits; nil when the loop cannot watch the connection. `finish` is called once, with nil for
  /// what is no header, and owns the descriptor then.
  init?(
    _ descriptor: Int32, on loop: UvLoop,
    _ finish: @escaping (ProxyHeader?) -> Void
  ) {
    self.descriptor = descriptor
    self.finish = finish
    watch = UvWatch(descriptor, on: loop) { [unowned(unsafe) self] _ in read() }
    guard let watch else { return nil }
    watch.wait(for: .reading)
  }

  /// It took too long: that is no header.
  func timeOut() { end(nil) }

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
    watch?.close()
    withExtendedLifetime(self) { finish(header) }
  }

  /// Closes the connection without a word.
  func giveUp() {
    watch?.close()
    Sockets.close(descriptor)
  }
}
