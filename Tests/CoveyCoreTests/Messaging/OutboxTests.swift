import SeededNumbers
import Testing

@testable import CoveyCore

struct OutboxTests {
  private func frame(_ size: Int, _ byte: UInt8 = 0) -> Frame {
    Frame(.binary, [UInt8](repeating: byte, count: size).span)
  }

  private func bytes(_ frame: Frame) -> [UInt8] { frame.withBytes { Array($0) } }

  /// Takes all that is written; the sizes of the writes, gathered ones negative.
  private func writes(
    _ outbox: inout Outbox, _ gathered: inout Gathered, _ traffic: inout Traffic
  ) -> (sizes: [Int], bytes: [UInt8]) {
    var sizes: [Int] = []
    var all: [UInt8] = []
    while true {
      switch outbox.next(gatheringInto: &gathered, counting: &traffic) {
      case .nothing: return (sizes, all)
      case .frame(let frame):
        sizes.append(frame.count)
        all += bytes(frame)
      case .gathered:
        sizes.append(-gathered.count)
        all += gathered.withBytes { Array($0) }
      }
    }
  }

  @Test func `an empty outbox has nothing to write`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    #expect(writes(&outbox, &gathered, &traffic).sizes == [])
    #expect(outbox.isEmpty && outbox.bytes == 0 && !outbox.isBlocked)
  }

  @Test func `one frame goes as it is, several side by side`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    outbox.append(frame(10))
    #expect(writes(&outbox, &gathered, &traffic).sizes == [12])
    outbox.append(frame(10, 1))
    outbox.append(frame(20, 2))
    #expect(outbox.bytes == 34)
    let (sizes, all) = writes(&outbox, &gathered, &traffic)
    #expect(sizes == [-34])
    #expect(all == bytes(frame(10, 1)) + bytes(frame(20, 2)))
    #expect(outbox.isEmpty && outbox.bytes == 0)
    #expect(traffic.messages == 3 && traffic.bytes == 40)
  }

  @Test func `as much as fits is gathered, and not one byte more`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    let most = Limits.gatherBytesMax
    outbox.append(frame(most - 4 - 6))
    outbox.append(frame(4))
    #expect(writes(&outbox, &gathered, &traffic).sizes == [-most])
    outbox.append(frame(most - 4 - 6))
    outbox.append(frame(5))
    #expect(writes(&outbox, &gathered, &traffic).sizes == [-(most - 6), 7])
    outbox.append(frame(1))
    outbox.append(frame(most - 4))
    outbox.append(frame(most - 3))
    outbox.append(frame(1))
    #expect(writes(&outbox, &gathered, &traffic).sizes == [-3, -most, most + 1, 3])
  }

  @Test func `bytes count until the socket drained`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    outbox.append(frame(10))
    _ = outbox.next(gatheringInto: &gathered, counting: &traffic)
    outbox.buffered(12)
    outbox.append(frame(10))
    #expect(outbox.isBlocked && outbox.bytes == 24 && outbox.waitingBytes == 12)
    #expect(outbox.dropWaiting() == 1)
    #expect(outbox.isBlocked && outbox.bytes == 12 && outbox.isEmpty)
    outbox.drained()
    #expect(!outbox.isBlocked && outbox.bytes == 0)
  }

  @Test func `only messages count as dropped, and only those that waited`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    for frame in [frame(70_000), frame(1), .ping, frame(2), .close(.normal, reason: [])] {
      outbox.append(frame)
    }
    _ = outbox.next(gatheringInto: &gathered, counting: &traffic)
    #expect(outbox.waitingCount == 4)
    #expect(outbox.dropWaiting() == 2)
    #expect(traffic.messages == 1)
  }

  @Test func `equal outboxes are gathered once and counted each`() {
    var (gathered, traffic) = (Gathered(), Traffic())
    let shared = (0..<100).map { frame($0, UInt8($0)) }
    let expected = shared.flatMap(bytes)
    for round in 1...3 {
      var outbox = Outbox()
      for frame in shared { outbox.append(frame) }
      #expect(writes(&outbox, &gathered, &traffic).bytes == expected)
      #expect(traffic.messages == UInt64(100 * round) && traffic.bytes == UInt64(4950 * round))
    }
    gathered.forget()
    var outbox = Outbox()
    for frame in shared { outbox.append(frame) }
    #expect(writes(&outbox, &gathered, &traffic).bytes == expected)
  }

  @Test func `small messages of its own go side by side in frames of at most 16 KiB`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    var expected: [UInt8] = []
    for number in 0..<1000 {
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 100)
      outbox.append(.text, payload.span)
      expected += bytes(Frame(.text, payload.span))
    }
    #expect(outbox.bytes == expected.count)
    #expect(outbox.waitingCount == 7)
    let (sizes, all) = writes(&outbox, &gathered, &traffic)
    #expect(all == expected)
    #expect(sizes.count == 2)
    #expect(traffic.messages == 1000)
  }

  @Test func `a frame that was handed over is not added to`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    let payload: [UInt8] = [1]
    outbox.append(.text, payload.span)
    outbox.append(.text, payload.span)
    guard case .frame(let first) = outbox.next(gatheringInto: &gathered, counting: &traffic)
    else {
      Issue.record("not one frame")
      return
    }
    outbox.append(.text, payload.span)
    #expect(first.count == 6)
    #expect(outbox.bytes == 3)
  }

  @Test func `a message after somebody else's frame is not added to that`() {
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    let payload: [UInt8] = [1]
    let shared = Frame(capacity: 100)
    shared.add(.text, payload.span)
    outbox.append(shared)
    outbox.append(.text, payload.span)
    #expect(shared.count == 3)
    #expect(writes(&outbox, &gathered, &traffic).sizes == [-6])
    outbox.append(.text, payload.span)
    #expect(outbox.dropWaiting() == 1)
    outbox.append(.text, payload.span)
    #expect(writes(&outbox, &gathered, &traffic).sizes == [3])
  }

  @Test func `random outboxes are written in order, whatever was gathered before`() {
    var numbers = SeededNumbers()
    var (gathered, traffic) = (Gathered(), Traffic())
    let sizes = [0, 1, 10, 125, 126, 20_000, 40_000, 65_532, 65_533, 66_000]
    let shared = (0..<12).map { frame(sizes[numbers.below(sizes.count)], UInt8($0)) }
    for round in 0..<300 {
      var outbox = Outbox()
      var expected: [UInt8] = []
      var messages: UInt64 = 0
      for _ in 0..<numbers.below(6) {
        if numbers.below(2) == 0 {
          let frame = shared[numbers.below(shared.count)]
          outbox.append(frame)
          expected += bytes(frame)
        } else {
          let payload = [UInt8](repeating: 7, count: sizes[numbers.below(sizes.count)])
          outbox.append(.text, payload.span)
          expected += bytes(Frame(.text, payload.span))
        }
        messages += 1
      }
      let waiting = outbox.bytes
      traffic = Traffic()
      let (writes, all) = writes(&outbox, &gathered, &traffic)
      guard all == expected, waiting == all.count, traffic.messages == messages, outbox.bytes == 0,
        writes.allSatisfy({ -$0 <= Limits.gatherBytesMax })
      else {
        Issue.record("COVEY_SEED=\(SeededNumbers.seed) round \(round): \(writes)")
        return
      }
      if numbers.below(3) == 0 { gathered.forget() }
    }
  }

  // MARK: dropping

  @Test func `the oldest message is dropped, also from a row, and the rest is whole`() {
    let sizes = [1, 125, 126, 3000, 0, 7]
    for count in 0...sizes.count {
      var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
      var expected: [UInt8] = []
      for (number, size) in sizes.enumerated() {
        let payload = [UInt8](repeating: UInt8(number), count: size)
        outbox.append(.binary, payload.span)
        if number >= count { expected += bytes(frame(size, UInt8(number))) }
      }
      let dropped = (0..<count).map { _ in outbox.dropOldest() ?? -1 }
      #expect(dropped == sizes.prefix(count).map { Frame.bytes(forPayload: $0) })
      #expect(outbox.bytes == expected.count)
      outbox.append(.binary, [9].span)
      #expect(writes(&outbox, &gathered, &traffic).bytes == expected + bytes(frame(1, 9)))
      #expect(traffic.messages == UInt64(sizes.count - count + 1))
      #expect(outbox.isEmpty && outbox.bytes == 0)
    }
  }

  @Test func `random appends and drops leave what a list would`() {
    var numbers = SeededNumbers()
    var (outbox, gathered, traffic) = (Outbox(), Gathered(), Traffic())
    var model: [[UInt8]] = []
    for step in 0..<20_000 {
      let size = numbers.below(20) == 0 ? numbers.below(20_000) : numbers.below(200)
      let payload = [UInt8](repeating: UInt8(step & 255), count: size)
      switch numbers.below(10) {
      case ..<3:
        outbox.append(.binary, payload.span)
        model.append(bytes(Frame(.binary, payload.span)))
      case ..<5:
        outbox.append(Frame(.binary, payload.span))
        model.append(bytes(Frame(.binary, payload.span)))
      case ..<9:
        let size = outbox.dropOldest()
        #expect(size == (model.isEmpty ? nil : model.removeFirst().count))
      default:
        if numbers.below(20) == 0 {
          #expect(writes(&outbox, &gathered, &traffic).bytes == model.flatMap { $0 })
          model = []
        } else if numbers.below(50) == 0 {
          let dropped = outbox.dropWaiting()
          #expect(dropped == model.count)
          model = []
        }
      }
      #expect(outbox.bytes == model.reduce(0) { $0 + $1.count })
    }
  }
}
