import CoveyCore

/// Random histories of processes on a bus that fails in every way it may, and what must hold of
/// them: nothing comes twice or out of order, and what does not come is told.
final class BusPlay {
  /// What may go wrong in a history, beside connections that are lost.
  struct Faults {
    /// Live letters are lost, doubled and out of order.
    private(set) var isWild = false
    private(set) var hasResets = false
    private(set) var hasRollbacks = false
    private(set) var hasForgetting = false
    private(set) var hasShortLogs = false
    private(set) var hasErrors = false
    private(set) var hasTightLimits = false

    init(_ random: inout Numbers) {
      hasErrors = random.below(4) == 0
      // Whoever goes on with what comes next relies on the order in which it comes.
      isWild = !hasErrors && random.below(2) == 0
      hasTightLimits = random.below(3) == 0
      guard random.below(3) > 0 else { return }
      hasResets = random.below(3) == 0
      hasRollbacks = random.below(3) == 0
      hasForgetting = random.below(3) == 0
      hasShortLogs = random.below(3) == 0
    }

    /// Nothing is lost that the bus was given.
    var areHarmless: Bool {
      !hasResets && !hasRollbacks && !hasForgetting && !hasShortLogs && !hasErrors
    }
  }

  static let names = (0..<3).map { Name("t\($0)") }
  static let quietEvery = 100

  private let seed: UInt64
  var random: Numbers
  let faults: Faults
  var bus: Bus
  var snapshots: [Bus] = []
  var hasRolledBack = false
  var processes: [BusProcess] = []
  /// What lost connections still bring to the bus.
  var stragglers: [[BusLine.Command]] = []
  var time = 0
  var firstAppended: [LetterKey: Int] = [:]
  var lastAppended: [LetterKey: Int] = [:]
  private(set) var steps = 0
  /// Restored logs that no receiver can tell from the one that it knew.
  var blindSpots = 0
  private var senders: UInt64 = 0
  private var listeningCount = 0
  var problem: String?
  private var script: [String] = []

  init(seed: UInt64) {
    self.seed = seed
    var random = Numbers(seed: seed)
    faults = Faults(&random)
    let logMax = faults.hasShortLogs ? random.below(8) : 1_000_000
    self.random = random
    bus = Bus(identity: 1, topics: Self.names.count, logMax: logMax)
    for _ in 0..<(2 + random.below(3)) { start() }
  }

  func note(_ text: @autoclosure () -> String) {
    script.append(text())
    if script.count > 400 { script.removeFirst(200) }
  }

  func fail(_ text: String) { if problem == nil { problem = text } }

  /// Plays so many steps; answers what went wrong.
  func run(_ count: Int) -> String? {
    while steps < count, problem == nil {
      steps += 1
      step()
      if steps % Self.quietEvery == 0 || steps == count { quiet() }
    }
    guard let problem else { return nil }
    let lines = ["bus seed \(seed), step \(steps): \(problem)", "  \(faults)", "  what happened:"]
    return (lines + script.suffix(80).map { "    " + $0 }).joined(separator: "\n")
  }

  private func step() {
    let process = processes[random.below(processes.count)]
    switch random.below(1000) {
    case ..<180: publish(process)
    case ..<440: execute(process)
    case ..<640: reply(process)
    case ..<840: push(process)
    case ..<880: follow(process)
    case ..<893: unfollow(process)
    case ..<908: cut(process)
    case ..<930: if process.line?.isCut == true { notice(process) }
    case ..<970: connect(process)
    case ..<974: replace(process)
    case ..<985: straggle()
    case ..<987: if faults.hasResets { reset() }
    case ..<990: if faults.hasRollbacks { snapshots.append(bus) }
    case ..<992: if faults.hasRollbacks { rollBack() }
    case ..<998: if faults.hasForgetting { forget(random.below(Self.names.count)) }
    default: break
    }
  }

  // MARK: processes

  private func start() {
    senders += 1
    var limits = Sequencer.Limits()
    if faults.hasTightLimits {
      limits.heldEntriesMax = 1 + random.below(4)
      limits.queueEntriesMax = 1 + random.below(6)
    }
    processes.append(BusProcess(sender: senders, topics: Self.names.count, limits: limits))
  }

  /// One dies, and another one comes.
  private func replace(_ process: BusProcess) {
    note("\(process.name) dies")
    cut(process)
    processes.removeAll { $0 === process }
    start()
  }

  private func publish(_ process: BusProcess) {
    let topic = random.below(Self.names.count)
    process.attempts += 1
    note("\(process.name) publishes \(process.attempts) to t\(topic)")
    let key = LetterKey(process.sender, process.attempts)
    process.sequencer.publish(key.contents(topic), to: Self.names[topic])
    perform(process)
  }

  private func follow(_ process: BusProcess) {
    let topic = random.below(Self.names.count)
    note("\(process.name) follows t\(topic)")
    if process.listening[topic] == nil {
      listeningCount += 1
      process.listening[topic] = Listening(
        listeningCount, since: time, hasWaited: process.line == nil && process.hasConnected)
    }
    process.sequencer.follow(Self.names[topic])
    perform(process)
  }

  private func unfollow(_ process: BusProcess) {
    let topic = random.below(Self.names.count)
    note("\(process.name) unfollows t\(topic)")
    process.listening[topic] = nil
    process.sequencer.unfollow(Self.names[topic])
    perform(process)
  }

