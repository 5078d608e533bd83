/// Up to where the letters of a topic are received.
struct TopicPlace: Equatable {
  /// What tells a letter from all others.
  struct Mark: Equatable {
    let sender: UInt64
    let number: UInt64

    init(_ letter: Letter) {
      sender = letter.sender
      number = letter.number
    }
  }

  /// The topic was never used: whatever chain begins, all of it is to come.
  static let unused = TopicPlace(chain: nil, number: 0, last: nil)

  let chain: UInt64?
  let number: UInt64
  /// The letter with that number; nil: it was never seen.
  let last: Mark?

  init(chain: UInt64?, number: UInt64, last: Mark?) {
    self.chain = chain
    self.number = number
    self.last = last
  }

  init(_ position: Position, _ last: Mark?) {
    self.init(chain: position.chain, number: position.number, last: last)
  }

  var position: Position? { chain.map { Position(chain: $0, number: number) } }
}
