// What statistics are called outside.
extension Statistics {
  /// All of them, by the names of the header.
  var named: [(name: String, value: UInt64)] {
    [
      ("consumers", consumers), ("groups", groups), ("outbox_bytes", outboxBytes),
      ("connections_accepted", connectionsAccepted), ("connections_refused", connectionsRefused),
      ("connections_dropped", connectionsDropped), ("messages_in", messagesIn),
      ("messages_out", messagesOut), ("bytes_in", bytesIn), ("bytes_out", bytesOut),
      ("events_handled", eventsHandled), ("events_unhandled", eventsUnhandled),
    ] + endingsNamed + [
      ("drops_gone", dropsGone), ("drops_queued", dropsQueued),
      ("drops_mailbox_full", dropsMailboxFull), ("drops_groups_full", dropsGroupsFull),
      ("instances", instances), ("store_bytes", storeBytes), ("scopes", scopes),
      ("calls_open", callsOpen), ("deltas", deltas), ("snapshots", snapshots),
      ("resumes", resumes), ("falls_behind", fallsBehind), ("catch_ups", catchUps),
      ("calls", calls), ("writes", writes), ("calls_failed", callsFailed),
      ("calls_timed_out", callsTimedOut), ("loads_failed", loadsFailed),
      ("frames_ignored", framesIgnored), ("drops_store", dropsStore),
    ] + limitsNamed + [
      ("drops_slow", dropsSlow), ("memory_bytes", memoryBytes),
      ("connections_tls_failed", connectionsTlsFailed),
      ("layer_connected", layerConnected),
    ] + LayerCounter.allCases.map { ("layer_\($0.label)", count($0)) }
  }

  private var endingsNamed: [(name: String, value: UInt64)] {
    Ending.Cause.allCases.map { ("endings_\($0.label)", count($0)) }
  }

  private var limitsNamed: [(name: String, value: UInt64)] {
    Limit.allCases.map { ("limits_\($0.label)", count($0)) }
  }
}

extension Ending.Cause {
  /// As metrics and reports name it.
  var label: String {
    switch self {
    case .peer: "peer"
    case .host: "host"
    case .refused: "refused"
    case .undecided: "undecided"
    case .slow: "slow"
    case .silent: "silent"
    case .tooLarge: "too_large"
    case .badText: "bad_text"
    case .badKind: "bad_kind"
    case .lost: "lost"
    case .stopped: "stopped"
    case .expired: "expired"
    case .tooFast: "too_fast"
    case .shed: "shed"
    }
  }
}

extension Limit {
  /// As metrics and reports name it.
  var label: String {
    switch self {
    case .connections: "connections"
    case .address: "address"
    case .addressRate: "address_rate"
    case .messageRate: "message_rate"
    case .byteRate: "byte_rate"
    case .outbox: "outbox"
    case .memory: "memory"
    case .message: "message"
    case .groups: "groups"
    case .mailbox: "mailbox"
    case .calls: "calls"
    }
  }
}
