/// Names a consumer: a slot and a generation that is never used again.
///
///     63            24 23        0
///     +---------------+----------+
///     |  generation   |   slot   |
///     +---------------+----------+
///
/// The generation is at least 1, so that 0 names nobody.
package struct ConsumerID: Hashable, Sendable {
  package let raw: UInt64

  package init(raw: UInt64) { self.raw = raw }

  init(slot: Int, generation: UInt64) {
    raw = (generation &<< 24) | UInt64(truncatingIfNeeded: slot & 0xFF_FFFF)
  }

  /// Where the consumer's state is kept while it lives.
  package var slot: Int { Int(truncatingIfNeeded: raw & 0xFF_FFFF) }

  /// Generations wrap after 2^40 connections, which no process lives to see.
  static let generationMask: UInt64 = (1 << 40) - 1
}
