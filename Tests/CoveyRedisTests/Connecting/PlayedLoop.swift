#if Redis
  import CoveyCore
  import Glibc

  /// A loop on which nothing happens but what a test says.
  final class PlayedLoop: LayerLoop {
    final class Timer: LayerTimer {
      fileprivate var body: (() -> Void)?
      fileprivate let due: UInt64

      fileprivate init(_ due: UInt64, _ body: @escaping () -> Void) {
        self.due = due
        self.body = body
      }

      func close() { body = nil }
    }

    final class Watch: LayerWatch {
      func wait(for readiness: Readiness) {}
      func close() {}
    }

    private struct Waiting { weak var timer: Timer? }

    private(set) var milliseconds: UInt64 = 1_000
    var wallMicroseconds: UInt64 { 1_700_000_000_000_000 + milliseconds * 1_000 }
    private(set) var lookups: [(host: String, found: ([String], String) -> Void)] = []
    private(set) var watched: [(descriptor: Int32, ready: (Readiness) -> Void)] = []
    private var timers: [Waiting] = []

    func randomBytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }

    func watch(
      _ descriptor: Int32, _ ready: @escaping (Readiness) -> Void
    ) -> (any LayerWatch)? {
      watched.append((descriptor, ready))
      return Watch()
    }

    func after(_ milliseconds: UInt64, _ body: @escaping () -> Void) -> any LayerTimer {
      let timer = Timer(self.milliseconds + milliseconds, body)
      timers.append(Waiting(timer: timer))
      return timer
    }

    func resolve(_ host: String, _ found: @escaping ([String], String) -> Void) {
      lookups.append((host, found))
    }

    /// Lets so much time pass, a millisecond at a time.
    func pass(_ milliseconds: Int) {
      for _ in 0..<milliseconds {
        self.milliseconds += 1
        timers.removeAll { $0.timer?.body == nil }
        for waiting in timers {
          guard let timer = waiting.timer, timer.due <= self.milliseconds, let body = timer.body
          else { continue }
          timer.body = nil
          body()
        }
      }
    }
  }

  /// Somebody who listens in Redis' place, on loopback.
  final class Listener {
    private let descriptor: Int32
    private var accepted: [Int32] = []
    let port: UInt16

    init() {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let descriptor = descriptor
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = bind(descriptor, $0, size)
          _ = listen(descriptor, 8)
          _ = getsockname(descriptor, $0, &size)
        }
      }
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
      for descriptor in accepted { close(descriptor) }
      close(descriptor)
    }

    /// Takes the next connection, and says this on it.
    func say(_ text: String) {
      let next = accept(descriptor, nil, nil)
      accepted.append(next)
      _ = send(next, text, text.utf8.count, Int32(MSG_NOSIGNAL))
    }
  }
#endif
