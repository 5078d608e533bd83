internal import CoveyCore
import Synchronization

/// One atomic word for each slot, zero at first: written by the loop, read and claimed by others.
///
/// In chunks that are made when a slot of theirs is first used, and kept until the end.
final class AtomicWords: Sendable {
  nonisolated(unsafe) private let chunks: UnsafeMutablePointer<Atomic<UInt>>
  private static let chunkSlots = 4096
  private static let chunkCount = Limits.slotsMax / chunkSlots

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

  /// Zero for a slot that never was used.
  func load(_ slot: Int) -> UInt64 { word(slot)?.pointee.load(ordering: .acquiring) ?? 0 }

  /// Loop only.
  func store(_ value: UInt64, _ slot: Int) {
    (word(slot) ?? makeChunk(for: slot)).pointee.store(value, ordering: .releasing)
  }

  /// Puts one value in place of another, if that is there.
  func exchange(_ old: UInt64, _ new: UInt64, _ slot: Int) -> Bool {
    word(slot)?.pointee.compareExchange(
      expected: old, desired: new, ordering: .acquiringAndReleasing
    ).exchanged ?? false
  }

  private func makeChunk(for slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    let chunk = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: Self.chunkSlots)
    for position in 0..<Self.chunkSlots { (chunk + position).initialize(to: Atomic(0)) }
    chunks[slot / Self.chunkSlots].store(UInt(bitPattern: chunk), ordering: .releasing)
    return chunk + slot % Self.chunkSlots
  }
}
