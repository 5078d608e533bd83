import CLibuv

/// What a loop calls, on its own thread.
protocol UvLoopClient: AnyObject {
  /// Another thread, or a call between services, asked for attention.
  func loopWasWoken()
  /// The loop has polled, and everything it found was handled.
  func loopHasPolled()
  /// The loop is about to wait.
  func loopWillWait()
}

/// One libuv loop with the handles a server needs. The files Uv*.swift alone know libuv.
///
/// The loop's memory outlives its closing until this object goes, so that a late wake-up from
/// another thread or a signal handler finds something harmless.
final class UvLoop: @unchecked Sendable {
  private let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
  private let async = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
  private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
  private let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
  private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
  private let deadline = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
  private let patience = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
  private var isMade = false
  private var isOpen = false
  /// Owns this, and so outlives it.
  unowned(unsafe) var client: (any UvLoopClient)?

  /// Makes the loop; nil when the system has no descriptors or memory left.
  init?() {
    // Short of descriptors libuv does not always say no: it may also abort.
    guard UvSystem.hasDescriptors(16), uv_loop_init(loop) == 0 else { return nil }
    isMade = true
    let this = Unmanaged.passUnretained(self).toOpaque()
    guard
      uv_async_init(loop, async, { UvLoop.of($0?.pointee.data)?.client?.loopWasWoken() }) == 0
    else { return nil }
    uv_prepare_init(loop, prepare)
    uv_check_init(loop, check)
    uv_idle_init(loop, idle)
    uv_timer_init(loop, deadline)
    uv_timer_init(loop, patience)
    async.pointee.data = this
    prepare.pointee.data = this
    check.pointee.data = this
    uv_prepare_start(prepare) { UvLoop.of($0?.pointee.data)?.client?.loopWillWait() }
    uv_check_start(check) { UvLoop.of($0?.pointee.data)?.client?.loopHasPolled() }
    isOpen = true
  }

  deinit {
    if isOpen { closeHandles() }
    if isMade { uv_loop_close(loop) }
    loop.deallocate()
    async.deallocate()
    prepare.deallocate()
    check.deallocate()
    idle.deallocate()
    deadline.deallocate()
    patience.deallocate()
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> UvLoop? {
    data.map { Unmanaged<UvLoop>.fromOpaque($0).takeUnretainedValue() }
  }

  /// What libwebsockets is given as its foreign loop.
  var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(loop) }

  // MARK: driving

  func run() { uv_run(loop, UV_RUN_DEFAULT) }

  func serviceWithoutWaiting() { uv_run(loop, UV_RUN_NOWAIT) }

  /// Waits for one turn's worth of work, at most so long; nil: as long as it takes.
  func service(atMost milliseconds: UInt64?) {
    if let milliseconds {
      uv_update_time(loop)
      uv_timer_start(patience, { _ in }, milliseconds, 0)
    }
    uv_run(loop, UV_RUN_ONCE)
    uv_timer_stop(patience)
  }

  func stop() { uv_stop(loop) }

  var descriptor: Int32 { uv_backend_fd(loop) }

  /// Milliseconds until the loop has something to do by itself; -1: never.
  var timeout: Int32 {
    uv_update_time(loop)
    return uv_backend_timeout(loop)
  }

  /// Runs what is left after the handles were closed.
  func runUntilEmpty() {
    // Each run ends when nothing is alive; the bound is for what never ends.
    for _ in 0..<1000 where uv_run(loop, UV_RUN_NOWAIT) != 0 {}
  }

  /// Closes our handles; the loop must be run until it is empty afterwards.
  func closeHandles() {
    guard isOpen else { return }
    isOpen = false
    for handle in [
      UnsafeMutableRawPointer(async), UnsafeMutableRawPointer(prepare),
      UnsafeMutableRawPointer(check), UnsafeMutableRawPointer(idle),
      UnsafeMutableRawPointer(deadline), UnsafeMutableRawPointer(patience),
    ] {
      uv_close(handle.assumingMemoryBound(to: uv_handle_t.self), nil)
    }
    runUntilEmpty()
  }

  // MARK: time and wake-ups

  /// Milliseconds, as of the beginning of this turn.
  var now: UInt64 { uv_now(loop) }

  func updateTime() { uv_update_time(loop) }

  /// Ends a turn at this time; nil: whenever something happens.
  func setDeadline(_ time: UInt64?) {
    guard let time else {
      uv_timer_stop(deadline)
      return
    }
    let now = uv_now(loop)
    uv_timer_start(deadline, { _ in }, time > now ? time &- now : 0, 0)
  }

  /// Whether the loop polls without waiting.
  var isAwake = false {
    didSet {
      guard isAwake != oldValue else { return }
      if isAwake { uv_idle_start(idle) { _ in } } else { uv_idle_stop(idle) }
    }
  }

  /// Wakes the loop. From any thread and from signal handlers; wake-ups are coalesced.
  func wake() { uv_async_send(async) }
}

// MARK: - threads

/// A thread that runs a closure.
final class UvThread: @unchecked Sendable {
  private var thread = uv_thread_t()
  private let body: @Sendable () -> Void

