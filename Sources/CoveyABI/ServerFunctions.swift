public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_server_new(
  _ options: UnsafePointer<covey_server_options>?,
  _ server_out: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let chosen = ForeignStruct.read(options, into: covey_server_options())
    let owned = Owned(chosen.user, chosen.destroy)
    try ForeignStruct.check(options, "covey_server_options")
    guard let server_out else { throw .invalid("server_out is NULL") }
    let limits = try Limits(chosen)
    let health = try path(chosen.health_path, "health_path")
    let ready = try path(chosen.ready_path, "ready_path")
    let metrics = try path(chosen.metrics_path, "metrics_path")
    let report = try path(chosen.report_path, "report_path")
    let paths = [health, ready, metrics, report].compactMap { $0 }
    guard Set(paths).count == paths.count else {
      throw .invalid("two of health_path, ready_path, metrics_path and report_path are the same")
    }
    let server = try Server(limits: limits)
    server.healthPath = health
    server.readyPath = ready
    server.metricsPath = metrics
    server.reportPath = report
    server.version = "\(COVEY_VERSION_MAJOR).\(COVEY_VERSION_MINOR).\(COVEY_VERSION_PATCH)"
    server_out.pointee = retain(
      ForeignHost(server, ForeignHost.ServerHandlers(chosen, owned)))
  }
}

private func path(
  _ pointer: UnsafePointer<CChar>?, _ what: StaticString
) throws(Failure) -> [UInt8]? {
  guard let text = try optionalText(pointer, what) else { return nil }
  guard text.hasPrefix("/") else { throw .invalid("\(what) does not begin with a slash") }
  return Array(text.utf8)
}

@c @implementation
public func covey_server_free(_ server: OpaquePointer?) -> covey_status {
  status { () throws(Failure) in
    guard let server else { return }
    let host = try borrow(server)
    guard !host.isGivenUp else { throw .busy("the server is being freed") }
    try host.server.end()
    host.giveUp()
    release(server)
  }
}

@c @implementation
public func covey_server_listen(
  _ server: OpaquePointer?, _ options: UnsafePointer<covey_listen_options>?,
  _ port_out: UnsafeMutablePointer<UInt16>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    let chosen = ForeignStruct.read(options, into: covey_listen_options())
    try ForeignStruct.check(options, "covey_listen_options")
    let port = try host.server.listen(try ListenOptions(chosen))
    port_out?.pointee = port
  }
}

@c @implementation
public func covey_server_reload_certificates(
  _ server: OpaquePointer?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in try borrow(server).server.reloadCertificates() }
}

@c @implementation
public func covey_server_run(_ server: OpaquePointer?) -> covey_status {
  status { () throws(Failure) in try borrow(server).server.run() }
}

@c @implementation
public func covey_server_service(_ server: OpaquePointer?, _ timeout_ms: Int32) -> covey_status {
  status { () throws(Failure) in
    try borrow(server).server.service(atMost: timeout_ms < 0 ? nil : UInt64(timeout_ms))
  }
}

@c @implementation
public func covey_server_get_fd(
  _ server: OpaquePointer?, _ fd_out: UnsafeMutablePointer<Int32>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let fd_out else { throw .invalid("fd_out is NULL") }
    fd_out.pointee = try host.server.descriptor()
  }
}

@c @implementation
public func covey_server_get_timeout(
  _ server: OpaquePointer?, _ timeout_ms_out: UnsafeMutablePointer<Int32>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let timeout_ms_out else { throw .invalid("timeout_ms_out is NULL") }
    timeout_ms_out.pointee = try host.server.timeoutMilliseconds()
  }
}

@c @implementation
public func covey_server_start(_ server: OpaquePointer?) -> covey_status {
  status { () throws(Failure) in try borrow(server).server.start() }
}

@c @implementation
public func covey_server_wait(_ server: OpaquePointer?, _ timeout_ms: Int32) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard try host.server.wait(atMost: timeout_ms < 0 ? nil : UInt64(timeout_ms)) else {
      throw .timedOut("the server still runs")
    }
  }
}

@c @implementation
public func covey_server_stop(_ server: OpaquePointer?, _ code: UInt16) -> covey_status {
  // No closure, no text: this may run in a signal handler.
  guard let server else { return covey_status(COVEY_E_INVALID) }
  let closeCode = code == 0 ? CloseCode.goingAway : CloseCode(rawValue: code)
  guard closeCode.isValidToSend else { return covey_status(COVEY_E_INVALID) }
  Unmanaged<ForeignHost>.fromOpaque(UnsafeRawPointer(server)).takeUnretainedValue()
    .server.stop(closeCode)
  return covey_status(COVEY_OK)
}

@c @implementation
public func covey_server_post(
  _ server: OpaquePointer?, _ task: covey_task_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: covey_destroy_fn?
) -> covey_status {
  status { () throws(Failure) in
    let owned = Owned(user, destroy)
    let host = try borrow(server)
    try host.server.post(try hostTask(host, task, owned))
  }
}

