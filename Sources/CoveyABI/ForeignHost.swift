internal import CCovey
internal import CoveyCore
internal import CoveyTransport

/// A host program behind the C interface: a server together with the host's functions.
///
/// Belongs to the loop's thread, apart from `server`, which knows what other threads may do.
final class ForeignHost: Host, @unchecked Sendable {
  let server: Server
  /// The largest message that fits into an empty outbox.
  let payloadBytesMax: Int
  /// The largest answer or variable that fits into an empty outbox of a context channel.
  let answerBytesMax: Int
  private var handlers: ServerHandlers?
  /// Set while the server is freed, and for good.
  private(set) var isGivenUp = false

  /// The handlers of the server itself.
  struct ServerHandlers {
    let onLog: covey_on_log_fn?
    let onLogRecord: covey_on_log_record_fn?
    let onLimit: covey_on_limit_fn?
    let onDrain: covey_on_drain_fn?
    let owned: Owned

    init(_ given: covey_server_options, _ owned: Owned) {
      onLog = given.on_log
      onLogRecord = given.on_log_record
      onLimit = given.on_limit
      onDrain = given.on_drain
      self.owned = owned
    }
  }

  /// The handlers of a channel; channels are named by their position plus one.
  struct Handlers {
    let onConnect: covey_on_connect_fn?
    let onText: covey_on_message_fn?
    let onBinary: covey_on_message_fn?
    let onDisconnect: covey_on_disconnect_fn?
    let onOutbox: covey_on_outbox_fn?
    var context: ContextHandlers?
    /// The same as `owned.user`, to be read without keeping that alive.
    let user: UnsafeMutableRawPointer?
    let owned: Owned
  }

  struct EventHandler {
    let function: covey_on_event_fn
    let user: UnsafeMutableRawPointer?
    let owned: Owned
  }

  struct ContextHandlers {
    let onAuthenticate: covey_on_authenticate_fn?
    let onAuthorize: covey_on_authorize_fn?
    let onOpen: covey_on_open_fn?
    let onList: covey_on_list_fn?
    let onWrite: covey_on_write_fn?

    init(_ given: covey_context_handlers) {
      onAuthenticate = given.on_authenticate
      onAuthorize = given.on_authorize
      onOpen = given.on_open
      onList = given.on_list
      onWrite = given.on_write
    }
  }

  struct ActionHandler {
    let function: covey_on_action_fn
    let user: UnsafeMutableRawPointer?
    let owned: Owned
  }

  struct Loader {
    let function: covey_on_load_fn?
    let user: UnsafeMutableRawPointer?
    let owned: Owned
  }

  struct LayerHandlers {
    let onLayerGap: covey_on_layer_gap_fn?
    let onLayerState: covey_on_layer_state_fn?
    let owned: Owned
  }

  var layerHandlers: LayerHandlers?
  var actionHandlers: ContiguousArray<ActionHandler> = []
  /// By model.
  var loaders: ContiguousArray<Loader> = []
  private(set) var onChange: covey_on_store_change_fn?
  private(set) var changeOwned: Owned?
  var channels: ContiguousArray<Handlers> = []
  var eventHandlers: ContiguousArray<EventHandler> = []
  /// What the host gave to consumers, by slot.
  private var data: ContiguousArray<Owned?> = []
  /// Texts that handlers were lent, until they return.
  private var lent: ContiguousArray<UnsafeMutablePointer<CChar>> = []
  private var lentLists: ContiguousArray<UnsafeMutablePointer<UnsafePointer<CChar>?>> = []

  init(_ server: Server, _ handlers: ServerHandlers) {
    self.server = server
    payloadBytesMax = server.limits.outboxBytesMax - Frame.headerBytesMax
    // What is around a value: names, the client's number, and the frame's header.
    answerBytesMax = max(0, server.limits.contextBytesMax - 4096)
    self.handlers = handlers
    server.host = self
  }

  deinit { endLending() }

  /// The handle as the host knows it.
  var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  /// Gives back what the host gave, while its destructors may still call the server.
  func giveUp() {
    isGivenUp = true
    var given: [Any] = [channels, eventHandlers, actionHandlers, loaders, data]
    if let changeOwned { given.append(changeOwned) }
    if let layerHandlers { given.append(layerHandlers.owned) }
    layerHandlers = nil
    changeOwned = nil
    onChange = nil
    actionHandlers = []
    loaders = []
    if let handlers { given.append(handlers.owned) }
    channels = []
    eventHandlers = []
    data = []
    handlers = nil
    given.removeAll()
    endLending()
  }

  // MARK: consumers' data

  func setData(_ owned: Owned, of id: ConsumerID) {
    while data.count <= id.slot { data.append(nil) }
    // The old one's destructor may call in again: it runs when the new one is in place.
    let former = data[id.slot]
    data[id.slot] = owned
    withExtendedLifetime(former) {}
  }

  func data(of id: ConsumerID) -> UnsafeMutableRawPointer? {
    id.slot < data.count ? data[id.slot]?.user : nil
  }

  func setOnChange(_ function: covey_on_store_change_fn?, _ owned: Owned) {
    // The old one's destructor may call in again: it runs when the new one is in place.
    let former = changeOwned
    onChange = function
    changeOwned = owned
    withExtendedLifetime(former) {}
  }

  // MARK: lending