  func connect(_ process: BusProcess) {
    guard process.line == nil else { return }
    note("\(process.name) connects to \(bus.identity)")
    process.line = BusLine()
    process.hasConnected = true
    process.sequencer.connected(bus: bus.identity)
    perform(process)
  }

  /// The process learns that its connection is over.
  func notice(_ process: BusProcess) {
    guard process.line != nil else { return }
    note("\(process.name) is disconnected")
    process.line = nil
    for listening in process.listening { listening?.interrupt() }
    process.sequencer.disconnected()
    perform(process)
  }

  // MARK: what a sequencer wants

  func perform(_ process: BusProcess) {
    for output in process.sequencer.takeOutputs() {
      switch output {
      case .subscribe(let name): send(.subscribe(topic(name)), process)
      case .unsubscribe(let name): send(.unsubscribe(topic(name)), process)
      case .publish(let letter, let name): send(.publish(letter, topic(name)), process)
      case .ask(let name, let since):
        let listening = process.listening[topic(name)]
        listening?.asks()
        note("  \(process.name) asks for \(name.text) since \(since.map(String.init) ?? "-")")
        let life = listening?.number ?? 0
        // Of a bus that lost everything nothing is known.
        let known = process.sequencer.position(of: name) == nil ? nil : listening?.known
        send(.ask(topic(name), since: since, life: life, known: known), process)
      case .deliver(let contents, let name): delivered(contents, topic(name), process)
      case .gap(let gap): told(gap, process)
      case .counted(.published, let number): process.published += number
      case .counted(.unsent, let number): process.unsent += number
      case .counted: break
      }
    }
  }

  private func topic(_ name: Name) -> Int { Int(name.bytes[1]) - 48 }

  private func send(_ command: BusLine.Command, _ process: BusProcess) {
    guard let line = process.line else { return fail("\(process.name) sends into the void") }
    if !line.isCut { line.commands.append(command) }
  }

  private func delivered(_ contents: [UInt8], _ topic: Int, _ process: BusProcess) {
    guard let key = LetterKey(contents), Int(contents[8]) == topic else {
      return fail("\(process.name) got a letter of another topic")
    }
    note("  \(process.name) gets \(key.sender):\(key.count) in t\(topic)")
    guard let listening = process.listening[topic] else {
      return fail("\(process.name) got a letter of t\(topic), which it does not follow")
    }
    guard key.sender != process.sender else { return fail("\(process.name) got its own letter") }
    guard key.count > listening.highest[key.sender] ?? 0 else {
      return fail("\(process.name) got \(key.sender):\(key.count) twice or out of order")
    }
    // A bus that was set back may have a chain again that it had forgotten.
    guard hasRolledBack || lastAppended[key] ?? 0 > listening.since else {
      return fail(
        "\(process.name) got \(key.sender):\(key.count) from before it followed t\(topic)")
    }
    listening.highest[key.sender] = key.count
    listening.due[key] = nil
  }

  private func told(_ gap: LayerGap, _ process: BusProcess) {
    note("  \(process.name) is told \(gap.kind) \(gap.groups.map(\.text)) \(gap.count)")
    guard gap.kind == .missed else {
      process.unsentTold += gap.count
      return
    }
    for name in gap.groups {
      guard let listening = process.listening[topic(name)] else {
        return fail("\(process.name) is told of \(name.text), which it does not follow")
      }
      if faults.areHarmless, !listening.hasWaited {
        fail("\(process.name) is told of a gap in \(name.text) for nothing")
      }
      listening.hasWaited = false
      listening.due = [:]
    }
  }

  // MARK: what must hold

  /// Lets everything arrive, once more over new connections, and looks whether it has.
  private func quiet() {
    note("quiet")
    while !stragglers.isEmpty { straggle() }
    settle()
    // What comes live in order needs no other connection.
    for process in processes where !faults.isWild && process.line?.isCut == false {
      checkListening(process)
    }
    for _ in 0..<2 {
      for process in processes {
        notice(process)
        connect(process)
      }
      settle()
    }
    for process in processes { check(process) }
  }

  private func settle() {
    for _ in 0..<100_000 where problem == nil {
      guard let process = processes.first(where: { $0.line?.isQuiet == false }) else { return }
      if process.line?.isCut == true, process.line?.replies.isEmpty == true,
        process.line?.pushes.isEmpty == true
      {
        notice(process)
      }
      execute(process, isFaithful: true)
      reply(process)
      push(process, isFaithful: true)
    }
    if problem == nil { fail("it does not come to rest") }
  }

  private func checkListening(_ process: BusProcess) {
    for (topic, listening) in process.listening.enumerated() {
      guard let listening else { continue }
      if !listening.hasBegun { fail("\(process.name) never began to hear t\(topic)") }
      if let key = listening.due.keys.min(by: { ($0.sender, $0.count) < ($1.sender, $1.count) }) {
        fail("\(process.name) lost \(key.sender):\(key.count) of t\(topic) in silence")
      }
    }
  }

  private func check(_ process: BusProcess) {
    checkListening(process)
    let sequencer = process.sequencer
    if !sequencer.isIdle || sequencer.queuedBytes != 0 { fail("\(process.name) still publishes") }
    if sequencer.heldEntries != 0 || sequencer.heldBytes != 0 {
      fail("\(process.name) still holds \(sequencer.heldEntries) letters")
    }
    if process.attempts != process.published + process.unsent
      || process.unsent != process.unsentTold
    {
      fail(
        "\(process.name) published \(process.attempts): \(process.published) arrived,"
          + " \(process.unsent) did not, \(process.unsentTold) were told")
    }
  }
}