  /// Starts it; nil when the system refuses.
  init?(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    let this = Unmanaged.passRetained(self)
    let status = uv_thread_create(
      &thread,
      { argument in
        guard let argument else { return }
        Unmanaged<UvThread>.fromOpaque(argument).takeRetainedValue().body()
      }, this.toOpaque())
    guard status == 0 else {
      this.release()
      return nil
    }
  }

  func join() { uv_thread_join(&thread) }

  /// A number that tells threads apart while they live.
  static var current: UInt { UInt(uv_thread_self()) }
}

/// A value behind a lock, for any thread.
///
/// Not the standard library's Mutex: ThreadSanitizer does not see that one lock.
final class UvLocked<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<uv_mutex_t>.allocate(capacity: 1)
  private var value: Value

  init(_ value: Value) {
    self.value = value
    uv_mutex_init(mutex)
  }

  deinit {
    uv_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Never inlined: what a caller does not use would else be let go inside, and the destructors of
  /// a host may come back for the same lock.
  @inline(never)
  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    uv_mutex_lock(mutex)
    defer { uv_mutex_unlock(mutex) }
    return body(&value)
  }
}

/// A flag that threads can wait for.
final class UvGate: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<uv_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<uv_cond_t>.allocate(capacity: 1)
  private var isOpen = false

  init() {
    uv_mutex_init(mutex)
    uv_cond_init(condition)
  }

  deinit {
    uv_cond_destroy(condition)
    uv_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func open() {
    uv_mutex_lock(mutex)
    isOpen = true
    uv_cond_broadcast(condition)
    uv_mutex_unlock(mutex)
  }

  /// Waits at most so long; nil: for ever. Tells whether the gate is open.
  func wait(atMost milliseconds: UInt64?) -> Bool {
    uv_mutex_lock(mutex)
    defer { uv_mutex_unlock(mutex) }
    let end = milliseconds.map { uv_hrtime() &+ $0 &* 1_000_000 }
    while !isOpen {
      guard let end else {
        uv_cond_wait(condition, mutex)
        continue
      }
      let now = uv_hrtime()
      guard now < end else { return false }
      _ = uv_cond_timedwait(condition, mutex, end &- now)
    }
    return true
  }
}

// MARK: - the system

/// Questions to the operating system, by way of libuv.
enum UvSystem {
  /// The soft limit of open descriptors; 0: unknown.
  static var descriptorLimit: UInt64 { covey__descriptor_limit() }

  /// Whether so many more descriptors could be opened just now.
  static func hasDescriptors(_ count: Int) -> Bool {
    var opened: [uv_file] = []
    var request = uv_fs_t()
    while opened.count < count {
      let descriptor = uv_fs_open(nil, &request, "/", 0, 0, nil)
      uv_fs_req_cleanup(&request)
      guard descriptor >= 0 else { break }
      opened.append(descriptor)
    }
    for descriptor in opened {
      uv_fs_close(nil, &request, descriptor, nil)
      uv_fs_req_cleanup(&request)
    }
    return opened.count == count
  }

  /// Eight random bytes.
  static var randomToken: UInt64 {
    var token: UInt64 = 0
    let status = uv_random(nil, nil, &token, MemoryLayout<UInt64>.size, 0, nil)
    return status == 0 ? token : uv_hrtime()
  }

  /// So many random bytes; none at all from a system that has none to give.
  static func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    return uv_random(nil, nil, &bytes, bytes.count, 0, nil) == 0 ? bytes : []
  }

  /// On a clock that never steps back.
  static var nanoseconds: UInt64 { uv_hrtime() }

  /// Microseconds since 1970.
  static var wallMicroseconds: UInt64 {
    var time = uv_timeval64_t()
    guard uv_gettimeofday(&time) == 0, time.tv_sec > 0 else { return 0 }
    return UInt64(time.tv_sec) &* 1_000_000 &+ UInt64(clamping: time.tv_usec)
  }

  /// The path without links and dots; nil when there is nothing.
  static func realPath(_ path: String) -> String? {
    var request = uv_fs_t()
    defer { uv_fs_req_cleanup(&request) }
    guard uv_fs_realpath(nil, &request, path, nil) == 0, let found = request.ptr else { return nil }
    return String(cString: found.assumingMemoryBound(to: CChar.self))
  }

  struct File {
    let isDirectory: Bool
    let isRegular: Bool
    let size: UInt64
    let modifiedSeconds: Int
    let modifiedNanoseconds: Int
  }

  static func file(_ path: String) -> File? {
    var request = uv_fs_t()
    defer { uv_fs_req_cleanup(&request) }
    guard uv_fs_stat(nil, &request, path, nil) == 0 else { return nil }
    let stat = request.statbuf
    let format = stat.st_mode & 0o170000
    return File(
      isDirectory: format == 0o040000, isRegular: format == 0o100000, size: stat.st_size,
      modifiedSeconds: Int(stat.st_mtim.tv_sec), modifiedNanoseconds: Int(stat.st_mtim.tv_nsec))
  }

  /// An error of the system, in words.
  static func text(ofError number: Int32) -> String {
    String(cString: uv_strerror(0 &- number))
  }
}
