import CCovey
import Glibc

/// How a consumer ended, copied.
struct Ending: Equatable, Sendable {
  var cause: Int
  var code: Int
  var isClean: Bool
  var reason = ""
}

/// What a server told its host, in order.
struct Seen: Sendable {
  var connects: [covey_consumer_id] = []
  var messages: [[UInt8]] = []
  var events: [String] = []
  var endings: [Ending] = []
  var logs: [String] = []
  /// Whatever a test's handlers want to remember.
  var notes: [String] = []
  /// Destructors that ran.
  var destroyed = 0

  var texts: [String] { messages.map { String(decoding: $0, as: UTF8.self) } }
}

/// Something that one thread changes and another waits for.
final class Record: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var seen = Seen()

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  var now: Seen { update { $0 } }

  @discardableResult
  func update<Answer>(_ body: (inout Seen) -> Answer) -> Answer {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    defer { pthread_cond_broadcast(condition) }
    return body(&seen)
  }

  /// Waits until what was seen satisfies a condition; false when that takes too long.
  func wait(_ seconds: Int = 10, until isEnough: (Seen) -> Bool) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_sec += seconds
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isEnough(seen) {
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return isEnough(seen) }
    }
    return true
  }
}

/// Milliseconds on a clock that never steps back.
func milliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
