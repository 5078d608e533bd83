import CoveyCore

/// That a process follows a topic, from then until it does no more; and what it must be told.
final class Listening {
  /// The letter at a position, as the process was given it.
  struct Known {
    let position: Position
    let lineage: UInt64
    /// Nil: only that it is there.
    let letter: Letter?
  }

  let number: Int
  /// It waited through the end of a connection: that may be told as a gap, once.
  var hasWaited: Bool
  /// What is appended for the first time after this must come, or be told as missing.
  private(set) var owedSince = Int.max
  /// The answer that it begins with has come.
  var hasBegun = false
  /// The bus has confirmed the subscription of this connection.
  var isSubscribed = false
  /// Letters to come, by sender and number, and when they were appended last.
  var due: [LetterKey: Int] = [:]
  var highest: [UInt64: UInt64] = [:]
  /// Where the process stands.
  private(set) var known: Known?
  /// What came live while it asks.
  private var heard: [Known] = []
  private var asksOpen = 0

  init(_ number: Int, hasWaited: Bool) {
    self.number = number
    self.hasWaited = hasWaited
  }

  var isOwed: Bool { owedSince < .max }

  func owe(since time: Int) { owedSince = time }

  func asks() { asksOpen += 1 }

  /// A letter came live, and the process stands there now.
  func received(_ letter: Known, _ position: Position?) {
    if asksOpen > 0 { return heard.append(letter) }
    heard = []
    guard position == letter.position else { return }
    if known?.position != position || known?.letter == nil { known = letter }
  }

  /// An answer came, and the process stands there now.
  func answered(_ last: Known?, _ position: Position?) {
    asksOpen -= 1
    let live = heard.last { $0.position == position }
    if let last, last.position == position {
      let letter = last.letter ?? live?.letter
      if letter != nil || known?.position != position {
        known = Known(position: last.position, lineage: last.lineage, letter: letter)
      }
    } else {
      known = live
    }
  }

  /// The connection is over.
  func interrupt() {
    isSubscribed = false
    asksOpen = 0
    heard = []
    guard !hasBegun else { return }
    hasWaited = true
    owedSince = .max
    due = [:]
  }
}

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
