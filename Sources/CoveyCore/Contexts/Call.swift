/// Names a call of a client, as a consumer is named: a slot and a generation.
package struct CallID: Hashable, Sendable {
  package let raw: UInt64

  package init(raw: UInt64) { self.raw = raw }

  init(slot: Int, generation: UInt64) {
    raw = (generation &<< 24) | UInt64(truncatingIfNeeded: slot & 0xFF_FFFF)
  }

  package var slot: Int { Int(truncatingIfNeeded: raw & 0xFF_FFFF) }
}

/// A client's action or write that waits for its answer.
struct Call {
  let id: CallID
  let consumer: ConsumerID
  /// The client's own name for it, digit for digit.
  let wireID: [UInt8]
  /// Nil: an action.
  let write: WriteRequest?
}

/// A write that a client asks for, checked as far as the core can.
package final class WriteRequest: Sendable {
  package let operation: WriteOperations
  package let model: Int
  /// Nil for a create.
  package let id: InstanceID?
  /// Of a create.
  package let parent: Parent?
  /// The writable fields that were named, as an object.
  package let json: [UInt8]

  init(
    operation: WriteOperations, model: Int, id: InstanceID?, parent: Parent?, json: [UInt8]
  ) {
    self.operation = operation
    self.model = model
    self.id = id
    self.parent = parent
    self.json = json
  }

  package struct Parent: Sendable {
    package let model: Int
    package let id: InstanceID
    package let relation: Int
    package let relationName: Name
  }
}

/// The calls that wait, by slot.
struct CallTable {
  private var calls: ContiguousArray<Call?> = []
  private var free: ContiguousArray<Int32> = []
  private var generation: UInt64
  private(set) var count = 0
  /// When which call is due: all have the same time, so they fall due in the order of opening.
  private var due: ContiguousArray<(id: CallID, at: UInt64)> = []
  private var dueStart = 0
  var isDueArmed = false

  init(generation: UInt64) { self.generation = generation }

  /// Opens a call; nil when there are more than ids can name.
  mutating func open(
    _ consumer: ConsumerID, wireID: [UInt8], write: WriteRequest?, due time: UInt64
  ) -> CallID? {
    let slot = free.popLast().map(Int.init) ?? calls.count
    guard slot < Limits.slotsMax else { return nil }
    generation = (generation &+ 1) & ConsumerID.generationMask
    if generation == 0 { generation = 1 }
    let id = CallID(slot: slot, generation: generation)
    let call = Call(id: id, consumer: consumer, wireID: wireID, write: write)
    if slot == calls.count { calls.append(call) } else { calls[slot] = call }
    count &+= 1
    due.append((id, time))
    if due.count > 1024, due.count > 4 &* count { forgetAnswered() }
    return id
  }

  private mutating func forgetAnswered() {
    var kept: ContiguousArray<(id: CallID, at: UInt64)> = []
    for entry in due[dueStart...] where isWrite(entry.id) != nil { kept.append(entry) }
    due = kept
    dueStart = 0
  }

  /// When the next one is due, those that were answered left out.
  var nextDueTime: UInt64? { dueStart < due.count ? due[dueStart].at : nil }

  /// The next call that is due.
  mutating func nextDue(at now: UInt64) -> CallID? {
    while dueStart < due.count {
      let next = due[dueStart]
      if isWrite(next.id) == nil {
        dueStart &+= 1
        continue
      }
      guard next.at <= now else { return nil }
      dueStart &+= 1
      return next.id
    }
    due = []
    dueStart = 0
    return nil
  }

  /// Whether a call waits, and for what.
  @inline(__always)
  func isWrite(_ id: CallID) -> Bool? {
    guard id.raw != 0, id.slot < calls.count, calls[id.slot]?.id == id else { return nil }
    return calls[id.slot]?.write != nil
  }

  func call(_ id: CallID) -> Call? {
    guard id.raw != 0, id.slot < calls.count, let call = calls[id.slot], call.id == id else {
      return nil
    }
    return call
  }

  mutating func close(_ id: CallID) -> Call? {
    guard isWrite(id) != nil else { return nil }
    var call: Call?
    swap(&call, &calls[id.slot])
    free.append(Int32(truncatingIfNeeded: id.slot))
    count &-= 1
    return call
  }
}
