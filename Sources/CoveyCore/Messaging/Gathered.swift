/// Frames copied side by side, to be written at once.
///
/// The members of a group mostly have the same frames waiting: then what was gathered for one is
/// written to the next as it is.
package struct Gathered {
  /// Room for the most that is gathered; the first `count` bytes count.
  private var room = [UInt8](repeating: 0, count: Limits.gatherBytesMax)
  private(set) package var count = 0
  private var frames: ContiguousArray<Frame> = []
  private(set) var traffic = Traffic()

  /// The gathered bytes, for the length of a call.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    room.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// Gathers frames that fit, and takes them in exchange for an empty array.
  mutating func gather(_ waiting: inout ContiguousArray<Frame>) {
    if !holds(waiting) {
      swap(&frames, &waiting)
      copy()
    }
    Self.empty(&waiting)
  }

  /// Gathers the first of these frames, at least one and as many as fit; returns how many.
  mutating func gather(from waiting: ContiguousArray<Frame>, after start: Int) -> Int {
    Self.empty(&frames)
    var bytes = 0
    for position in start..<waiting.count {
      bytes &+= waiting[position].count
      guard bytes <= Limits.gatherBytesMax else { break }
      frames.append(waiting[position])
    }
    copy()
    return frames.count
  }

  /// Gives back what is held, at the end of a turn.
  mutating func forget() { Self.empty(&frames) }

  private mutating func copy() {
    traffic = Traffic()
    var offset = 0
    room.withUnsafeMutableBytes { room in
      for frame in frames {
        traffic.add(frame.traffic)
        frame.withBytes {
          UnsafeMutableRawBufferPointer(rebasing: room[offset...]).copyMemory(from: $0)
          offset &+= $0.count
        }
      }
    }
    count = offset
  }

  private func holds(_ waiting: ContiguousArray<Frame>) -> Bool {
    guard !frames.isEmpty, waiting.count == frames.count else { return false }
    for position in frames.indices where !frames[position].isIdentical(to: waiting[position]) {
      return false
    }
    return true
  }

  /// Empties an array but keeps its room, unless a burst made it large.
  static func empty(_ frames: inout ContiguousArray<Frame>) {
    guard frames.count <= 64 else {
      frames = []
      return
    }
    while frames.popLast() != nil {}
  }
}
