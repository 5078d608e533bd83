/// Rows put together to arrays, none much longer than a piece may be.
struct Pieces {
  private let writer: FrameWriter
  private let limit: Int
  private let isSnapshot: Bool
  private(set) var frames: ContiguousArray<Frame> = []
  private var isOpen = false
  /// Types of which a relation in this array shows null. RxDjango's clients take a null for a row
  /// that has yet to come, until a row without id of that type is deleted.
  private var nullTypes: [[UInt8]] = []

  init(_ writer: FrameWriter, limit: Int, isSnapshot: Bool) {
    self.writer = writer
    self.limit = limit
    self.isSnapshot = isSnapshot
    writer.reset()
  }

  /// Makes room for the next row, which is then written.
  mutating func next() {
    if isOpen, writer.count > limit { close() }
    separate()
  }

  /// The same for a row that must be in the same array as the one before.
  mutating func together() { separate() }

  private mutating func separate() {
    writer.append(isOpen ? UInt8(ascii: ",") : UInt8(ascii: "["))
    isOpen = true
  }

  /// A relation to this type shows null in what was written.
  mutating func showsNull(_ typeMember: [UInt8]) {
    if !nullTypes.contains(typeMember) { nullTypes.append(typeMember) }
  }

  /// Ends the array; an empty one is none.
  mutating func close(cursor: UInt64 = 0) {
    guard isOpen else { return }
    for type in nullTypes {
      writer.append(",{\"id\":null,")
      writer.append(type)
      writer.append(",\"_operation\":\"delete\"}")
    }
    nullTypes = []
    writer.append(UInt8(ascii: "]"))
    frames.append(writer.frame().asState(cursor: cursor, isSnapshot: isSnapshot))
    writer.reset()
    isOpen = false
  }
}
