import Testing

@testable import CoveyCore

/// What Prometheus reads.
struct MetricsTests {
  private func lines(_ hub: Hub, _ timings: Timings = Timings()) -> [String] {
    let text = hub.metrics(version: "1.2.3", uptimeMilliseconds: 61_050, timings: timings).text
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `it tells of the library and how long it has run`() throws {
    let lines = lines(try Hub.public())
    #expect(lines.contains("covey_build_info{version=\"1.2.3\"} 1"))
    #expect(lines.contains("covey_uptime_seconds 61.05"))
    #expect(lines.contains("covey_draining 0"))
  }

  @Test func `consumers are counted by channel, and never named`() throws {
    let hub = try Hub.public()
    let other = Channel(pattern: try Pattern("chat/<str:room>/"), origins: try OriginRules([]))
    _ = try hub.register(other)
    let before = lines(hub).count
    let ids = (0..<50).map { _ in hub.connect() }
    for id in ids { try hub.add(id, to: Name("group \(id.raw)")) }
    let lines = lines(hub)
    #expect(lines.contains("covey_consumers{channel=\"ws/\"} 50"))
    #expect(lines.contains("covey_consumers{channel=\"chat/<str:room>/\"} 0"))
    #expect(lines.contains("covey_groups 50"))
    #expect(lines.count == before)
  }

  @Test func `endings, limits and drops are told by their labels`() throws {
    let hub = try Hub.public()
    hub.end(hub.connect())
    let lines = lines(hub)
    #expect(lines.contains("covey_endings_total{cause=\"lost\"} 1"))
    for cause in Ending.Cause.allCases where cause != .lost {
      #expect(lines.contains("covey_endings_total{cause=\"\(cause.label)\"} 0"))
    }
    for limit in Limit.allCases {
      #expect(lines.contains("covey_limits_total{limit=\"\(limit.label)\"} 0"))
    }
    #expect(lines.contains("covey_drops_total{reason=\"slow\"} 0"))
  }

  @Test func `buckets add up, and end with all`() throws {
    var timings = Timings()
    timings.count(.message, nanoseconds: 900)
    timings.count(.message, nanoseconds: 3_500)
    timings.count(.message, nanoseconds: 9_000_000_000)
    timings.countTurn(milliseconds: 0)
    timings.countTurn(milliseconds: 5)
    let lines = lines(try Hub.public(), timings)
    let name = "covey_handler_seconds"
    #expect(lines.contains("\(name)_bucket{kind=\"message\",le=\"0.000001\"} 1"))
    #expect(lines.contains("\(name)_bucket{kind=\"message\",le=\"0.000002\"} 1"))
    #expect(lines.contains("\(name)_bucket{kind=\"message\",le=\"0.000004\"} 2"))
    #expect(lines.contains("\(name)_bucket{kind=\"message\",le=\"4.194304\"} 2"))
    #expect(lines.contains("\(name)_bucket{kind=\"message\",le=\"+Inf\"} 3"))
    #expect(lines.contains("\(name)_sum{kind=\"message\"} 9.0000044"))
    #expect(lines.contains("\(name)_count{kind=\"message\"} 3"))
    #expect(lines.contains("\(name)_count{kind=\"task\"} 0"))
    #expect(lines.contains("covey_loop_busy_seconds_bucket{le=\"0.001\"} 1"))
    #expect(lines.contains("covey_loop_busy_seconds_bucket{le=\"0.008\"} 2"))
    #expect(lines.contains("covey_loop_busy_seconds_sum 0.005"))
  }

  @Test func `deadlines that ran late are counted`() throws {
    let hub = try Hub.public()
    hub.startTimer(1, after: 100)
    hub.startTimer(2, after: 200)
    hub.advance(to: 100)
    hub.advance(to: 203)
    let lines = lines(hub)
    #expect(lines.contains("covey_deadline_lateness_seconds_bucket{le=\"0.001\"} 1"))
    #expect(lines.contains("covey_deadline_lateness_seconds_bucket{le=\"0.004\"} 2"))
    #expect(lines.contains("covey_deadline_lateness_seconds_sum 0.003"))
  }

  @Test func `of a layer only those tell that have one`() throws {
    let hub = try Hub.public()
    #expect(!lines(hub).contains { $0.hasPrefix("covey_layer") })
    hub.attachLayer()
    #expect(lines(hub).contains("covey_layer_connected 0"))
    hub.layer(.connected)
    hub.layer(.gap(LayerGap(.unsent, [Name("g")], count: 3)))
    #expect(lines(hub).contains("covey_layer_connected 1"))
    #expect(lines(hub).contains("covey_layer_total{kind=\"unsent\"} 3"))
    for counter in LayerCounter.allCases where counter != .unsent {
      #expect(lines(hub).contains("covey_layer_total{kind=\"\(counter.label)\"} 0"))
    }
  }

  @Test func `a label's value cannot break its line`() {
    let writer = FrameWriter()
    writer.appendLabelValue("a\"b\\c\nd\u{e9}")
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"a\\\"b\\\\c\\nd\u{e9}\"")
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (2_000_000_000, "2"),
    (UInt64.max, "18446744073.709551615"),
  ])
  func `seconds are written from whole numbers`(_ nanoseconds: UInt64, _ text: String) {
    let writer = FrameWriter()
    writer.appendSeconds(nanoseconds: nanoseconds)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
  }
}
