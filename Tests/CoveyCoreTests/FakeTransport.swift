import CoveyCore

/// The host program, as the fake transport calls it, and who is shown what clients get.
protocol FakeHost: AnyObject {
  func connect(_ name: String, _ id: ConsumerID)
  func message(_ name: String, _ id: ConsumerID, _ kind: MessageKind, _ bytes: [UInt8])
  func event(_ name: String, _ id: ConsumerID, _ event: Event)
  func disconnect(_ name: String, _ id: ConsumerID, _ ending: Ending)
  func log(_ message: String)
  func tell(_ note: String)
  /// Effects of context channels, and what becomes of their frames.
  func perform(_ effect: Effect)
  func action(_ name: String, _ id: ConsumerID, _ call: CallID, _ handler: Int, _ bytes: [UInt8])
  func dropped(_ name: String)
  func shown(_ payload: [UInt8]) -> String
  /// The frames of one write.
  func got(_ name: String, _ frames: [String])
}

/// What scenarios of plain channels do not have.
extension FakeHost {
  func perform(_ effect: Effect) { tell("PROBLEM: \(effect)") }
  func action(
    _ name: String, _ id: ConsumerID, _ call: CallID, _ handler: Int, _ bytes: [UInt8]
  ) { tell("PROBLEM: \(name) calls \(handler)") }
  func dropped(_ name: String) {}
  func shown(_ payload: [UInt8]) -> String { FakeTransport.shown(payload) }
  func got(_ name: String, _ frames: [String]) {
    tell("\(name): \(frames.joined(separator: " + "))")
  }
}

/// One client's end: takes bytes until it blocks, and reads frames out of them.
final class FakeSocket {
  let id: ConsumerID
  let name: String
  /// Bytes it still takes before it blocks; nil: any number.
  var room: Int?
  var buffered: [UInt8] = []
  var hasCloseFrame = false
  var writes = 0
  private var unread: [UInt8] = []
  private let shown: ([UInt8]) -> String

  init(
    _ id: ConsumerID, _ name: String,
    shown: @escaping ([UInt8]) -> String = FakeTransport.shown
  ) { (self.id, self.name, self.shown) = (id, name, shown) }

  /// Takes what there is room for; gives back the frames that became whole.
  func take(_ bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0))
    -> [String]
  {
    buffered.append(contentsOf: bytes)
    let count = min(room ?? .max, buffered.count)
    unread.append(contentsOf: buffered.prefix(count))
    buffered.removeFirst(count)
    room = room.map { $0 - count }
    var frames: [String] = []
    while let frame = nextFrame() { frames.append(frame) }
    return frames
  }

  private func nextFrame() -> String? {
    guard unread.count >= 2 else { return nil }
    let headerBytes = unread[1] < 126 ? 2 : unread[1] == 126 ? 4 : 10
    guard unread.count >= headerBytes else { return nil }
    let size =
      headerBytes == 2
      ? Int(unread[1]) : unread[2..<headerBytes].reduce(0) { $0 << 8 | Int($1) }
    guard unread.count >= headerBytes + size else { return nil }
    let payload = Array(unread[headerBytes..<(headerBytes + size)])
    defer { unread.removeFirst(headerBytes + size) }
    if hasCloseFrame { return "PROBLEM: a frame after the close frame" }
    switch unread[0] {
    case 0x81: return "text \(shown(payload))"
    case 0x82: return "binary \(shown(payload))"
    case 0x89: return "ping"
    case 0x88 where size >= 2:
      hasCloseFrame = true
      let reason = payload.count > 2 ? " \(FakeTransport.shown(Array(payload[2...])))" : ""
      return "close \(Int(payload[0]) << 8 | Int(payload[1]))\(reason)"
    default: return "PROBLEM: first byte \(unread[0])"
    }
  }
}

