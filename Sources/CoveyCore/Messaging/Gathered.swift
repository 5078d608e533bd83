/// Frames copied side by side, to be written at once.
///
/// The members of a group mostly have the same frames waiting: then what was gathered for one is
/// written to the next as it is.
package struct Gathered {
  package private(set) var bytes: [UInt8] = []
  private var frames: ContiguousArray<Frame> = []
  private(set) var traffic = Traffic()

  init() { bytes.reserveCapacity(Limits.gatherBytesMax) }

  /// Gathers as many frames as fit, at least one; returns how many.
  mutating func gather(_ waiting: ContiguousArray<Frame>, from start: Int) -> Int {
    if holds(waiting, from: start) { return frames.count }
    bytes.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    traffic = Traffic()
    for frame in waiting[start...] {
      guard frames.isEmpty || bytes.count &+ frame.bytes.count <= Limits.gatherBytesMax else {
        break
      }
      bytes.append(contentsOf: frame.bytes)
      frames.append(frame)
      traffic.add(frame)
    }
    return frames.count
  }

  /// Gives back what is held, at the end of a turn.
  mutating func forget() {
    if !frames.isEmpty { frames.removeAll(keepingCapacity: true) }
  }

  private func holds(_ waiting: ContiguousArray<Frame>, from start: Int) -> Bool {
    // Only what is exactly the rest of the outbox: fewer frames would be a write more.
    guard frames.count > 1, waiting.count &- start == frames.count else { return false }
    for position in frames.indices
    where !frames[position].isIdentical(to: waiting[start &+ position]) {
      return false
    }
    return true
  }
}
