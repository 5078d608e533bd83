package import CoveyCore

// What there is to be seen of a server that runs, and the taking of times for it.
extension Server {
  /// What `metrics_path` answers; from the first call on, times are taken.
  package func metrics() throws(Failure) -> [UInt8] {
    try requireLoop()
    isTimed = true
    hub.now = loop.now
    return hub.metrics(
      version: version, uptimeMilliseconds: hub.now &- madeAt, timings: timings
    ).text
  }

  /// What `report_path` answers.
  package func report() throws(Failure) -> [UInt8] {
    try requireLoop()
    hub.now = loop.now
    return hub.report(
      version: version, wallTime: UvSystem.wallMicroseconds,
      uptimeMilliseconds: hub.now &- madeAt
    ).json
  }

  /// What a path answers to operators; a connection of theirs comes by a listener of their own.
  func operatorAnswer(
    _ path: [UInt8], isForOperators: Bool, hasOperatorsListener: Bool
  ) -> OperatorPages.Answer {
    OperatorPages(health: healthPath, ready: readyPath, metrics: metricsPath, report: reportPath)
      .answer(path, isForOperators: isForOperators, hasOperatorsListener: hasOperatorsListener)
  }

  func response(_ page: OperatorPage) -> HTTPResponse {
    let isEnding = isStopping || hub.isStopping
    var response: HTTPResponse
    switch page {
    case .health:
      response =
        isEnding
        ? HTTPResponse(status: 503, text: "stopping") : HTTPResponse(status: 200, text: "ok")
    case .ready:
      let problem = isEnding ? "stopping" : hub.isDraining ? "draining" : nil
      response = HTTPResponse(status: problem == nil ? 200 : 503, text: problem ?? "ready")
    case .metrics:
      response = HTTPResponse(status: 200)
      response.mediaType = "text/plain; version=0.0.4; charset=utf-8"
      response.content = try? metrics()
    case .report:
      response = HTTPResponse(status: 200)
      response.mediaType = "application/json"
      response.content = try? report()
    }
    response.headers.append(("Cache-Control", "no-store"))
    return response
  }

  // MARK: times

  /// Calls a handler of the host, and takes its time if that is wanted.
  @inline(__always)
  func timed(_ kind: HandlerKind, _ body: () -> Void) {
    guard isTimed, timings.measures(kind, at: loop.now) else { return body() }
    let begin = UvSystem.nanoseconds
    body()
    timings.count(kind, nanoseconds: UvSystem.nanoseconds &- begin)
  }

  /// The same for the handlers of one event, which are timed together.
  func timedEvents(_ body: () -> Void) {
    guard isTimed, timings.measures(.event, at: loop.now) else { return body() }
    let former = hub.eventsHandled
    let begin = UvSystem.nanoseconds
    body()
    let end = UvSystem.nanoseconds
    timings.count(.event, calls: hub.eventsHandled &- former, nanoseconds: end &- begin)
  }

  /// The loop has polled, and found its time out: a turn has begun.
  func beginTurn() {
    if isTimed { polledAt = loop.now }
  }

  /// The loop looks at the time before it waits again: no clock needs to be read for this.
  func endTurn() {
    guard let begin = polledAt else { return }
    polledAt = nil
    timings.countTurn(milliseconds: loop.now &- begin)
  }

  /// The host takes over: what it does until the next service is not the loop's.
  func endLastTurn() {
    guard polledAt != nil else { return }
    loop.updateTime()
    endTurn()
  }
}
