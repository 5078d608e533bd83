/// What a layer may ask of the loop that its server runs on. On that loop's thread alone.
package protocol LayerLoop: AnyObject {
  /// On a clock that never steps back.
  var milliseconds: UInt64 { get }
  /// Since 1970.
  var wallMicroseconds: UInt64 { get }
  /// So many, or none at all.
  func randomBytes(_ count: Int) -> [UInt8]

  /// Watches a descriptor; of nothing until it is told. Nil when the loop cannot.
  func watch(
    _ descriptor: Int32, _ ready: @escaping (Readiness) -> Void
  ) -> (any LayerWatch)?
  /// Calls once, after a while.
  func after(_ milliseconds: UInt64, _ body: @escaping () -> Void) -> any LayerTimer
  /// Finds the numeric addresses of a host without waiting; none, with the reason, if there are
  /// none. Not called any more once the loop ends.
  func resolve(_ host: String, _ found: @escaping ([String], String) -> Void)
}

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  package static let reading = Readiness(rawValue: 1)
  package static let writing = Readiness(rawValue: 2)
}

/// A descriptor that is watched, until it is closed or let go.
package protocol LayerWatch: AnyObject {
  func wait(for readiness: Readiness)
  /// From its return on the loop does not know the descriptor any more.
  func close()
}

/// A timer that waits, until it is closed or let go.
package protocol LayerTimer: AnyObject {
  func close()
}
