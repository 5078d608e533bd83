/// A log line with its parts.
package struct LogRecord: Sendable {
  package let level: LogLevel
  package let event: LogEvent
  /// In words, one line.
  package let message: String
  /// A JSON object.
  package let fields: [UInt8]

  package init(
    _ level: LogLevel, _ event: LogEvent, _ message: String,
    _ fields: KeyValuePairs<StaticString, LogValue> = [:]
  ) {
    self.level = level
    self.event = event
    self.message = message
    var json = [UInt8(ascii: "{")]
    for (name, value) in fields {
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      json += JSONText.quoted(Name(name.description)) + [UInt8(ascii: ":")]
      switch value {
      case .number(let number): json += String(number).utf8
      // It has 64 bits, of which other readers of JSON lose some.
      case .id(let id): json += "\"\(id.raw)\"".utf8
      case .text(let text): json += JSONText.quoted(Name(text))
      }
    }
    self.fields = json + [UInt8(ascii: "}")]
  }
}

/// One part of a log line.
package enum LogValue: Sendable {
  case number(UInt64)
  case id(ConsumerID)
  case text(String)

  package init(_ number: Int) { self = .number(UInt64(clamping: number)) }
}

/// How serious a log line is.
package enum LogLevel: Int32, Sendable {
  case error = 1, warning, info, debug
}
