/// Letters of one topic that came before it is known what comes before them, as they came.
struct HeldLetters {
  struct Entry {
    let letter: Letter
    let position: Position
  }

  private(set) var entries: [Entry] = []
  private(set) var bytes = 0
  /// So many were here when the bus was asked: its answer must know of them.
  private var askedCount = 0
  /// There was no room: none are kept, and the log is asked for them.
  private(set) var hasOverflowed = false
  /// What came last, kept or not.
  private var newest: (position: Position, mark: TopicPlace.Mark)?

  var asked: ArraySlice<Entry> { entries.prefix(askedCount) }
  var later: ArraySlice<Entry> { entries.dropFirst(askedCount) }

  mutating func notice(_ letter: Letter, at position: Position) {
    newest = (position, TopicPlace.Mark(letter))
  }

  /// What tells the letter there from all others, if it is known.
  func mark(at position: Position?) -> TopicPlace.Mark? {
    if let newest, newest.position == position { return newest.mark }
    return entries.last { $0.position == position }.map { TopicPlace.Mark($0.letter) }
  }

  mutating func append(_ letter: Letter, at position: Position) {
    entries.append(Entry(letter: letter, position: position))
    bytes &+= letter.contents.count
  }

  mutating func markAsked() { askedCount = entries.count }

  mutating func overflow() {
    entries = []
    bytes = 0
    askedCount = 0
    hasOverflowed = true
  }
}

extension Sequence<HeldLetters.Entry> {
  /// Those of a chain, in order of their numbers.
  func inOrder(of chain: UInt64) -> [HeldLetters.Entry] {
    filter { $0.position.chain == chain }.sorted { $0.position.number < $1.position.number }
  }
}
