/// What a person wants to see who wonders what a server is doing, as JSON.
package struct Report {
  struct Member {
    let id: ConsumerID
    let channel: String
    let peer: [UInt8]
    let user: String?
    let state: StaticString
    let ageMilliseconds: UInt64
    let groups: Int
    let queuedBytes: Int
  }

  let version: String
  let state: StaticString
  /// Microseconds since 1970.
  let wallTime: UInt64
  let now: UInt64
  let uptimeMilliseconds: UInt64
  let statistics: Statistics
  let consumers: [Member]
  let groups: [(name: Name, count: Int)]
  let endings: [PastEndings.Entry]
  /// The patterns of channels, by position.
  let channels: [String]

  /// The text, without whitespace.
  package var json: [UInt8] {
    let writer = FrameWriter()
    writer.append("{\"version\":")
    writer.appendQuoted(version)
    writer.append(",\"state\":\"")
    writer.append(state)
    writer.append("\",\"time\":\"")
    writer.append(WallTime.text(wallTime))
    writer.append("\",\"uptime\":")
    writer.appendSeconds(milliseconds: uptimeMilliseconds)
    writer.append(",\"statistics\":{")
    list(statistics.named, writer) {
      writer.appendQuoted($0.name)
      writer.append(":")
      writer.append($0.value)
    }
    writer.append("},\"consumers\":[")
    list(consumers, writer) { write($0, writer) }
    writer.append("],\"groups\":[")
    list(groups, writer) {
      writer.append("{\"name\":")
      writer.appendQuoted(unchecked: $0.name.bytes)
      writer.append(",\"members\":")
      writer.append(UInt64($0.count.magnitude))
      writer.append("}")
    }
    writer.append("],\"endings\":[")
    list(endings, writer) { write($0, writer) }
    writer.append("]}")
    return writer.bytes
  }

  private func list<Element>(
    _ elements: [Element], _ writer: FrameWriter, _ write: (Element) -> Void
  ) {
    var isFirst = true
    for element in elements {
      if !isFirst { writer.append(",") }
      isFirst = false
      write(element)
    }
  }

  private func write(_ consumer: Member, _ writer: FrameWriter) {
    writer.append("{\"id\":\"")
    writer.append(consumer.id.raw)
    writer.append("\"")
    write(consumer.channel, consumer.peer, consumer.user, writer)
    writer.append(",\"state\":\"")
    writer.append(consumer.state)
    writer.append("\",\"age\":")
    writer.appendSeconds(milliseconds: consumer.ageMilliseconds)
    writer.append(",\"groups\":")
    writer.append(UInt64(consumer.groups.magnitude))
    writer.append(",\"queued_bytes\":")
    writer.append(UInt64(consumer.queuedBytes.magnitude))
    writer.append("}")
  }

  private func write(_ entry: PastEndings.Entry, _ writer: FrameWriter) {
    // Kept by the clock that never steps, and told by the one on the wall.
    let past = (now &- entry.at).multipliedReportingOverflow(by: 1000).partialValue
    writer.append("{\"time\":\"")
    writer.append(WallTime.text(wallTime >= past ? wallTime &- past : 0))
    writer.append("\",\"id\":\"")
    writer.append(entry.consumer.raw)
    writer.append("\"")
    let channel = channels.indices.contains(entry.channel) ? channels[entry.channel] : ""
    write(channel, entry.peer, entry.user, writer)
    writer.append(",\"cause\":\"")
    writer.append(Array(entry.ending.cause.label.utf8))
    writer.append("\",\"code\":")
    writer.append(UInt64(entry.ending.code.rawValue))
    writer.append(",\"reason\":")
    writer.appendQuoted(unchecked: entry.ending.reason)
    writer.append(entry.ending.isClean ? ",\"clean\":true" : ",\"clean\":false")
    writer.append(",\"age\":")
    writer.appendSeconds(milliseconds: entry.ageMilliseconds)
    writer.append("}")
  }

  private func write(
    _ channel: String, _ peer: [UInt8], _ user: String?, _ writer: FrameWriter
  ) {
    writer.append(",\"channel\":")
    writer.appendQuoted(channel)
    writer.append(",\"peer\":")
    writer.appendQuoted(unchecked: peer)
    writer.append(",\"user\":")
    if let user { writer.appendQuoted(user) } else { writer.append("null") }
  }
}