/// Does with a hub what the real transport does, without sockets and with a clock of its own.
final class FakeTransport {
  let hub: Hub
  unowned let host: any FakeHost
  private(set) var now: UInt64 = 0
  /// Microseconds that the wall clock is ahead of the other one.
  var wallTime: UInt64 = 0
  private(set) var ids: [String: ConsumerID] = [:]
  private(set) var names: [ConsumerID: String] = [:]
  private(set) var sockets: [ConsumerID: FakeSocket] = [:]
  private var bySlot: [Int: FakeSocket] = [:]
  private var released: Set<ConsumerID> = []
  private var dropped: [ConsumerID] = []
  private var isPumping = false
  /// What the host was told besides, since somebody looked.
  var records: [LogRecord] = []
  var reached: [LimitReached] = []
  var drains: [(remaining: Int, total: Int)] = []

  init(_ hub: Hub, _ host: any FakeHost) { (self.hub, self.host) = (hub, host) }

  static func shown(_ bytes: [UInt8]) -> String {
    if bytes.count > 40 { return "\(bytes.count) bytes" }
    if let text = String(validating: bytes, as: UTF8.self), bytes.allSatisfy({ $0 >= 32 }) {
      return "\"\(text)\""
    }
    return "hex " + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  // MARK: inputs

  /// Tells the hub what time it is, before anything else.
  func tick() {
    hub.now = now
    hub.store.wallTime = wallTime &+ now &* 1000
  }

  /// Opens a connection; answers what the client sees.
  func connect(_ opening: Opening, as name: String) -> String {
    tick()
    let id: ConsumerID
    switch hub.open(opening) {
    case .refuse(let status): return "\(status)"
    case .admit(let admitted):
      id = admitted
      introduce(id, name)
    case .ask(let asked, _):
      id = asked
      introduce(id, name)
      host.connect(name, id)
    }
    let answer = hub.answer(id)
    pump()
    switch answer {
    case .refuse(let status): return "\(status)"
    case .upgrade(let subprotocol):
      let socket = FakeSocket(id, name) { [unowned self] in self.host.shown($0) }
      sockets[id] = socket
      bySlot[id.slot] = socket
      hub.upgraded(id)
      pump()
      return (hub.isUndecided(id) ? "held" : "open")
        + (subprotocol.map { " \(String(decoding: $0, as: UTF8.self))" } ?? "")
    }
  }

  private func introduce(_ id: ConsumerID, _ name: String) {
    if released.contains(id) { host.tell("PROBLEM: id \(id.raw) is used again") }
    ids[name] = id
    names[id] = name
  }

  func receive(_ id: ConsumerID, _ piece: Piece, _ bytes: [UInt8]) {
    tick()
    pump()
    switch hub.received(id, piece, bytes.span) {
    case .nothing: break
    case .deliver(let kind, _): host.message(names[id] ?? "?", id, kind, bytes)
    case .action(let call, let handler, let parameters):
      host.action(names[id] ?? "?", id, call, handler, Array(bytes[parameters]))
    }
    pump()
  }

  func pong(_ id: ConsumerID) {
    tick()
    hub.ponged(id)
  }

  /// The peer's close frame; tells whether it is to be answered.
  func peerClosed(_ id: ConsumerID, _ payload: [UInt8]) -> Bool {
    tick()
    let isToAnswer = hub.peerClosed(id, payload)
    pump()
    return isToAnswer
  }

  func gone(_ id: ConsumerID) {
    if sockets.removeValue(forKey: id) != nil { bySlot[id.slot] = nil }
    tick()
    hub.gone(id)
    pump()
  }

  /// The client reads again, so many bytes or whatever comes.
  func drain(_ id: ConsumerID, _ bytes: Int?) {
    guard let socket = sockets[id] else { return }
    socket.room = bytes
    show(socket, socket.take())
    tick()
    if socket.buffered.isEmpty { hub.drained(id) }
  }

  /// Lets time pass as the loop does: it wakes whenever something is due.
  func wait(_ milliseconds: UInt64) {
    let end = now + milliseconds
    while let due = hub.nextDeadline, due <= end { turn(max(now, due)) }
    turn(end)
  }

  /// One turn of the loop at a time, however late.
  func turn(_ time: UInt64) {
    now = time
    tick()
    hub.advance(to: time)
    settle()
  }

  // MARK: turns

  /// Carries out effects, writes every outbox that wants to be, and sees off who was dropped.
  func settle() {
    repeat {
      pump()
      flush()
      let ending = dropped
      dropped = []
      for id in ending {
        host.dropped(names[id] ?? "?")
        gone(id)
      }
    } while hub.hasEffects || hub.hasOutput || !dropped.isEmpty
  }

  func pump() {
    guard !isPumping else { return }
    isPumping = true
    while hub.hasEffects {
      for effect in hub.takeEffects() { perform(effect) }
    }
    isPumping = false
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .phase(let id, _): check(id)
    case .message(let id, let kind, let bytes):
      check(id)
      if hub.isReachable(id) { host.message(names[id] ?? "?", id, kind, bytes) }
    case .event(let event, let members):
      var target = EventTarget()
      for id in members where hub.handler(for: event, id, remembering: &target) != nil {
        host.event(names[id] ?? "?", id, event)
      }
    case .disconnect(let id, let ending):
      check(id)
      host.disconnect(names[id] ?? "?", id, ending)
    case .released(let id):
      check(id)
      released.insert(id)
      names[id] = nil
      hub.release(id)
    case .pauseReading(let id): host.tell("\(check(id)): pause")
    case .resumeReading(let id): host.tell("\(check(id)): resume")
    case .drop(let id):
      check(id)
      dropped.append(id)
    case .timer(let timer): host.tell("timer \(timer)")
    case .log(let record):
      records.append(record)
      host.log(record.message)
    case .limit(let limit): reached.append(limit)
    case .drainBegan: break
    case .drain(let remaining, let total): drains.append((remaining, total))
    case .outbox(let id, let event, let bytes, let dropped):
      let name = check(id)
      guard hub.isReachable(id) else { return }
      let count = event == .dropped ? " \(dropped)" : ""
      host.tell("\(name): outbox \(event)\(count) at \(bytes)")
    case .stopped: host.tell("stopped")
    case .action(let id, let call, let handler, let parameters):
      if hub.isOpen(call) { host.action(check(id), id, call, handler, parameters) }
    case .open(let id, _):
      host.perform(effect)
      hub.opened(id)
    default: host.perform(effect)
    }
  }

