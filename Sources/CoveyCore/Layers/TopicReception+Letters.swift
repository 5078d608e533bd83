/// Letters as they come, and as the bus still has them.
extension TopicReception {
  mutating func received(
    _ letter: Letter, at position: Position, in topic: Name, _ commons: inout SequencerCommons
  ) {
    guard position.number > 0 else { return commons.outputs.count(.foreign) }
    switch state {
    case .live(let place): take(letter, at: position, after: place, in: topic, &commons)
    case .asking: hold(letter, at: position, &commons)
    case .adrift:
      state = .live(TopicPlace(position, TopicPlace.Mark(letter)))
      deliver(letter, in: topic, &commons)
    case .unfollowed, .unsubscribed, .subscribing: break
    }
  }

  private mutating func take(
    _ letter: Letter, at position: Position, after place: TopicPlace, in topic: Name,
    _ commons: inout SequencerCommons
  ) {
    let isNext: Bool
    if place.chain == nil || place.chain == position.chain {
      guard position.number > place.number else {
        if letter.sender != commons.sender { commons.outputs.count(.duplicates) }
        // Where reception began the letter itself was not known.
        if place.last == nil, place.position == position {
          state = .live(TopicPlace(position, TopicPlace.Mark(letter)))
        }
        return
      }
      isNext = position.number &- place.number == 1
    } else {
      // Numbering began anew before our eyes: there was nothing between.
      isNext = position.number == 1
    }
    guard isNext else {
      ask(topic, .at(place), HeldLetters(), &commons)
      hold(letter, at: position, &commons)
      markAsked()
      return
    }
    state = .live(TopicPlace(position, TopicPlace.Mark(letter)))
    deliver(letter, in: topic, &commons)
  }

  private mutating func hold(
    _ letter: Letter, at position: Position, _ commons: inout SequencerCommons
  ) {
    guard case .asking(let standing, var held) = state else { return }
    // Else the letters would be copied for each that is added.
    state = .adrift
    held.notice(letter, at: position)
    if held.hasOverflowed {
      // The log is asked for it.
    } else if commons.takeRoom(for: letter) {
      held.append(letter, at: position)
    } else {
      commons.giveBackRoom(of: held)
      held.overflow()
    }
    state = .asking(standing, held)
  }

  /// The bus is asked at the end of this input: its answer will know of all that is held now.
  private mutating func markAsked() {
    guard case .asking(let standing, var held) = state else { return }
    state = .adrift
    held.markAsked()
    state = .asking(standing, held)
  }

  private mutating func deliver(
    _ letter: Letter, isRepaired: Bool = false, in topic: Name, _ commons: inout SequencerCommons
  ) {
    // Members here had our own at once.
    guard letter.sender != commons.sender else { return }
    guard heard.hear(letter, sendersMax: commons.limits.sendersPerTopicMax) else {
      return commons.outputs.count(.duplicates)
    }
    commons.outputs.append(.deliver(letter.contents, topic: topic))
    if isRepaired { commons.outputs.count(.repaired) }
  }

  private mutating func deliver(
    _ entries: some Sequence<HeldLetters.Entry>, in topic: Name, _ commons: inout SequencerCommons
  ) {
    for entry in entries { deliver(entry.letter, in: topic, &commons) }
  }

  // MARK: answers

  mutating func unanswered(_ topic: Name, _ commons: inout SequencerCommons) {
    guard let (_, held) = takeAsked(&commons) else { return }
    goAdrift(topic, held, &commons)
  }

  mutating func answered(
    _ answer: TopicAnswer, for topic: Name, _ commons: inout SequencerCommons
  ) {
    guard let (standing, held) = takeAsked(&commons) else { return }
    guard answer.isSound else {
      commons.outputs.count(.foreign)
      return goAdrift(topic, held, &commons)
    }
    switch standing {
    case .unknown(let doubt): begin(topic, doubt, answer, held, &commons)
    case .at(let place): goOn(topic, place, answer, held, &commons)
    }
    if held.hasOverflowed, case .live(let place) = state {
      ask(topic, .at(place), HeldLetters(), &commons)
    }
  }

