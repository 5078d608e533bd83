import CoveyCore

/// Stands in for the transport and the host: carries bytes and effects between a hub and its
/// players.
final class Theatre {
  let hub: Hub
  private(set) var players: [Player] = []
  private var byConsumer: [ConsumerID: Player] = [:]
  private var bySlot: [Int: Player] = [:]
  private(set) var now: UInt64 = 0
  private var loads: [(LoadID, model: Int, InstanceID)] = []
  /// Answers a load: the changes that it brings, or nil when there is no such instance.
  var onLoad: ((_ model: Int, _ id: InstanceID) -> [Store.Change]?)?
  /// The anchors for a list.
  var onList: (Player) -> [String] = { _ in [] }
  private(set) var logs: [String] = []

  init(_ hub: Hub) {
    self.hub = hub
    hub.store.wallTime = 1_795_000_000_000_000
  }

  func add(_ player: Player) { players.append(player) }

  // MARK: time

  func advance(_ milliseconds: UInt64) {
    now += milliseconds
    hub.store.wallTime += milliseconds * 1000
    hub.advance(to: now)
    pump()
    flush()
  }

  /// The end of a turn.
  func turn() {
    pump()
    flush()
  }

  // MARK: connections

  func connect(_ player: Player) {
    var opening = Opening()
    opening.path = Array(player.place.path(player.anchor).utf8)
    opening.version = Array("13".utf8)
    opening.key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
    opening.host = Array("localhost".utf8)
    guard case .admit(let id) = hub.open(opening), case .upgrade = hub.answer(id) else { return }
    player.id = id
    byConsumer[id] = player
    bySlot[id.slot] = player
    hub.upgraded(id)
    pump()
    player.story?.connects(player)
    send(player, player.firstFrame)
  }

  func send(_ player: Player, _ text: [UInt8]) {
    guard let id = player.id else { return }
    let piece = Piece(kind: .text, isFirst: true, isLast: true, remaining: 0)
    _ = hub.received(id, piece, text.span)
    pump()
  }

  /// The connection breaks.
  func cut(_ player: Player) {
    guard let id = player.id else { return }
    player.cut()
    forget(id)
    hub.gone(id)
    pump()
  }

  private func forget(_ id: ConsumerID) {
    byConsumer[id] = nil
    bySlot[id.slot] = nil
  }

  func unblock(_ player: Player, room: Int?) {
    player.room = room
    guard let id = player.id else { return }
    if player.drain() {
      hub.drained(id)
      turn()
    }
  }

  // MARK: effects

  func pump() {
    while hub.hasEffects {
      for effect in hub.takeEffects() { perform(effect) }
    }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .authenticate(let id, let token):
      try? hub.authenticate(id, String(decoding: token, as: UTF8.self))
    case .authorize(let id): try? hub.authorize(id)
    case .open(let id, _): hub.opened(id)
    case .list(let id):
      guard let player = byConsumer[id] else { return }
      player.anchors = onList(player)
      try? hub.edit(id, .replace(player.anchors.map { Array($0.utf8) }))
    case .load(let load, let model, let id): loads.append((load, model, id))
    case .drop(let id):
      guard let player = byConsumer[id] else { return }
      player.cut()
      forget(id)
      hub.gone(id)
    case .released(let id): hub.release(id)
    case .log(let record): logs.append(record.message)
    default: break
    }
  }

  /// Answers what was asked to be loaded.
  func answerLoads() {
    let waiting = loads
    loads = []
    for (load, model, id) in waiting {
      if let changes = onLoad?(model, id) {
        try? hub.finish(load, changes)
      } else {
        try? hub.fail(load, isNotFound: true)
      }
      turn()
    }
  }

  // MARK: writing

  func flush() {
    hub.beginTurn()
    hub.settle()
    writeDirty()
    hub.endTurn()
    writeDirty()
    pump()
    for player in players where player.isClosing { cut(player) }
  }

  private func writeDirty() {
    var position = 0
    while position < hub.dirty.count {
      let slot = Int(hub.dirty[position])
      position += 1
      guard let player = bySlot[slot], let id = player.id, id.slot == slot else { continue }
      write(slot, player)
    }
    hub.endOfWriting()
  }

  private func write(_ slot: Int, _ player: Player) {
    while true {
      let bytes: Int
      let isTaken: Bool
      switch hub.nextWrite(slot) {
      case .nothing: return
      case .frame(let frame):
        bytes = frame.count
        isTaken = frame.withBytes { player.take($0) }
      case .gathered:
        bytes = hub.gathered.count
        isTaken = hub.gathered.withBytes { player.take($0) }
      }
      if !isTaken {
        hub.buffered(slot, bytes: bytes)
        return
      }
    }
  }
}
