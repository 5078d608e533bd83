internal import CoveyCore

/// Which consumers are alive and in which phase, for threads other than the loop's.
///
/// One word for each slot: the generation of the id, and the phase where the id has its slot; zero
/// when free. Only the loop writes ids; other threads read them, and claim decisions.
final class SlotTable: Sendable {
  private let words = AtomicWords()
  private static let slotMask: UInt64 = 0xFF_FFFF

  /// What is known of a consumer; nil when it is gone or never was.
  func phase(_ id: ConsumerID) -> Phase? {
    guard id.raw > Self.slotMask else { return nil }
    let value = words.load(id.slot)
    guard value & ~Self.slotMask == id.raw & ~Self.slotMask else { return nil }
    return Phase(rawValue: value & Self.slotMask)
  }

  /// Loop only.
  func set(_ id: ConsumerID, _ phase: Phase?) {
    words.store(phase.map { (id.raw & ~Self.slotMask) | $0.rawValue } ?? 0, id.slot)
  }

  /// Lets one thread, and only one, decide on an undecided consumer; answers the phase it was in.
  func claimDecision(_ id: ConsumerID) -> Phase? {
    guard let phase = phase(id), phase == .deciding || phase == .undecided,
      exchange(id, phase, .open)
    else { return nil }
    return phase
  }

  /// Gives a claim back that could not be made good.
  func unclaimDecision(_ id: ConsumerID, _ phase: Phase) { _ = exchange(id, .open, phase) }

  private func exchange(_ id: ConsumerID, _ old: Phase, _ new: Phase) -> Bool {
    let base = id.raw & ~Self.slotMask
    return words.exchange(base | old.rawValue, base | new.rawValue, id.slot)
  }
}
