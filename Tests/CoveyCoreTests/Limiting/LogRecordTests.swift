import Testing

@testable import CoveyCore

struct LogRecordTests {
  private func text(_ record: LogRecord) -> String {
    String(decoding: record.fields, as: UTF8.self)
  }

  @Test func `its fields are a JSON object`() throws {
    #expect(text(LogRecord(.info, .loadFailed, "m")) == "{}")
    let record = LogRecord(
      .warning, .callFailed, "m",
      ["a": .number(.max), "b": .text("\"\u{1}\\é"), "c": LogValue(-1)])
    #expect(text(record) == #"{"a":18446744073709551615,"b":"\"\u0001\\é","c":0}"#)
    try JSONScanner.validate(record.fields.span, depthMax: 4)
  }

  @Test func `every event has a name of its own, in lower case with one dot`() {
    let names = LogEvent.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.split(separator: ".").count == 2, "\(name)")
      #expect(name.utf8.allSatisfy { $0 == 0x2E || $0 == 0x5F || (0x61...0x7A).contains($0) })
    }
  }

  @Test func `every limit has a line of its own`() {
    let hub = Hub(limits: Limits(), token: 1, secret: Secret(1, 2))
    for limit in Limit.allCases { hub.reached(limit, 7, peer: Array("10.0.0.1".utf8)) }
    var events: Set<LogEvent> = []
    for case .log(let record) in hub.takeEffects() {
      events.insert(record.event)
      #expect(text(record) == #"{"peer":"10.0.0.1","maximum":7,"count":1}"#)
    }
    #expect(events.count == Limit.allCases.count)
  }
}
