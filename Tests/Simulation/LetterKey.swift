/// Names a letter of a simulation, and is its contents.
struct LetterKey: Hashable {
  let sender: UInt64
  let count: UInt64

  init(_ sender: UInt64, _ count: UInt64) {
    self.sender = sender
    self.count = count
  }

  /// The contents of a letter: who sent it, which one of that sender's, and to which topic.
  init?(_ contents: [UInt8]) {
    guard contents.count == 9 else { return nil }
    sender = contents[0..<4].reduce(0) { $0 << 8 | UInt64($1) }
    count = contents[4..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  func contents(_ topic: Int) -> [UInt8] {
    let bytes = (sender << 32 | count).bigEndian
    return withUnsafeBytes(of: bytes) { Array($0) } + [UInt8(topic)]
  }
}
