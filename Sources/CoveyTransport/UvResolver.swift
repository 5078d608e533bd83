import CLibuv

/// Finds the addresses of hosts without waiting for the answer.
final class UvResolver {
  private final class Question {
    let found: ([String], String) -> Void
    unowned let resolver: UvResolver

    init(_ resolver: UvResolver, _ found: @escaping ([String], String) -> Void) {
      self.resolver = resolver
      self.found = found
    }
  }

  private let loop: UnsafeMutablePointer<uv_loop_t>
  private var isOpen = true
  private var pending: Set<UnsafeMutablePointer<uv_getaddrinfo_t>> = []

  init(on loop: UvLoop) { self.loop = loop.raw.assumingMemoryBound(to: uv_loop_t.self) }

  /// Answers numeric addresses, or none and why.
  func resolve(_ host: String, _ found: @escaping ([String], String) -> Void) {
    let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    let question = Unmanaged.passRetained(Question(self, found))
    request.initialize(to: uv_getaddrinfo_t())
    request.pointee.data = question.toOpaque()
    var hints = addrinfo()
    hints.ai_socktype = covey__stream_sockets
    let status = uv_getaddrinfo(
      loop, request,
      { request, status, addresses in
        guard let request, let data = request.pointee.data else { return }
        let question = Unmanaged<Question>.fromOpaque(data).takeRetainedValue()
        let texts = UvResolver.texts(addresses)
        uv_freeaddrinfo(addresses)
        question.resolver.pending.remove(request)
        request.deallocate()
        guard question.resolver.isOpen else { return }
        question.found(texts, status == 0 ? "" : String(cString: uv_strerror(status)))
      }, host, nil, &hints)
    if status == 0 {
      pending.insert(request)
    } else {
      question.release()
      request.deallocate()
      found([], String(cString: uv_strerror(status)))
    }
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

  /// Answers nobody any more; returns when nothing is under way.
  func close() {
    isOpen = false
    for request in pending {
      UnsafeMutableRawPointer(request).withMemoryRebound(to: uv_req_t.self, capacity: 1) {
        _ = uv_cancel($0)
      }
    }
    // What a thread works at cannot be cancelled.
    while !pending.isEmpty { uv_run(loop, UV_RUN_ONCE) }
  }
}
