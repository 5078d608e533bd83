internal import CoveyCore
import Synchronization

/// Which consumers are alive and in which phase, for threads other than the loop's.
///
/// One word for each slot: the generation of the id, and the phase where the id has its slot; zero
/// when free. Only the loop writes ids; other threads read them, and claim decisions.
final class SlotTable: Sendable {
  /// Chunks of words, made when a slot of theirs is first used, and kept until the end.
  nonisolated(unsafe) private let chunks: UnsafeMutablePointer<Atomic<UInt>>
  private static let chunkSlots = 4096
  private static let chunkCount = Limits.slotsMax / chunkSlots
  private static let slotMask: UInt64 = 0xFF_FFFF

  init() {
    chunks = .allocate(capacity: Self.chunkCount)
    for chunk in 0..<Self.chunkCount { (chunks + chunk).initialize(to: Atomic(0)) }
  }

  deinit {
    for chunk in 0..<Self.chunkCount {
      UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: chunks[chunk].load(ordering: .acquiring))?
        .deallocate()
    }
    chunks.deallocate()
  }

  private func word(_ slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
    let address = chunks[slot / Self.chunkSlots].load(ordering: .acquiring)
    return UnsafeMutablePointer(bitPattern: address).map { $0 + slot % Self.chunkSlots }
  }

  /// What is known of a consumer; nil when it is gone or never was.
  func phase(_ id: ConsumerID) -> Phase? {
    guard id.raw > Self.slotMask, let word = word(id.slot) else { return nil }
    let value = word.pointee.load(ordering: .acquiring)
    guard value & ~Self.slotMask == id.raw & ~Self.slotMask else { return nil }
    return Phase(rawValue: value & Self.slotMask)
  }

  /// Loop only.
  func set(_ id: ConsumerID, _ phase: Phase?) {
    let value = phase.map { (id.raw & ~Self.slotMask) | $0.rawValue } ?? 0
    (word(id.slot) ?? makeChunk(for: id.slot)).pointee.store(value, ordering: .releasing)
  }

  private func makeChunk(for slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    let chunk = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: Self.chunkSlots)
    for position in 0..<Self.chunkSlots { (chunk + position).initialize(to: Atomic(0)) }
    chunks[slot / Self.chunkSlots].store(UInt(bitPattern: chunk), ordering: .releasing)
    return chunk + slot % Self.chunkSlots
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
    return word(id.slot)?.pointee.compareExchange(
      expected: base | old.rawValue, desired: base | new.rawValue,
      ordering: .acquiringAndReleasing
    ).exchanged ?? false
  }
}