  /// Copies a text to where it stays until the handler has returned.
  func lend(_ bytes: some Collection<UInt8>) -> UnsafeMutablePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    var position = 0
    for byte in bytes {
      copy[position] = CChar(bitPattern: byte)
      position += 1
    }
    copy[position] = 0
    lent.append(copy)
    return copy
  }

  /// The same for a list of texts, which ends with a NULL.
  func lend(list: [[UInt8]]) -> UnsafePointer<UnsafePointer<CChar>?> {
    let texts = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: list.count + 1)
    for (position, text) in list.enumerated() { texts[position] = UnsafePointer(lend(text)) }
    texts[list.count] = nil
    lentLists.append(texts)
    return UnsafePointer(texts)
  }

  func endLending() {
    guard !lent.isEmpty || !lentLists.isEmpty else { return }
    for text in lent { text.deallocate() }
    for list in lentLists { list.deallocate() }
    lentLists.removeAll()
    lent.removeAll(keepingCapacity: lent.count < 1024)
  }

  // MARK: Host

  func connect(_ id: ConsumerID, channel: Int) {
    channels[channel].onConnect?(handle, id.raw, channels[channel].user)
    endLending()
  }

  func message(
    _ id: ConsumerID, channel: Int, _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer
  ) {
    let user = channels[channel].user
    guard let function = kind == .text ? channels[channel].onText : channels[channel].onBinary
    else { return }
    let number = covey_kind(kind == .text ? COVEY_TEXT : COVEY_BINARY)
    if let base = bytes.baseAddress {
      function(handle, id.raw, number, base, bytes.count, user)
    } else {
      // Never NULL, so that a host may hand it on without looking.
      withUnsafeBytes(of: UInt8(0)) {
        function(handle, id.raw, number, $0.baseAddress, 0, user)
      }
    }
    endLending()
  }

  func event(_ event: Event, _ members: ContiguousArray<ConsumerID>) {
    let handle = handle
    event.type.withCString { type in
      event.json.withUnsafeBytes { json in
        var target = EventTarget()
        for id in members {
          guard let position = server.hub.handler(for: event, id, remembering: &target) else {
            continue
          }
          eventHandlers[position].function(
            handle, id.raw, type, json.baseAddress, json.count, eventHandlers[position].user)
          endLending()
        }
      }
    }
  }

  func disconnect(_ id: ConsumerID, channel: Int, _ ending: Ending) {
    guard let function = channels[channel].onDisconnect else { return }
    var foreign = covey_ending()
    foreign.struct_size = UInt32(MemoryLayout<covey_ending>.size)
    foreign.cause = covey_ending_cause(ending.cause.rawValue)
    foreign.code = ending.code.rawValue
    foreign.is_clean = ending.isClean ? 1 : 0
    foreign.reason = UnsafePointer(lend(ending.reason))
    foreign.reason_bytes = ending.reason.count
    function(handle, id.raw, &foreign, channels[channel].user)
    endLending()
  }

  func released(_ id: ConsumerID) {
    guard id.slot < data.count else { return }
    let former = data[id.slot]
    data[id.slot] = nil
    withExtendedLifetime(former) {}
    endLending()
  }

  func outbox(
    _ id: ConsumerID, channel: Int, _ event: OutboxEvent, bytes: Int, dropped: UInt64
  ) {
    channels[channel].onOutbox?(
      handle, id.raw, event.rawValue, UInt64(clamping: bytes), dropped, channels[channel].user)
    endLending()
  }

  // MARK: of the server itself

  func log(_ record: LogRecord) {
    guard let handlers else { return }
    if let onLog = handlers.onLog {
      record.message.withCString {
        onLog(handle, record.level.rawValue, $0, handlers.owned.user)
      }
      endLending()
    }
    guard let onLogRecord = handlers.onLogRecord else { return }
    var foreign = covey_log_record()
    foreign.struct_size = UInt32(MemoryLayout<covey_log_record>.size)
    foreign.level = record.level.rawValue
    foreign.event = UnsafePointer(lend(record.event.rawValue.utf8))
    foreign.message = UnsafePointer(lend(record.message.utf8))
    foreign.fields = UnsafePointer(lend(record.fields))
    foreign.fields_size = record.fields.count
    onLogRecord(handle, &foreign, handlers.owned.user)
    endLending()
  }

  func reached(_ reached: LimitReached) {
    guard let handlers, let onLimit = handlers.onLimit else { return }
    var foreign = covey_limit_reached()
    foreign.struct_size = UInt32(MemoryLayout<covey_limit_reached>.size)
    foreign.limit = covey_limit(reached.limit.rawValue)
    foreign.consumer = reached.consumer?.raw ?? 0
    foreign.maximum = reached.maximum
    foreign.count = reached.count
    foreign.peer = UnsafePointer(lend(reached.peer))
    onLimit(handle, &foreign, handlers.owned.user)
    endLending()
  }

  func layerGap(_ gap: LayerGap) {
    guard let onLayerGap = layerHandlers?.onLayerGap, let owned = layerHandlers?.owned else {
      return
    }
    var foreign = covey_layer_gap()
    foreign.struct_size = UInt32(MemoryLayout<covey_layer_gap>.size)
    foreign.kind = gap.kind.rawValue
    foreign.groups = lend(list: gap.groups.map(\.bytes))
    foreign.group_count = gap.groups.count
    foreign.count = gap.count
    gap.counts.withUnsafeBufferPointer {
      foreign.counts = $0.baseAddress
      onLayerGap(handle, &foreign, owned.user)
    }
    endLending()
  }

  func layerState(isConnected: Bool, _ reason: String) {
    guard let onLayerState = layerHandlers?.onLayerState, let owned = layerHandlers?.owned else {
      return
    }
    onLayerState(handle, isConnected ? 1 : 0, lend(reason.utf8), owned.user)
    endLending()
  }

  func drain(remaining: Int, total: Int) {
    guard let handlers, let onDrain = handlers.onDrain else { return }
    onDrain(handle, UInt64(remaining), UInt64(total), handlers.owned.user)
    endLending()
  }
}