  /// What waited for an answer, if this is the one it waited for.
  private mutating func takeAsked(
    _ commons: inout SequencerCommons
  ) -> (Standing, HeldLetters)? {
    guard asksOpen > 0 else { return nil }
    asksOpen &-= 1
    guard asksOpen == 0, case .asking(let standing, let held) = state else { return nil }
    commons.giveBackRoom(of: held)
    state = .adrift
    return (standing, held)
  }

  /// Nothing can be asked: what is here counts, and then what comes.
  private mutating func goAdrift(
    _ topic: Name, _ held: HeldLetters, _ commons: inout SequencerCommons
  ) {
    commons.outputs.missed([topic])
    state = .adrift
    guard let chain = held.entries.last?.position.chain else { return }
    let current = held.entries.inOrder(of: chain)
    deliver(held.entries.lazy.filter { $0.position.chain != chain }, in: topic, &commons)
    deliver(current, in: topic, &commons)
    if let last = current.last {
      state = .live(TopicPlace(last.position, TopicPlace.Mark(last.letter)))
    }
  }

  /// Starts where the topic stands, or with what came live before the bus was asked.
  private mutating func begin(
    _ topic: Name, _ doubt: Doubt, _ answer: TopicAnswer, _ held: HeldLetters,
    _ commons: inout SequencerCommons
  ) {
    var start = TopicPlace.unused
    var entries = held.entries
    if let position = answer.position {
      start = TopicPlace(position, answer.mark ?? held.mark(at: position))
      let current = entries.inOrder(of: position.chain)
      if let first = current.first?.position, first.number <= position.number {
        start = TopicPlace(chain: first.chain, number: first.number &- 1, last: nil)
      }
      entries = current + entries.filter { $0.position.chain != position.chain }
    }
    switch doubt {
    case .none: break
    case .disconnected: commons.outputs.missed([topic])
    }
    state = .live(start)
    receive(entries, in: topic, &commons)
    // Came after the subscription, and did not come.
    guard case .live(let place) = state, let position = answer.position,
      place.chain == position.chain, place.number < position.number
    else { return }
    ask(topic, .at(place), HeldLetters(), &commons)
  }

  private mutating func goOn(
    _ topic: Name, _ place: TopicPlace, _ answer: TopicAnswer, _ held: HeldLetters,
    _ commons: inout SequencerCommons
  ) {
    let position = answer.position
    // The bus passed these on before it was asked: of another chain, they are of an earlier one;
    // beyond its answer, it lost them since.
    let over = held.asked.filter { $0.position.chain != position?.chain }
    let ahead = held.asked.filter {
      $0.position.chain == position?.chain && $0.position.number > position?.number ?? 0
    }
    let last = answer.mark ?? held.mark(at: position)
    let isWhole = ahead.isEmpty && (place.chain != nil || over.isEmpty)
    if isWhole, answer.continues(place) {
      deliver(over, in: topic, &commons)
      for letter in answer.letters(after: place) {
        deliver(letter, isRepaired: true, in: topic, &commons)
      }
      state = .live(
        TopicPlace(
          chain: position?.chain, number: position?.number ?? 0, last: last ?? place.last))
    } else {
      commons.outputs.missed([topic])
      deliver(over, in: topic, &commons)
      if let position {
        let current = held.entries.inOrder(of: position.chain)
        let logged = answer.letters.isEmpty ? UInt64.max : answer.firstNumber
        deliver(
          current.filter { $0.position.number <= position.number && $0.position.number < logged },
          in: topic, &commons)
      }
      for letter in answer.letters(after: place) {
        deliver(letter, isRepaired: true, in: topic, &commons)
      }
      deliver(ahead.inOrder(of: position?.chain ?? 0), in: topic, &commons)
      state = .live(position.map { TopicPlace($0, last) } ?? .unused)
    }
    let later = held.later.filter {
      $0.position.chain != position?.chain || $0.position.number > position?.number ?? 0
    }
    guard let chain = position?.chain else { return receive(later, in: topic, &commons) }
    receive(
      later.inOrder(of: chain) + later.filter { $0.position.chain != chain }, in: topic, &commons)
  }

  /// Takes letters that were held as if they came now.
  private mutating func receive(
    _ entries: [HeldLetters.Entry], in topic: Name, _ commons: inout SequencerCommons
  ) {
    guard !entries.isEmpty else { return }
    for entry in entries { received(entry.letter, at: entry.position, in: topic, &commons) }
    markAsked()
  }
}
