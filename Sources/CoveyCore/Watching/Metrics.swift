/// What a server counts and measures, for Prometheus.
///
/// Nothing here has a name that clients choose: how many lines there are depends on the channels
/// that were registered, never on who comes.
package struct Metrics {
  let version: String
  let uptimeMilliseconds: UInt64
  let isDraining: Bool
  let statistics: Statistics
  let channels: [(pattern: String, consumers: UInt64)]
  let timings: Timings
  let lateness: Histogram
  let hasLayer: Bool

  /// The text format, version 0.0.4.
  package var text: [UInt8] {
    let text = MetricsText()
    writeServer(text)
    writeTraffic(text)
    writeEndings(text)
    writeState(text)
    if hasLayer { writeLayer(text) }
    writeTimes(text)
    return text.bytes
  }

  private func writeServer(_ text: MetricsText) {
    text.family("covey_build_info", .gauge, "The version of the library; always 1.")
    text.sample("version", version, 1)
    text.family("covey_uptime_seconds", .gauge, "Since the server was made.")
    text.sample(milliseconds: uptimeMilliseconds)
    text.single("covey_draining", .gauge, "1 once the server drains.", isDraining ? 1 : 0)
    text.family("covey_consumers", .gauge, "Clients that are connected, by channel.")
    for channel in channels { text.sample("channel", channel.pattern, channel.consumers) }
    text.single("covey_groups", .gauge, "Groups with a member.", statistics.groups)
    text.single(
      "covey_outbox_bytes", .gauge, "Queued to all consumers together.", statistics.outboxBytes)
    text.single(
      "covey_memory_bytes", .gauge, "What memory_bytes_max bounds.", statistics.memoryBytes)
  }

  private func writeTraffic(_ text: MetricsText) {
    text.family("covey_connections_total", .counter, "Requests for a connection, by outcome.")
    text.sample("outcome", "accepted", statistics.connectionsAccepted)
    text.sample("outcome", "refused", statistics.connectionsRefused)
    text.sample("outcome", "dropped", statistics.connectionsDropped)
    text.sample("outcome", "tls_failed", statistics.connectionsTlsFailed)
    text.single(
      "covey_messages_received_total", .counter, "Whole messages.", statistics.messagesIn)
    text.single(
      "covey_messages_sent_total", .counter, "Messages handed to the system.",
      statistics.messagesOut)
    text.single(
      "covey_received_bytes_total", .counter, "Payloads of messages.", statistics.bytesIn)
    text.single("covey_sent_bytes_total", .counter, "Payloads of messages.", statistics.bytesOut)
    text.family("covey_events_total", .counter, "Events at a consumer, by outcome.")
    text.sample("outcome", "handled", statistics.eventsHandled)
    text.sample("outcome", "unhandled", statistics.eventsUnhandled)
  }

  private func writeEndings(_ text: MetricsText) {
    text.family("covey_endings_total", .counter, "Consumers that ended, by cause.")
    for cause in Ending.Cause.allCases {
      text.sample("cause", cause.label, statistics.count(cause))
    }
    text.family("covey_limits_total", .counter, "How often a limit was reached.")
    for limit in Limit.allCases { text.sample("limit", limit.label, statistics.count(limit)) }
    text.family("covey_drops_total", .counter, "What was asked for and not done, by reason.")
    text.sample("reason", "gone", statistics.dropsGone)
    text.sample("reason", "queued", statistics.dropsQueued)
    text.sample("reason", "mailbox_full", statistics.dropsMailboxFull)
    text.sample("reason", "groups_full", statistics.dropsGroupsFull)
    text.sample("reason", "store", statistics.dropsStore)
    text.sample("reason", "slow", statistics.dropsSlow)
  }

  private func writeLayer(_ text: MetricsText) {
    text.single(
      "covey_layer_connected", .gauge, "1 while other processes can be reached.",
      statistics.layerConnected)
    text.family("covey_layer_total", .counter, "What the layer did, and what it lost.")
    for counter in LayerCounter.allCases {
      text.sample("kind", counter.label, statistics.count(counter))
    }
  }

  private func writeState(_ text: MetricsText) {
    text.single("covey_instances", .gauge, "Rows of the store.", statistics.instances)
    text.single("covey_store_bytes", .gauge, "Of all rows, about.", statistics.storeBytes)
    text.single("covey_scopes", .gauge, "Anchors that are followed.", statistics.scopes)
    text.single("covey_calls_open", .gauge, "Calls that wait for an answer.", statistics.callsOpen)
    text.single(
      "covey_deltas_total", .counter, "Changes encoded, each for all who see the same.",
      statistics.deltas)
    text.single("covey_snapshots_total", .counter, "State sent whole.", statistics.snapshots)
    text.single(
      "covey_resumes_total", .counter, "Returning clients sent only what had changed.",
      statistics.resumes)
    text.single(
      "covey_falls_behind_total", .counter, "State dropped because its reader was slow.",
      statistics.fallsBehind)
    text.single(
      "covey_catch_ups_total", .counter, "Slow readers sent only what had changed.",
      statistics.catchUps)
    text.family("covey_calls_total", .counter, "Calls of clients, by kind.")
    text.sample("kind", "action", statistics.calls)
    text.sample("kind", "write", statistics.writes)
    text.single(
      "covey_calls_failed_total", .counter, "Calls answered with an error.",
      statistics.callsFailed)
    text.single(
      "covey_calls_timed_out_total", .counter, "Calls that the host did not answer.",
      statistics.callsTimedOut)
    text.single(
      "covey_loads_failed_total", .counter, "Loads of instances that failed.",
      statistics.loadsFailed)
    text.single(
      "covey_frames_ignored_total", .counter, "What is no message of the protocol.",
      statistics.framesIgnored)
  }

  private func writeTimes(_ text: MetricsText) {
    text.family(
      "covey_handler_seconds", .histogram,
      "How long handlers run, by kind; of each kind at most one call in a millisecond is timed.")
    for kind in HandlerKind.allCases {
      text.histogram(timings.handlers[kind.rawValue], "kind", kind.label)
    }
    text.family(
      "covey_loop_busy_seconds", .histogram, "How long the loop is busy in one turn.")
    text.histogram(timings.turns)
    text.family(
      "covey_deadline_lateness_seconds", .histogram, "How late deadlines and timers ran.")
    text.histogram(lateness)
  }
}