  @discardableResult
  private func check(_ id: ConsumerID) -> String {
    if released.contains(id) { host.tell("PROBLEM: an effect for a released consumer") }
    return names[id] ?? "?"
  }

  private func flush() {
    hub.beginTurn()
    hub.settle()
    writeDirty()
    hub.endTurn()
    writeDirty()
  }

  private func writeDirty() {
    var position = 0
    while position < hub.dirty.count {
      let slot = Int(hub.dirty[position])
      position += 1
      if let socket = bySlot[slot] { write(slot, socket) }
    }
    hub.endOfWriting()
  }

  private func write(_ slot: Int, _ socket: FakeSocket) {
    while true {
      let bytes: Int
      switch hub.nextWrite(slot) {
      case .nothing: return
      case .frame(let frame):
        bytes = frame.count
        show(socket, frame.withBytes { socket.take($0) })
      case .gathered:
        bytes = hub.gathered.count
        show(socket, hub.gathered.withBytes { socket.take($0) })
      }
      check(socket.id)
      socket.writes += 1
      guard socket.buffered.isEmpty else { return hub.buffered(slot, bytes: bytes) }
    }
  }

  private func show(_ socket: FakeSocket, _ frames: [String]) {
    if !frames.isEmpty { host.got(socket.name, frames) }
  }
}
