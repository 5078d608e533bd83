/// What is due when: a binary heap with the earliest first.
///
/// Nothing is ever taken out early; whoever is told that something is due looks whether it still
/// is.
struct Deadlines {
  enum Subject: Sendable {
    case connect(ConsumerID)
    case close(ConsumerID)
    case silence(ConsumerID)
    case timer(UInt64)
    case stop
    case authentication(ConsumerID)
    case loading(ConsumerID)
    case calls
    case load(LoadID)
    case session(Name)
    case sweep
    case drain(ConsumerID)
    case drained
    case drainTold
    case expiry(ConsumerID)
    case reauthorization(ConsumerID)
    case gaps
  }

  private var heap: ContiguousArray<(at: UInt64, subject: Subject)> = []

  var next: UInt64? { heap.first?.at }

  mutating func add(_ subject: Subject, at time: UInt64) {
    heap.append((time, subject))
    var child = heap.count &- 1
    while child > 0 {
      let parent = (child &- 1) / 2
      guard heap[child].at < heap[parent].at else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  var count: Int { heap.count }

  /// Forgets all that is not wanted any more.
  mutating func keep(_ isWanted: (Subject) -> Bool) {
    var kept = Deadlines()
    for entry in heap where isWanted(entry.subject) { kept.add(entry.subject, at: entry.at) }
    self = kept
  }

  /// Takes the earliest one that is due.
  mutating func pop(dueAt now: UInt64) -> Subject? {
    guard let first = heap.first, first.at <= now else { return nil }
    heap.swapAt(0, heap.count &- 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 &* parent &+ 1, 2 &* parent &+ 2] where child < heap.count {
        if heap[child].at < heap[least].at { least = child }
      }
      guard least != parent else { return first.subject }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
