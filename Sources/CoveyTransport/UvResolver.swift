import CLibuv

/// Finds the addresses of hosts without waiting for the answer, neither while the loop runs nor at
/// its end: what a system looks up cannot be called off, and takes ten seconds and more where
/// nobody answers. So each look-up has a thread of its own, which finds nobody when it is late.
final class UvResolver {
  /// What its thread and the loop share.
  private final class Question: @unchecked Sendable {
    struct State {
      /// The loop's to be woken by; nil: nobody waits any more.
      var bell: UnsafeMutablePointer<uv_async_t>?
      var answer: (texts: [String], reason: String)?
    }

    let host: String
    let state: UvLocked<State>

    init(_ host: String, _ bell: UnsafeMutablePointer<uv_async_t>) {
      self.host = host
      state = UvLocked(State(bell: bell))
    }

    func lookUp() {
      var first: UnsafeMutablePointer<addrinfo>?
      var hints = addrinfo()
      hints.ai_socktype = covey__stream_sockets
      let status = getaddrinfo(host, nil, &hints, &first)
      let texts = UvResolver.texts(first)
      if let first { freeaddrinfo(first) }
      let reason = status == 0 ? "" : String(cString: gai_strerror(status))
      state.withLock { state in
        state.answer = (texts, reason)
        // Under the lock: the loop closes it no earlier.
        if let bell = state.bell { uv_async_send(bell) }
      }
    }
  }

  /// Rung by threads that have an answer; nil: closed, or there could be none.
  private var bell: UnsafeMutablePointer<uv_async_t>?
  private var pending: [(question: Question, found: ([String], String) -> Void)] = []

  init(on loop: UvLoop) {
    let made = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    let status = uv_async_init(loop.raw.assumingMemoryBound(to: uv_loop_t.self), made) { handle in
      guard let data = handle?.pointee.data else { return }
      let resolver = Unmanaged<UvResolver>.fromOpaque(data).takeUnretainedValue()
      withExtendedLifetime(resolver) { resolver.hear() }
    }
    bell = status == 0 ? made : nil
    if status == 0 {
      made.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    } else {
      made.deallocate()
    }
  }

  /// Answers numeric addresses, or none and why. While a host is looked up, whoever asks for it
  /// again gets the same answer: where nobody answers, threads would heap up.
  func resolve(_ host: String, _ found: @escaping ([String], String) -> Void) {
    guard let bell else { return found([], "the loop cannot be woken") }
    if let same = pending.first(where: { $0.question.host == host }) {
      return pending.append((same.question, found))
    }
    let question = Question(host, bell)
    let given = Unmanaged.passRetained(question)
    var thread = uv_thread_t()
    let status = uv_thread_create(
      &thread,
      { given in
        guard let given else { return }
        Unmanaged<Question>.fromOpaque(given).takeRetainedValue().lookUp()
      }, given.toOpaque())
    guard status == 0 else {
      given.release()
      return found([], String(cString: uv_strerror(status)))
    }
    pthread_detach(thread)
    pending.append((question, found))
  }

  private func hear() {
    var answered: [(([String], String) -> Void, [String], String)] = []
    pending.removeAll { question, found in
      guard let answer = question.state.withLock({ $0.answer }) else { return false }
      answered.append((found, answer.texts, answer.reason))
      return true
    }
    for (found, texts, reason) in answered { found(texts, reason) }
  }

  private static func texts(_ first: UnsafeMutablePointer<addrinfo>?) -> [String] {
    var texts: [String] = []
    var next = first
    while let entry = next {
      var name = [CChar](repeating: 0, count: 64)
      if let address = entry.pointee.ai_addr, uv_ip_name(address, &name, name.count) == 0 {
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        texts.append(String(decoding: bytes, as: UTF8.self))
      }
      next = entry.pointee.ai_next
    }
    return texts
  }

  /// Answers nobody any more.
  func close() {
    for (question, _) in pending { question.state.withLock { $0.bell = nil } }
    pending = []
    guard let bell else { return }
    self.bell = nil
    bell.pointee.data = nil
    UnsafeMutableRawPointer(bell).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
      uv_close($0) { UnsafeMutableRawPointer($0)?.deallocate() }
    }
  }
}
