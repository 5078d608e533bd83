import CoveyCore

/// The bus as a simulation has it: what is published it appends to the log of its topic, once for
/// each number of a sender.
struct Bus {
  struct Topic {
    let chain: UInt64
    /// All letters so far, by number - 1, whatever the log still has.
    var letters: [Letter] = []
    /// For each, what stands for it and all before it.
    var lineage: [UInt64] = []

    var number: UInt64 { UInt64(letters.count) }
    var position: Position? { number == 0 ? nil : Position(chain: chain, number: number) }
  }

  var identity: UInt64
  /// Letters that a log keeps.
  let logMax: Int
  var topics: [Topic?]
  /// The highest number of each sender.
  var applied: [UInt64: UInt64] = [:]

  init(identity: UInt64, topics: Int, logMax: Int) {
    self.identity = identity
    self.logMax = logMax
    self.topics = Array(repeating: nil, count: topics)
  }

  /// Where the letter stands; nil: it was there already.
  mutating func apply(_ letter: Letter, to topic: Int, newChain: UInt64) -> Position? {
    guard letter.number > applied[letter.sender] ?? 0 else { return nil }
    applied[letter.sender] = letter.number
    var entry = topics[topic] ?? Topic(chain: newChain)
    topics[topic] = nil
    entry.lineage.append(
      Numbers.mixed((entry.lineage.last ?? entry.chain) ^ letter.sender << 40 ^ letter.number))
    entry.letters.append(letter)
    topics[topic] = entry
    return entry.position
  }

  func answer(_ topic: Int, since: UInt64?, hasLast: Bool) -> TopicAnswer {
    guard let entry = topics[topic], let position = entry.position else {
      return TopicAnswer(position: nil, firstNumber: 1, letters: [])
    }
    let kept = entry.number - UInt64(min(entry.letters.count, logMax))
    var first = kept + 1
    if let since { first = max(first, since) } else { first = hasLast ? entry.number : .max }
    guard first <= entry.number, first > kept else {
      return TopicAnswer(position: position, firstNumber: 1, letters: [])
    }
    return TopicAnswer(
      position: position, firstNumber: first, letters: Array(entry.letters[Int(first - 1)...]))
  }

  /// Whether the log has the letter with this number.
  func logs(_ number: UInt64, of topic: Int) -> Bool {
    guard let entry = topics[topic], number <= entry.number else { return false }
    return entry.number - number < UInt64(logMax)
  }
}
