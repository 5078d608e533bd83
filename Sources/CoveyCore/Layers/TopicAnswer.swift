/// What the bus answers about a topic. Nothing of it is trusted.
package struct TopicAnswer: Sendable {
  /// Of the last letter; nil: the topic was never used, or is forgotten.
  package let position: Position?
  /// Of the first of `letters`.
  package let firstNumber: UInt64
  /// From the number that was asked for on, that one included, as far back as the log reaches; the
  /// last one stands at `position`.
  package let letters: [Letter]

  package init(position: Position?, firstNumber: UInt64, letters: [Letter]) {
    self.position = position
    self.firstNumber = firstNumber
    self.letters = letters
  }

  /// Whether the numbers agree with each other.
  var isSound: Bool {
    guard let position else { return letters.isEmpty }
    guard position.number > 0 else { return false }
    guard !letters.isEmpty else { return true }
    let (last, isTooFar) = firstNumber.addingReportingOverflow(UInt64(letters.count &- 1))
    return firstNumber > 0 && !isTooFar && last == position.number
  }

  /// The letter with this number, when the log has it; of a sound answer.
  func letter(_ number: UInt64) -> Letter? {
    guard number >= firstNumber, number &- firstNumber < UInt64(letters.count) else { return nil }
    return letters[Int(number &- firstNumber)]
  }

  /// Of the last letter, when the log has it; of a sound answer.
  var mark: TopicPlace.Mark? { letters.last.map(TopicPlace.Mark.init) }

  private func letters(beyond number: UInt64) -> ArraySlice<Letter> {
    guard number >= firstNumber else { return letters[...] }
    let known = min(number &- firstNumber, UInt64(letters.count))
    return letters.dropFirst(Int(known)).dropFirst()
  }

  /// The letters that a place does not know of; of a sound answer.
  func letters(after place: TopicPlace) -> ArraySlice<Letter> {
    isOfSameLife(as: place) ? letters(beyond: place.number) : letters[...]
  }

  /// Whether the bus went on from a place and still has every letter since; of a sound answer.
  func continues(_ place: TopicPlace) -> Bool {
    guard let position else { return place.chain == nil }
    guard isOfSameLife(as: place), position.number >= place.number else { return false }
    return position.number == place.number
      || !letters.isEmpty && firstNumber <= place.number &+ 1
  }

  private func isOfSameLife(as place: TopicPlace) -> Bool {
    guard let chain = place.chain else { return true }
    guard chain == position?.chain else { return false }
    guard let last = place.last, let logged = letter(place.number) else { return true }
    // Another letter with our number: the bus was set back, and has gone on since.
    return last == TopicPlace.Mark(logged)
  }
}
