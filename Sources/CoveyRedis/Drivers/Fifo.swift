/// First in, first out.
struct Fifo<Element> {
  private var elements: ContiguousArray<Element?> = []
  private var first = 0

  var isEmpty: Bool { first == elements.count }
  var count: Int { elements.count - first }

  var oldest: Element? { first < elements.count ? elements[first] : nil }

  /// From the first to the last.
  var all: [Element] { elements[first...].compactMap { $0 } }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard first < elements.count else { return nil }
    let element = elements[first]
    elements[first] = nil
    first += 1
    // What is gone is let go in pieces, so that each costs little.
    if first == elements.count {
      elements.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 1024, first * 2 >= elements.count {
      elements.removeFirst(first)
      first = 0
    }
    return element
  }

  mutating func removeAll() {
    elements.removeAll()
    first = 0
  }
}
