internal import CoveyCore

/// How letters are written in Redis.
///
///     <sender, 16 hex> <its number> <contents>                   in a log
///     <chain> <number in the topic> and the same                 when published
enum SequencedLetters {
  static func write(_ letter: Letter) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(letter.contents.count &+ 38)
    Hex.append(letter.sender, to: &bytes)
    bytes.append(0x20)
    Decimal.append(letter.number, to: &bytes)
    bytes.append(0x20)
    bytes.append(contentsOf: letter.contents)
    return bytes
  }

  static func read(_ bytes: ArraySlice<UInt8>) -> Letter? {
    var rest = bytes
    guard let sender = word(&rest).flatMap({ Hex.number($0) }), let number = number(&rest) else {
      return nil
    }
    return Letter(sender: sender, number: number, contents: Array(rest))
  }

  static func live(_ bytes: [UInt8]) -> (Position, Letter)? {
    var rest = bytes[...]
    guard let chain = number(&rest), let number = number(&rest), let letter = read(rest) else {
      return nil
    }
    return (Position(chain: chain, number: number), letter)
  }

  /// What the script answers; nil when it is nonsense.
  static func answer(_ reply: RedisReply) -> TopicAnswer? {
    if case .nothing = reply { return TopicAnswer(position: nil, firstNumber: 0, letters: []) }
    guard let list = reply.list, list.count == 4, let chain = list[0].number,
      let number = list[1].number, let first = list[2].number, let entries = list[3].list
    else { return nil }
    var letters: [Letter] = []
    letters.reserveCapacity(entries.count)
    for entry in entries {
      guard let bytes = entry.bytes, let letter = read(bytes[...]) else { return nil }
      letters.append(letter)
    }
    return TopicAnswer(
      position: Position(chain: chain, number: number), firstNumber: first, letters: letters)
  }

  /// Takes what is before the next blank, and the blank.
  private static func word(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let blank = bytes.firstIndex(of: 0x20) else { return nil }
    defer { bytes = bytes[(blank + 1)...] }
    return bytes[..<blank]
  }

  private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    guard let word = word(&bytes), (1...20).contains(word.count) else { return nil }
    var number: UInt64 = 0
    for digit in word {
      guard (0x30...0x39).contains(digit) else { return nil }
      let (tens, over) = number.multipliedReportingOverflow(by: 10)
      let (sum, beyond) = tens.addingReportingOverflow(UInt64(digit &- 0x30))
      guard !over, !beyond else { return nil }
      number = sum
    }
    return number
  }
}
