/// What waits to be written to one consumer.
///
/// Counts its bytes until the system has taken them, so that "this client is too slow" is one
/// comparison in one place.
struct Outbox {
  /// Frames from `start` on wait; those before it were handed over.
  private var frames: ContiguousArray<Frame> = []
  private var start = 0
  /// The last waiting frame was made here, and nobody else has it.
  private var isLastOwn = false
  /// At the front of the first waiting frame: bytes of messages that were dropped. A frame has less
  /// than 2 GiB.
  private var skipped: Int32 = 0
  /// Bytes of the waiting frames.
  private(set) var waitingBytes = 0
  /// Of these, bytes of state.
  private(set) var stateBytes = 0
  /// The version up to which the client is complete with what was handed over; 0: it is not.
  private(set) var handedCursor: UInt64 = 0
  /// Bytes handed over that the socket layer still buffers.
  private(set) var bufferedBytes = 0

  private var skippedBytes: Int {
    get { Int(skipped) }
    set { skipped = Int32(truncatingIfNeeded: newValue) }
  }

  var bytes: Int { waitingBytes &+ bufferedBytes }
  /// Waiting bytes that are no state.
  var otherBytes: Int { waitingBytes &- stateBytes }
  var isEmpty: Bool { start == frames.count }
  var waitingCount: Int { frames.count &- start }
  /// Whether the socket was full; until it drained nothing more is handed over.
  var isBlocked: Bool { bufferedBytes > 0 }

  /// Adds a frame that others may have, too.
  mutating func append(_ frame: Frame) {
    frames.append(frame)
    waitingBytes &+= frame.count
    if frame.isState { stateBytes &+= frame.count }
    isLastOwn = false
  }

  /// Adds a message for this consumer alone. Small ones go side by side at once, so that a burst is
  /// neither an allocation for each nor copied again when it is written.
  mutating func append(_ kind: MessageKind, _ payload: Span<UInt8>) {
    let size = Frame.bytes(forPayload: payload.count)
    waitingBytes &+= size
    if isLastOwn, start < frames.count {
      let last = frames[frames.count &- 1]
      if last.room >= size {
        last.add(kind, payload)
        return
      }
      let needed = last.count &+ size
      if needed <= Self.rowBytesMax {
        let row = Frame(capacity: min(Self.rowBytesMax, max(512, 2 &* needed)))
        row.add(last)
        row.add(kind, payload)
        frames[frames.count &- 1] = row
        return
      }
    }
    frames.append(Frame(kind, payload))
    isLastOwn = true
  }

  private static let rowBytesMax = 16 << 10

  /// Takes the next thing to write: one frame, or several side by side in `gathered`.
  ///
  /// Adds what it took to the counts.
  mutating func next(gatheringInto gathered: inout Gathered, counting: inout Traffic) -> Write {
    guard start < frames.count else { return .nothing }
    if skippedBytes > 0 { trim() }
    isLastOwn = false
    let first = frames[start]
    if start &+ 1 == frames.count || first.count > Limits.gatherBytesMax {
      counting.add(first.traffic)
      if stateBytes > 0 { handOver(start &+ 1) }
      advance(by: 1, first.count)
      return .frame(first)
    }
    if start == 0, waitingBytes <= Limits.gatherBytesMax {
      if stateBytes > 0 { handOver(frames.count) }
      waitingBytes = 0
      gathered.gather(&frames)
    } else {
      let taken = gathered.gather(from: frames, after: start)
      if stateBytes > 0 { handOver(start &+ taken) }
      advance(by: taken, gathered.count)
    }
    counting.add(gathered.traffic)
    return .gathered
  }

  private mutating func advance(by count: Int, _ bytes: Int) {
    start &+= count
    waitingBytes &-= bytes
    guard start == frames.count else { return }
    start = 0
    Gathered.empty(&frames)
  }

  /// Remembers how far the client will be complete with the frames before this one.
  private mutating func handOver(_ end: Int) {
    for position in start..<end where frames[position].isState {
      stateBytes &-= frames[position].count
      if frames[position].cursor > 0 { handedCursor = frames[position].cursor }
    }
  }

  /// Drops the state that waits. If some of it was a snapshot's, the client is complete up to
  /// nothing.
  mutating func dropState() {
    guard stateBytes > 0 else { return }
    var kept: ContiguousArray<Frame> = []
    for frame in frames[start...] {
      if !frame.isState { kept.append(frame) } else if frame.isSnapshot { forgetCursor() }
    }
    frames = kept
    start = 0
    waitingBytes &-= stateBytes
    stateBytes = 0
    isLastOwn = false
  }

  /// The client is complete up to nothing.
  mutating func forgetCursor() { handedCursor = 0 }

  /// Drops the message that waits longest, and tells its bytes; nil when none waits. Control frames
  /// stay.
  mutating func dropOldest() -> Int? {
    guard let position = frames[start...].firstIndex(where: { $0.traffic.messages > 0 }) else {
      return nil
    }
    let frame = frames[position]
    let offset = position == start ? skippedBytes : 0
    let size = min(frame.frameBytes(at: offset), frame.count &- offset)
    waitingBytes &-= size
    if offset &+ size < frame.count {
      // Of several side by side: they are taken apart when the rest is written.
      if position == start {
        skippedBytes &+= size
      } else {
        frames[position] = frame.dropping(size)
      }
    } else if position > start {
      if position == frames.count &- 1 { isLastOwn = false }
      frames.remove(at: position)
    } else {
      dropFirst()
    }
    return size
  }

  private mutating func dropFirst() {
    skippedBytes = 0
    if start == frames.count &- 1 { isLastOwn = false }
    // Nothing is held for what is not there any more.
    frames[start] = .ping
    start &+= 1
    if start == frames.count {
      start = 0
      Gathered.empty(&frames)
    } else if start > 64, start > frames.count / 2 {
      // Who reads nothing gets ever more behind it: the places before are cut off in time.
      frames.removeFirst(start)
      start = 0
    }
  }

  /// Takes what was dropped out of the first frame.
  private mutating func trim() {
    frames[start] = frames[start].dropping(skippedBytes)
    skippedBytes = 0
    if start == frames.count &- 1 { isLastOwn = false }
  }

  mutating func buffered(_ bytes: Int) { bufferedBytes = bytes }

  mutating func drained() { bufferedBytes = 0 }

  /// Drops what waits; what was handed over cannot be taken back. Returns the messages dropped.
  mutating func dropWaiting() -> Int {
    if skippedBytes > 0 { trim() }
    let messages = frames[start...].reduce(0) { $0 &+ Int(truncatingIfNeeded: $1.traffic.messages) }
    frames = []
    start = 0
    waitingBytes = 0
    stateBytes = 0
    return messages
  }
}

/// What an outbox hands over next.
package enum Write {
  case nothing
  /// Straight from the shared bytes of this frame.
  case frame(Frame)
  /// From the hub's gathered bytes.
  case gathered
}

/// Messages and the bytes of their payloads.
struct Traffic {
  var messages: UInt64 = 0
  var bytes: UInt64 = 0

  mutating func add(_ other: Traffic) {
    messages &+= other.messages
    bytes &+= other.bytes
  }
}
