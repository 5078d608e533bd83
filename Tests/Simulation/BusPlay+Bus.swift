import CoveyCore

/// What the bus does, and what becomes of what is on its way.
extension BusPlay {
  // MARK: what it is asked

  func execute(_ process: BusProcess, isFaithful: Bool = false) {
    guard let line = process.line, !line.isCut, !line.commands.isEmpty else { return }
    let fails = faults.hasErrors && !isFaithful && random.below(20) == 0
    switch line.commands.removeFirst() {
    case .subscribe(let topic):
      line.subscriptions.insert(topic)
      line.replies.append(.subscribed(topic))
    case .unsubscribe(let topic): line.subscriptions.remove(topic)
    case .publish(let letter, let topic):
      if fails {
        line.replies.append(.refused(letter.number))
      } else {
        append(letter, topic)
        line.replies.append(.published(letter.number))
      }
    case .ask(let topic, let since, let life, let known):
      if fails {
        line.replies.append(.unanswered(topic, life: life))
      } else {
        answer(process, line, topic, since, life, known)
      }
    }
  }

  func append(_ letter: Letter, _ topic: Int) {
    guard let position = bus.apply(letter, to: topic, newChain: random.next()),
      let lineage = bus.topics[topic]?.lineage.last, let key = LetterKey(letter.contents)
    else { return note("  the bus had \(letter.sender):\(letter.number)") }
    time += 1
    let first = firstAppended[key] ?? time
    firstAppended[key] = first
    note("  t\(topic) \(position.number) is \(key.sender):\(key.count)")
    for process in processes {
      if let line = process.line, !line.isCut, line.subscriptions.contains(topic) {
        line.pushes.append(
          .init(topic: topic, letter: letter, position: position, lineage: lineage))
      }
      if process.sender != letter.sender, let listening = process.listening[topic],
        first > listening.owedSince, key.count > listening.highest[key.sender] ?? 0
      {
        listening.due[key] = time
      }
    }
  }

  private func answer(
    _ process: BusProcess, _ line: BusLine, _ topic: Int, _ since: UInt64?, _ life: Int,
    _ known: Listening.Known?
  ) {
    let answer = bus.answer(topic, since: since, hasLast: random.below(2) == 0)
    let last = answer.position.map {
      Listening.Known(
        position: $0, lineage: bus.topics[topic]?.lineage.last ?? 0, letter: answer.letters.last)
    }
    let isBlind = since.map { self.isBlind(topic, $0, known) } ?? false
    if let listening = process.listening[topic], listening.number == life {
      if !listening.isOwed { listening.owe(since: time) }
      if let since, isAtOne(topic, since, known) {
        let there = Set((bus.topics[topic]?.letters ?? []).compactMap { LetterKey($0.contents) })
        listening.due = listening.due.filter { there.contains($0.key) }
      }
    }
    line.replies.append(
      .answered(topic, answer, life: life, last: last, blindAt: isBlind ? time : nil))
  }

  /// Whether the bus was set back to what the process knows, or less has become the same again:
  /// there was more once, and no trace of it is left.
  private func isAtOne(_ topic: Int, _ since: UInt64, _ known: Listening.Known?) -> Bool {
    guard hasRolledBack else { return false }
    guard let known else { return since == 1 }
    guard let entry = bus.topics[topic], since <= entry.number else { return false }
    return known.position.chain == entry.chain && known.lineage == entry.lineage[Int(since - 1)]
  }

  /// Whether the bus was set back and went on in such a way that its answer cannot show it.
  private func isBlind(_ topic: Int, _ since: UInt64, _ known: Listening.Known?) -> Bool {
    guard hasRolledBack, let entry = bus.topics[topic], since <= entry.number else { return false }
    guard let known else { return true }
    let place = Int(since - 1)
    guard known.position.chain == entry.chain, known.lineage != entry.lineage[place] else {
      return false
    }
    guard let letter = known.letter, bus.logs(since, of: topic) else { return true }
    return letter == entry.letters[place]
  }

  // MARK: what comes from it

