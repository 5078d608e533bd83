/// What was published and is not known to be on the bus, oldest first.
///
/// Numbers follow each other without a hole, so that a letter is found by subtraction:
///
///     entries   nil nil  7  8 nil 10    nil: acknowledged
///                        ^ start
struct Unacknowledged {
  struct Entry {
    let letter: Letter
    let topic: Name
  }

  private var entries: ContiguousArray<Entry?> = []
  private var start = 0
  private var nextNumber: UInt64 = 1
  private(set) var bytes = 0

  /// Entries from the oldest one that waits on.
  var count: Int { entries.count &- start }

  /// Appends what is published; nil: there is no number left.
  mutating func append(_ contents: [UInt8], from sender: UInt64, to topic: Name) -> Letter? {
    let (next, isOver) = nextNumber.addingReportingOverflow(1)
    guard !isOver else { return nil }
    let letter = Letter(sender: sender, number: nextNumber, contents: contents)
    nextNumber = next
    entries.append(Entry(letter: letter, topic: topic))
    bytes &+= contents.count
    return letter
  }

  /// Takes out a letter; nil: it is not there.
  mutating func remove(_ number: UInt64) -> Entry? {
    let back = nextNumber &- number
    guard number < nextNumber, back <= UInt64(count) else { return nil }
    let place = entries.count &- Int(back)
    guard let entry = entries[place] else { return nil }
    entries[place] = nil
    bytes &-= entry.letter.contents.count
    while start < entries.count, entries[start] == nil { start &+= 1 }
    if start == entries.count {
      entries.removeAll(keepingCapacity: entries.count < 256)
      start = 0
    } else if start >= 256, start > entries.count / 2 {
      entries.removeFirst(start)
      start = 0
    }
    return entry
  }

  func forEach(_ body: (Entry) -> Void) {
    for place in start..<entries.count {
      if let entry = entries[place] { body(entry) }
    }
  }
}
