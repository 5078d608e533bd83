internal import CoveyCore

/// A function of the host's with what belongs to it, given up together.
package final class HostTask: @unchecked Sendable {
  private let body: () -> Void

  package init(_ body: @escaping () -> Void) { self.body = body }

  func run() { body() }
}

/// The timers of a server, by id. From any thread.
final class Timers: Sendable {
  struct Timer {
    let task: HostTask
    let repeatMilliseconds: UInt64?
  }

  private struct Contents {
    var timers: [UInt64: Timer] = [:]
    var last: UInt64 = 0
  }

  private let contents = UvLocked(Contents())

  /// Adds a timer; nil when there are too many.
  func add(_ timer: Timer) -> UInt64? {
    contents.withLock {
      guard $0.timers.count < Limits.timersMax else { return nil }
      $0.last &+= 1
      $0.timers[$0.last] = timer
      return $0.last
    }
  }

  func timer(_ id: UInt64) -> Timer? { contents.withLock { $0.timers[id] } }

  /// Takes a timer out; nil when it is not there any more.
  func remove(_ id: UInt64) -> Timer? { contents.withLock { $0.timers.removeValue(forKey: id) } }

  func removeAll() -> [UInt64: Timer] {
    contents.withLock { contents in
      defer { contents.timers = [:] }
      return contents.timers
    }
  }
}
