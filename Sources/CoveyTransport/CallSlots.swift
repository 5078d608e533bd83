internal import CoveyCore

/// Which calls wait for an answer, for threads other than the loop's: in each slot the call's id
/// while it is open, zero afterwards.
///
/// Only the loop opens calls; whoever answers claims one first, and only one can.
final class CallSlots: Sendable {
  private let words = AtomicWords()

  /// Loop only.
  func open(_ call: CallID) { words.store(call.raw, call.slot) }

  /// Loop only. Another call may have the slot already.
  func close(_ call: CallID) { _ = claim(call) }

  /// Lets one thread, and only one, answer a call.
  func claim(_ call: CallID) -> Bool { call.raw != 0 && words.exchange(call.raw, 0, call.slot) }

  /// Gives a claim back that could not be made good.
  func unclaim(_ call: CallID) { _ = words.exchange(0, call.raw, call.slot) }
}
