/// How a mailbox is emptied: waits for one letter, then takes what else there is, and hands all of
/// it on together, so that those who read it are written to once.
struct MailboxReading {
  static let lettersAtOnce = 256

  private enum State {
    case waiting
    /// With the letter that ended the wait.
    case taking([UInt8]?)
  }

  private var state = State.waiting
  /// Redis before 6 knows whole seconds alone.
  private var knowsFractions = true
  private var hasAskedFraction = false

  /// What to ask for next; waits at most so long.
  mutating func command(_ mailbox: [UInt8], atMost milliseconds: Int) -> [[UInt8]] {
    hasAskedFraction = false
    if case .taking = state {
      return [Array("ZPOPMIN".utf8), mailbox, Array(String(Self.lettersAtOnce).utf8)]
    }
    hasAskedFraction = milliseconds < 1_000 && knowsFractions
    let seconds =
      hasAskedFraction
      ? "0." + String(milliseconds + 1_000).dropFirst() : String(max(1, milliseconds / 1_000))
    return [Array("BZPOPMIN".utf8), mailbox, Array(seconds.utf8)]
  }

  /// The letters of an answer that can be handed on.
  mutating func letters(in list: [RedisReply]) -> [[UInt8]] {
    switch state {
    case .waiting:
      // The mailbox, the letter, and when it was sent.
      state = .taking(list.count > 1 ? list[1].bytes : nil)
      return []
    case .taking(let first):
      state = list.count >= 2 * Self.lettersAtOnce ? .taking(nil) : .waiting
      let members = stride(from: 0, to: list.count, by: 2).compactMap { list[$0].bytes }
      return first.map { [$0] + members } ?? members
    }
  }

  /// Whether it was the fraction of a second that was refused; then there are none any more.
  mutating func isOfFraction(_ error: String) -> Bool {
    guard hasAskedFraction, error.hasPrefix("ERR timeout") else { return false }
    knowsFractions = false
    return true
  }

  /// Begins anew; answers the letter that was taken and not handed on.
  mutating func stop() -> [UInt8]? {
    defer { state = .waiting }
    if case .taking(let first) = state { return first }
    return nil
  }
}
