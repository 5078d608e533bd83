/// Puts the letters of a process on a bus that numbers them for each topic, and takes those of
/// others from it: each once, in order, and never with a hole that nobody is told of.
///
/// Without I/O: inputs go in, `takeOutputs` says what is to be done, in that order. The bus must
/// drop a letter that it has applied already, append it to the log of its topic before it passes it
/// on, and answer subscriptions and questions in turn; once `disconnected` was said, what is still
/// unanswered stays so. What is received is counted by whoever delivers it.
package struct Sequencer {
  package struct Limits: Sendable {
    /// Published, and not yet acknowledged.
    package var queueEntriesMax = 10_000
    package var queueBytesMax = 16 << 20
    /// Received too early, of all topics together.
    package var heldEntriesMax = 10_000
    package var heldBytesMax = 16 << 20
    /// Remembered so that nothing is delivered twice; those that were heard last.
    package var sendersPerTopicMax = 1_024

    package init() {}
  }

  package enum Output: Sendable, Equatable {
    case subscribe(Name)
    case unsubscribe(Name)
    case publish(Letter, topic: Name)
    /// Since: the number of the last letter that is here, to be answered with it, so that it can be
    /// compared; nil: where the topic stands is all that is wanted.
    case ask(Name, since: UInt64?)
    case deliver([UInt8], topic: Name)
    case gap(LayerGap)
    case counted(LayerCounter, UInt64)
  }

  private var commons: SequencerCommons
  private var topics: [Name: TopicReception] = [:]
  private var queue = Unacknowledged()
  private var isConnected = false
  /// Of the last connection; nil: there was none.
  private var bus: UInt64?
  /// The first attempt to connect failed: who listens since before it has missed something.
  private var isLate = false
  /// Of the last letter that left, on whatever connection.
  private var sentNumber: UInt64 = 0
  private var followCount: UInt64 = 0

  /// - Parameter sender: Random, of this process's life.
  package init(sender: UInt64, limits: Limits) {
    commons = SequencerCommons(sender: sender, limits: limits)
  }

  /// Hands over what is to be done, in order; behind it what could not be sent, and the counts.
  package mutating func takeOutputs() -> [Output] { commons.outputs.take() }

  // MARK: what there is

  /// Whether all that was published is acknowledged.
  package var isIdle: Bool { queue.count == 0 }
  package var queuedEntries: Int { queue.count }
  package var queuedBytes: Int { queue.bytes }
  package var heldEntries: Int { commons.heldEntries }
  package var heldBytes: Int { commons.heldBytes }

  /// Of the last letter of a topic that was received here, or where its reception began.
  package func position(of topic: Name) -> Position? { topics[topic]?.place?.position }

  // MARK: topics

  /// Somebody here listens. What is published once the bus has said where the topic stands is
  /// delivered; who began while the bus was away is then told that something may be missing.
  package mutating func follow(_ topic: Name) {
    guard topics[topic]?.isFollowed != true else { return }
    followCount &+= 1
    topics[topic, default: TopicReception()].follow(
      topic, turn: followCount, isConnected: isConnected, isFirst: bus == nil && !isLate, &commons)
  }

  /// Nobody here listens any more.
  package mutating func unfollow(_ topic: Name) {
    topics[topic]?.unfollow(topic, &commons)
    forgetIfOver(topic)
  }

  /// The bus has taken the subscription: everything from now on comes live.
  package mutating func subscribed(_ topic: Name) {
    topics[topic]?.subscribed(topic, &commons)
    forgetIfOver(topic)
  }

  /// A letter came live.
  package mutating func received(_ letter: Letter, at position: Position, in topic: Name) {
    topics[topic]?.received(letter, at: position, in: topic, &commons)
  }

  /// The bus has answered the oldest question about a topic that it had not.
  package mutating func answered(_ answer: TopicAnswer, for topic: Name) {
    topics[topic]?.answered(answer, for: topic, &commons)
    forgetIfOver(topic)
  }

  /// It could not: that is told, and the topic goes on with whatever comes next. It is asked again
  /// at the next hole, or over the next connection.
  package mutating func unanswered(_ topic: Name) {
    topics[topic]?.unanswered(topic, &commons)
    forgetIfOver(topic)
  }

  /// What is no longer followed is known until the bus has answered all that it was asked about it.
  private mutating func forgetIfOver(_ topic: Name) {
    if topics[topic]?.isOver == true { topics[topic] = nil }
  }

  // MARK: the connection

  /// Others can be reached. Subscribes what is followed, and publishes once more what may not have
  /// arrived.
  ///
  /// - Parameter bus: Identity of the bus's data; another one than last time: it lost everything.
  package mutating func connected(bus: UInt64) {
    dropConnection()
    isConnected = true
    let turns = topics.map { (turn: $0.value.turn, topic: $0.key) }
    let ordered = turns.sorted { $0.turn < $1.turn }.map(\.topic)
    if let last = self.bus, last != bus {
      commons.outputs.missed(ordered.filter { topics[$0]?.loseBus() == true })
    }
    self.bus = bus
    for topic in ordered { topics[topic]?.subscribe(topic, &commons) }
    queue.forEach { entry in
      sentNumber = max(sentNumber, entry.letter.number)
      commons.outputs.append(.publish(entry.letter, topic: entry.topic))
    }
  }

  /// Nobody can be reached, or an attempt to reach them failed; what was asked stays unanswered.
  package mutating func disconnected() {
    if bus == nil, !isLate {
      isLate = true
      for place in topics.values.indices { topics.values[place].doubt() }
    }
    dropConnection()
  }

  private mutating func dropConnection() {
    guard isConnected else { return }
    isConnected = false
    for place in topics.values.indices { topics.values[place].disconnected(&commons) }
    topics = topics.filter { !$0.value.isOver }
  }

  // MARK: publishing

  /// Publishes, and keeps it until the bus has it. Without room it is dropped, and told.
  package mutating func publish(_ contents: [UInt8], to topic: Name) {
    let limits = commons.limits
    guard queue.count < limits.queueEntriesMax, contents.count <= limits.queueBytesMax,
      queue.bytes <= limits.queueBytesMax &- contents.count,
      let letter = queue.append(contents, from: commons.sender, to: topic)
    else { return commons.outputs.unsent(topic) }
    guard isConnected else { return }
    sentNumber = letter.number
    commons.outputs.append(.publish(letter, topic: topic))
  }

  /// Nothing is sent any more: tells what was not known to have arrived.
  package mutating func end() {
    let sent = sentNumber
    var unknown: [Name] = []
    queue.forEach { entry in
      if entry.letter.number > sent {
        commons.outputs.unsent(entry.topic)
      } else {
        unknown.append(entry.topic)
      }
    }
    queue = Unacknowledged()
    guard !unknown.isEmpty else { return }
    commons.outputs.append(.gap(LayerGap(.unknown, unknown, count: UInt64(unknown.count))))
  }

  /// The bus took this letter, or had it already.
  package mutating func published(_ number: UInt64) {
    if queue.remove(number) != nil { commons.outputs.count(.published) }
  }

  /// The bus will not take this letter: it is lost, and told.
  package mutating func refused(_ number: UInt64) {
    guard let entry = queue.remove(number) else { return }
    commons.outputs.unsent(entry.topic)
  }
}