  func reply(_ process: BusProcess) {
    guard let line = process.line, !line.replies.isEmpty else { return }
    switch line.replies.removeFirst() {
    case .subscribed(let topic):
      note("\(process.name) has subscribed t\(topic)")
      process.listening[topic]?.isSubscribed = true
      process.sequencer.subscribed(Self.names[topic])
    case .published(let number): process.sequencer.published(number)
    case .refused(let number):
      note("\(process.name) is refused \(number)")
      process.sequencer.refused(number)
    case .answered(let topic, let answer, let life, let last, let blindAt):
      note("\(process.name) is answered \(answer.position?.number ?? 0) for t\(topic)")
      process.sequencer.answered(answer, for: Self.names[topic])
      answered(process, topic, life, last, blindAt)
    case .unanswered(let topic, let life):
      note("\(process.name) is not answered for t\(topic)")
      process.sequencer.unanswered(Self.names[topic])
      answered(process, topic, life, nil, nil)
    }
    perform(process)
  }

  /// The sequencer was told; what it says of it is not known yet.
  private func answered(
    _ process: BusProcess, _ topic: Int, _ life: Int, _ last: Listening.Known?, _ blindAt: Int?
  ) {
    guard let listening = process.listening[topic], listening.number == life else { return }
    listening.hasBegun = true
    if !listening.isOwed { listening.owe(since: time) }
    listening.answered(last, process.sequencer.position(of: Self.names[topic]))
    guard let blindAt else { return }
    blindSpots += 1
    listening.due = listening.due.filter { $0.value > blindAt }
  }

  func push(_ process: BusProcess, isFaithful: Bool = false) {
    guard let line = process.line, !line.pushes.isEmpty else { return }
    let isWild = faults.isWild && !isFaithful
    let place = isWild && random.below(4) == 0 ? random.below(line.pushes.count) : 0
    let push = line.pushes[place]
    if !(isWild && random.below(10) == 0) { line.pushes.remove(at: place) }
    if isWild, random.below(10) == 0 { return note("\(process.name) loses a live letter") }
    note("\(process.name) receives t\(push.topic) \(push.position.number)")
    process.sequencer.received(push.letter, at: push.position, in: Self.names[push.topic])
    let position = process.sequencer.position(of: Self.names[push.topic])
    perform(process)
    guard let listening = process.listening[push.topic], listening.isSubscribed else { return }
    listening.received(
      .init(position: push.position, lineage: push.lineage, letter: push.letter), position)
  }

  // MARK: connections that end

  /// The bus hears no more of it; of what was on its way a part arrives, on either side.
  func cut(_ process: BusProcess) {
    guard let line = process.line, !line.isCut else { return }
    note("\(process.name) is cut off")
    line.isCut = true
    line.replies = Array(line.replies.prefix(random.below(line.replies.count + 1)))
    line.pushes = Array(line.pushes.prefix(random.below(line.pushes.count + 1)))
    let arriving = line.commands.prefix(random.below(line.commands.count + 1))
    line.commands = []
    if !arriving.isEmpty { stragglers.append(Array(arriving)) }
  }

  /// What was sent on a lost connection arrives.
  func straggle() {
    guard !stragglers.isEmpty else { return }
    let place = random.below(stragglers.count)
    guard !stragglers[place].isEmpty else {
      stragglers.remove(at: place)
      return
    }
    if case .publish(let letter, let topic) = stragglers[place].removeFirst() {
      note("late:")
      append(letter, topic)
    }
  }

  private func cutAll() {
    stragglers = []
    for process in processes {
      process.line?.replies = []
      process.line?.pushes = []
      notice(process)
    }
  }

  // MARK: what it loses

  func reset() {
    note("the bus loses everything")
    cutAll()
    snapshots = []
    bus = Bus(identity: bus.identity + 1, topics: Self.names.count, logMax: bus.logMax)
  }

  func rollBack() {
    guard !snapshots.isEmpty else { return }
    let place = random.below(snapshots.count)
    note("the bus is set back")
    cutAll()
    hasRolledBack = true
    bus = snapshots[place]
    snapshots = Array(snapshots[...place])
  }

  /// The bus forgets a topic that nobody has used for long.
  func forget(_ topic: Int) {
    guard let last = bus.topics[topic]?.position else { return }
    for process in processes {
      if let line = process.line {
        guard !line.isCut, !line.pushes.contains(where: { $0.topic == topic }) else { return }
      }
      guard let listening = process.listening[topic] else { continue }
      let position = process.sequencer.position(of: Self.names[topic])
      if process.line == nil {
        guard position != nil || !listening.isOwed else { return }
      } else {
        guard position == last || !listening.isOwed else { return }
      }
    }
    note("the bus forgets t\(topic)")
    bus.topics[topic] = nil
  }
}