@c @implementation
public func covey_timer_start(
  _ server: OpaquePointer?, _ delay_ms: UInt32, _ repeat_ms: UInt32, _ task: covey_task_fn?,
  _ user: UnsafeMutableRawPointer?, _ destroy: covey_destroy_fn?,
  _ timer_out: UnsafeMutablePointer<covey_timer_id>?
) -> covey_status {
  status { () throws(Failure) in
    let owned = Owned(user, destroy)
    let host = try borrow(server)
    let timer = try host.server.startTimer(
      try hostTask(host, task, owned), after: UInt64(delay_ms),
      every: repeat_ms == 0 ? nil : UInt64(repeat_ms))
    timer_out?.pointee = timer
  }
}

@c @implementation
public func covey_timer_stop(_ server: OpaquePointer?, _ timer: covey_timer_id) -> covey_status {
  status { () throws(Failure) in try borrow(server).server.stopTimer(timer) }
}

private func hostTask(
  _ host: ForeignHost, _ task: covey_task_fn?, _ owned: Owned
) throws(Failure) -> HostTask {
  guard let task else { throw .invalid("task is NULL") }
  return HostTask { [unowned(unsafe) host] in
    task(host.handle, owned.user)
  }
}

@c @implementation
public func covey_server_get_statistics(
  _ server: OpaquePointer?, _ statistics_out: UnsafeMutablePointer<covey_statistics>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let statistics_out else { throw .invalid("statistics_out is NULL") }
    try host.server.requireLoop()
    let statistics = covey_statistics(host.server.hub.statistics)
    try ForeignStruct.write(statistics, to: statistics_out, "covey_statistics")
  }
}

extension covey_statistics {
  fileprivate init(_ statistics: Statistics) {
    self.init()
    consumers = statistics.consumers
    groups = statistics.groups
    outbox_bytes = statistics.outboxBytes
    connections_accepted = statistics.connectionsAccepted
    connections_refused = statistics.connectionsRefused
    connections_dropped = statistics.connectionsDropped
    messages_in = statistics.messagesIn
    messages_out = statistics.messagesOut
    bytes_in = statistics.bytesIn
    bytes_out = statistics.bytesOut
    events_handled = statistics.eventsHandled
    events_unhandled = statistics.eventsUnhandled
    endings_peer = statistics.count(.peer)
    endings_host = statistics.count(.host)
    endings_refused = statistics.count(.refused)
    endings_undecided = statistics.count(.undecided)
    endings_slow = statistics.count(.slow)
    endings_silent = statistics.count(.silent)
    endings_too_large = statistics.count(.tooLarge)
    endings_bad_text = statistics.count(.badText)
    endings_bad_kind = statistics.count(.badKind)
    endings_lost = statistics.count(.lost)
    endings_stopped = statistics.count(.stopped)
    drops_gone = statistics.dropsGone
    drops_queued = statistics.dropsQueued
    drops_mailbox_full = statistics.dropsMailboxFull
    drops_groups_full = statistics.dropsGroupsFull
    instances = statistics.instances
    store_bytes = statistics.storeBytes
    scopes = statistics.scopes
    calls_open = statistics.callsOpen
    deltas = statistics.deltas
    snapshots = statistics.snapshots
    resumes = statistics.resumes
    falls_behind = statistics.fallsBehind
    catch_ups = statistics.catchUps
    calls = statistics.calls
    writes = statistics.writes
    calls_failed = statistics.callsFailed
    calls_timed_out = statistics.callsTimedOut
    loads_failed = statistics.loadsFailed
    frames_ignored = statistics.framesIgnored
    drops_store = statistics.dropsStore
    endings_expired = statistics.count(.expired)
    endings_too_fast = statistics.count(.tooFast)
    endings_shed = statistics.count(.shed)
    limits_connections = statistics.count(Limit.connections)
    limits_address = statistics.count(.address)
    limits_address_rate = statistics.count(.addressRate)
    limits_message_rate = statistics.count(.messageRate)
    limits_byte_rate = statistics.count(.byteRate)
    limits_outbox = statistics.count(.outbox)
    limits_memory = statistics.count(.memory)
    limits_message = statistics.count(.message)
    limits_groups = statistics.count(.groups)
    limits_mailbox = statistics.count(.mailbox)
    limits_calls = statistics.count(.calls)
    drops_slow = statistics.dropsSlow
    memory_bytes = statistics.memoryBytes
    connections_tls_failed = statistics.connectionsTlsFailed
    layer_connected = statistics.layerConnected
    layer_connections = statistics.count(LayerCounter.connections)
    layer_published = statistics.count(.published)
    layer_received = statistics.count(.received)
    layer_repaired = statistics.count(.repaired)
    layer_duplicates = statistics.count(.duplicates)
    layer_foreign = statistics.count(.foreign)
    layer_errors = statistics.count(.errors)
    layer_missed = statistics.count(.missed)
    layer_unsent = statistics.count(.unsent)
    layer_unknown = statistics.count(.unknown)
    layer_full = statistics.count(.full)
  }
}
