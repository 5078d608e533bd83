internal import CoveyCore

/// What is to be sent to mailboxes, and leaves in the order in which it was given.
///
/// A message is held once, however many mailboxes it is for: it becomes letters in pieces, and only
/// as long as little of what was sent is without an answer.
struct MailboxSending {
  /// One message.
  final class Parting {
    enum Contents {
      /// The packed message.
      case event([UInt8])
      /// The same, for processes of Covey alone.
      case message([UInt8])
      /// For one channel.
      case direct([UInt8])
    }

    let contents: Contents
    let name: Name
    fileprivate var mailboxes: [MailboxLetters.Mailbox] = []
    /// How many of them were sent to, and how many pieces of that have no answer.
    fileprivate var begun = 0
    fileprivate var flying = 0
    fileprivate var hasLeft = false
    /// Something was lost of it, and that was told.
    fileprivate var isTold = false

    init(_ contents: Contents, _ name: Name) {
      self.contents = contents
      self.name = name
    }

    fileprivate var packed: [UInt8] {
      switch contents {
      case .event(let bytes), .message(let bytes), .direct(let bytes): bytes
      }
    }

    fileprivate var size: Int { packed.count &+ name.bytes.count }
  }

  /// What goes in one command.
  struct Piece {
    let parting: Parting
    var keys: [[UInt8]] = []
    var bodies: [[UInt8]] = []
    fileprivate(set) var size = 0
  }

  enum Step {
    case piece(Piece)
    /// It cannot be encrypted, or the system has nothing random.
    case lost(Parting)
  }

  /// As soon as so much is on its way, nothing follows.
  static let windowBytes = 1 << 20
  static let pieceMailboxesMax = 100
  /// Whose members are asked for, or known and not yet sent to.
  static let openMax = 64

  private let letters: MailboxLetters
  private let seal: Seal
  private let random: (Int) -> [UInt8]
  private let windowBytes: Int
  /// A piece that has so much gets no more.
  private var pieceBytes: Int { windowBytes / 4 }
  private var budget: Budget
  private var waiting = Fifo<Parting>()
  private var asked = Fifo<Parting>()
  private var ready = Fifo<Parting>()
  private var flying = Fifo<(parting: Parting, size: Int)>()
  private var flyingBytes = 0

  init(_ setting: DriverSetting, _ letters: MailboxLetters, _ seal: Seal) {
    self.letters = letters
    self.seal = seal
    random = setting.random
    budget = Budget(setting.limits)
    windowBytes = min(Self.windowBytes, setting.limits.queueBytesMax)
  }

  var isBusy: Bool { budget.isUsed }

  /// Whether there is room for it.
  mutating func add(_ parting: Parting) -> Bool {
    guard budget.take(parting.size) else { return false }
    waiting.append(parting)
    return true
  }

  private var isOpen: Bool { flyingBytes < windowBytes }

  // MARK: whom it is for

  /// Whose members are to be asked for now. The answers come in the same order.
  mutating func nextQuestion() -> Parting? {
    guard isOpen, asked.count + ready.count < Self.openMax, let next = waiting.popFirst() else {
      return nil
    }
    asked.append(next)
    return next
  }

  /// What the next answer about members is for.
  var oldestAsked: Parting? { asked.oldest }

  /// The members of the oldest that was asked about; what is for one channel has none.
  mutating func answered(_ names: [[UInt8]]) {
    guard let parting = asked.popFirst() else { return }
    switch parting.contents {
    case .direct: parting.mailboxes = [(parting.name.bytes, [])]
    case .event: parting.mailboxes = letters.mailboxes(of: names, coveyAlone: false)
    case .message: parting.mailboxes = letters.mailboxes(of: names, coveyAlone: true)
    }
    if parting.mailboxes.isEmpty { leave(parting) } else { ready.append(parting) }
  }

  /// The members of the oldest that was asked about are not to be had.
  mutating func dropOldestAsked() -> Parting? {
    let dropped = asked.popFirst()
    if let dropped { leave(dropped) }
    return dropped
  }

  // MARK: pieces

  /// What is to be sent now; called until there is nothing.
  mutating func nextStep(_ now: DriverTime) -> Step? {
    guard isOpen, let parting = ready.oldest else { return nil }
    var piece = Piece(parting: parting)
    while parting.begun < parting.mailboxes.count, piece.keys.count < Self.pieceMailboxesMax,
      piece.size < pieceBytes
    {
      guard let letter = letter(parting), let closed = seal.close(letter.body, now),
        case let prefix = random(12), prefix.count == 12
      else {
        _ = ready.popFirst()
        parting.begun = parting.mailboxes.count
        if parting.flying == 0 { leave(parting) }
        defer { parting.isTold = true }
        return parting.isTold ? nextStep(now) : .lost(parting)
      }
      parting.begun += 1
      piece.keys.append(letter.key)
      piece.bodies.append(prefix + closed)
      piece.size += letter.key.count + prefix.count + closed.count
    }
    if parting.begun == parting.mailboxes.count { _ = ready.popFirst() }
    parting.flying += 1
    flying.append((parting, piece.size))
    flyingBytes += piece.size
    return .piece(piece)
  }

  private func letter(_ parting: Parting) -> MailboxLetters.Letter? {
    if case .direct(let packed) = parting.contents {
      return letters.letter(packed, to: parting.name)
    }
    return letters.letter(parting.packed, to: parting.mailboxes[parting.begun])
  }

  /// The oldest piece without an answer has one. Answers whose it was; whether all of that has left
  /// now, with nothing lost; and whether it is to be told, if this one was lost.
  mutating func landed(isLost: Bool) -> (name: Name, isComplete: Bool, isNews: Bool)? {
    guard let (parting, size) = flying.popFirst() else { return nil }
    flyingBytes -= size
    parting.flying -= 1
    let isNews = isLost && !parting.isTold
    if isLost { parting.isTold = true }
    let hasAll = parting.flying == 0 && parting.begun == parting.mailboxes.count
    if hasAll { leave(parting) }
    return (parting.name, hasAll && !parting.isTold, isNews)
  }

  private mutating func leave(_ parting: Parting) {
    guard !parting.hasLeft else { return }
    parting.hasLeft = true
    budget.give(parting.size)
  }

  // MARK: the end of a connection

  /// There are no more answers. What was not sent at all stays; answers whose fate is unknown.
  mutating func interrupt() -> [Name] {
    var unknown: [Name] = []
    var rest = Fifo<Parting>()
    for parting in flying.all.map(\.parting) + ready.all + asked.all + waiting.all
    where !parting.hasLeft {
      if parting.begun > 0 {
        leave(parting)
        if !parting.isTold { unknown.append(parting.name) }
      } else {
        parting.mailboxes = []
        rest.append(parting)
      }
    }
    waiting = rest
    asked.removeAll()
    ready.removeAll()
    flying.removeAll()
    flyingBytes = 0
    return unknown
  }

  /// Forgets what was not sent; answers for whom it was.
  mutating func abandon() -> [Name] {
    var unsent: [Name] = []
    while let parting = waiting.popFirst() {
      leave(parting)
      unsent.append(parting.name)
    }
    return unsent
  }
}
