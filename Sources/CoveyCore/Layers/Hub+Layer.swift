// Groups over several processes: what goes out, and what comes in.
extension Hub {
  /// Every group that opens or closes, and whatever is sent to one, is told from now on.
  package func attachLayer() { hasLayer = true }

  /// Somebody here is in a group that was empty.
  func opened(_ group: Name) { effects.append(.layer(.join(group))) }
  func closed(_ group: Name) { effects.append(.layer(.leave(group))) }

  /// Sends to the members elsewhere; those here have been served.
  func publish(_ parcel: Parcel, to name: Name) {
    guard Address.hasForm(name) else {
      effects.append(.layer(.publish(parcel, group: name)))
      return
    }
    // The address of somebody here is nobody else's business; to others, events go.
    if case .event(let event) = parcel, consumer(addressed: name) == nil {
      effects.append(.layer(.send(event, address: name)))
    }
  }

  /// Sends an event to an address that is of no consumer here.
  package func send(_ event: Event, toAddress address: Name) {
    if hasLayer { effects.append(.layer(.send(event, address: address))) }
  }

  /// The consumer here that an address means; nil when it is somebody's elsewhere.
  package func consumer(addressed address: Name) -> ConsumerID? {
    Address.consumer(address, server: token)
  }

  /// What the layer says.
  package func layer(_ report: LayerReport) {
    switch report {
    case .received(let parcel, let group): receive(parcel, group)
    case .addressed(let id, let event):
      counters.add(.received)
      if isReachable(id) {
        effects.append(.event(event, [id]))
      } else {
        counters.dropsGone &+= 1
      }
    case .connected:
      counters.layerConnected = 1
      effects.append(.layerState(isConnected: true, ""))
      log(.info, .layerConnected, "the layer is connected")
    case .disconnected(let reason):
      counters.layerConnected = 0
      effects.append(.layerState(isConnected: false, reason))
      if let count = disconnectedLog.happened(at: now) {
        log(
          .warning, .layerDisconnected, "the layer is not connected: \(reason)",
          ["reason": .text(reason), "count": .number(count)])
      }
    case .gap(let gap): add(gap)
    case .counted(let counter, let count): counters.add(counter, count)
    case .log(let record): log(record)
    }
  }

  private func receive(_ parcel: Parcel, _ group: Name) {
    switch parcel {
    case .event(let event):
      let members = groups.members(of: group)
      guard !members.isEmpty else { return }
      counters.add(.received)
      effects.append(.event(event, members))
    case .message(let kind, let bytes):
      // What would not fit here into an empty outbox must not end all who read here.
      guard Frame.bytes(forPayload: bytes.count) <= limits.outboxBytesMax else {
        counters.add(.foreign)
        return
      }
      counters.add(.received)
      queue(Frame(kind, bytes.span), to: groups.members(of: group), except: nil)
    case .addressed: break
    }
  }

  // MARK: gaps

  /// How often losses of one kind are told at most; but what was missed is told at once.
  private static let gapMilliseconds: UInt64 = 1_000

  private func add(_ gap: LayerGap) {
    counters.add(gap.kind.counter, gap.kind == .missed ? UInt64(gap.groups.count) : gap.count)
    layerGaps[gap.kind, default: GapsOfTurn()].add(gap)
    guard !isTime(toTell: gap.kind), !isGapDue, let told = gapsToldAt[gap.kind] else { return }
    isGapDue = true
    deadlines.add(.gaps, at: told &+ Self.gapMilliseconds)
  }

  /// A host that sends when it hears that something could not be sent must not be told for ever.
  private func isTime(toTell kind: LayerGap.Kind) -> Bool {
    kind == .missed || gapsToldAt[kind].map { now &- $0 >= Self.gapMilliseconds } ?? true
  }

  var hasGapsToTell: Bool { layerGaps.keys.contains { isTime(toTell: $0) } }

  /// Tells the host what was lost until the end of this turn, once a kind; at the very end all of
  /// it.
  package func tellGaps(isLast: Bool = false) {
    guard !layerGaps.isEmpty else { return }
    for kind in LayerGap.Kind.allCases where isLast || isTime(toTell: kind) {
      guard let gaps = layerGaps.removeValue(forKey: kind) else { continue }
      gapsToldAt[kind] = now
      let gap = LayerGap(kind, gaps.groups, count: gaps.count, counts: gaps.counts)
      effects.append(.layerGap(gap))
      guard let count = gapLogs[kind, default: RareLog()].happened(at: now) else { continue }
      let first = Failure.quote(gap.groups.first?.text ?? "")
      let others = gap.groups.count > 1 ? " and \(gap.groups.count - 1) more" : ""
      log(
        .warning, .layerGap, "\(kind.words): group \(first)\(others)",
        [
          "kind": .text(kind.counter.label), "groups": LogValue(gap.groups.count),
          "messages": .number(gap.count), "count": .number(count),
        ])
    }
  }
}

extension LayerGap.Kind {
  var counter: LayerCounter {
    switch self {
    case .missed: .missed
    case .unsent: .unsent
    case .unknown: .unknown
    case .full: .full
    }
  }

  fileprivate var words: String {
    switch self {
    case .missed: "the layer may have missed messages of others"
    case .unsent: "the layer could not send"
    case .unknown: "the layer does not know whether what it sent arrived"
    case .full: "the layer met a full mailbox of another process"
    }
  }
}
