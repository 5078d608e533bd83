// What there is to be seen of a hub: a moment's values for metrics and reports.
extension Hub {
  /// How many event handlers were called so far.
  package var eventsHandled: UInt64 { counters.eventsHandled }

  package func metrics(
    version: String, uptimeMilliseconds: UInt64, timings: Timings
  ) -> Metrics {
    var counts = [UInt64](repeating: 0, count: channels.count)
    for slot in consumers.indices where consumers[slot].isUpgraded {
      counts[consumers[slot].channel] &+= 1
    }
    return Metrics(
      version: version, uptimeMilliseconds: uptimeMilliseconds, isDraining: isDraining,
      statistics: statistics,
      channels: zip(channels, counts).map { ($0.pattern.text, $1) },
      timings: timings, lateness: lateness, hasLayer: hasLayer)
  }

  /// `wallTime` in microseconds since 1970.
  package func report(version: String, wallTime: UInt64, uptimeMilliseconds: UInt64) -> Report {
    let patterns = channels.map(\.pattern.text)
    var largest = Largest(Limits.reportedMax)
    for slot in consumers.indices where consumers[slot].isUpgraded {
      largest.offer(consumers[slot].outbox.bytes, at: slot)
    }
    return Report(
      version: version, state: isStopping ? "stopping" : isDraining ? "draining" : "running",
      wallTime: wallTime, now: now, uptimeMilliseconds: uptimeMilliseconds,
      statistics: statistics,
      consumers: largest.positions.map { member($0, patterns) },
      groups: groups.largest(Limits.reportedMax), endings: pastEndings.newestFirst,
      channels: patterns)
  }

  private func member(_ slot: Int, _ patterns: [String]) -> Report.Member {
    let state: StaticString =
      switch consumers[slot].state {
      case .undecided: "undecided"
      case .open: "open"
      case .free, .deciding, .closing, .answered, .gone: "closing"
      }
    return Report.Member(
      id: consumers[slot].id, channel: patterns[consumers[slot].channel],
      peer: consumers[slot].request.map { Array($0.peerBytes) } ?? [],
      user: consumers[slot].user, state: state,
      ageMilliseconds: now &- consumers[slot].openedAt,
      groups: consumers[slot].memberships.count, queuedBytes: consumers[slot].outbox.bytes)
  }

  /// Keeps how a consumer ended, for the report.
  func remember(_ slot: Int, _ ending: Ending) {
    pastEndings.add(
      PastEndings.Entry(
        at: now, consumer: consumers[slot].id, channel: consumers[slot].channel,
        peer: consumers[slot].request.map { Array($0.peerBytes) } ?? [],
        user: consumers[slot].user, ending: ending,
        ageMilliseconds: now &- consumers[slot].openedAt))
  }
}
