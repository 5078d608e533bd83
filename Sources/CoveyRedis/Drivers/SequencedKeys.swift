internal import CoveyCore

/// How the own driver names things in Redis; see there.
struct SequencedKeys {
  private static let groupHead = Array("g:".utf8)

  private let prefix: [UInt8]
  private let topicHead: [UInt8]
  private let logHead: [UInt8]
  let live: [UInt8]
  /// What goes to consumers of this process.
  let ownTopic: Name
  private let token: UInt64

  init(prefix: [UInt8], token: UInt64) {
    self.prefix = prefix + [UInt8(ascii: ":")]
    topicHead = self.prefix + Array("topic:".utf8)
    logHead = self.prefix + Array("log:".utf8)
    live = self.prefix + Array("live:".utf8)
    self.token = token
    ownTopic = Name("p:" + Hex.digits(token))
  }

  var bus: [UInt8] { prefix + Array("bus".utf8) }
  var busText: String { String(decoding: bus, as: UTF8.self) }

  func topic(ofGroup group: Name) -> Name { Name(Self.groupHead + group.bytes) }
  func topic(ofProcess token: UInt64) -> Name { Name("p:" + Hex.digits(token)) }

  func group(ofTopic topic: Name) -> Name? {
    topic.bytes.starts(with: Self.groupHead) ? Name(Array(topic.bytes.dropFirst(2))) : nil
  }

  /// What a host knows a topic by: the group, or the beginning of the addresses of a process.
  func name(ofTopic topic: Name) -> Name {
    group(ofTopic: topic)
      ?? Name(Array("specific.covey".utf8) + Array(topic.bytes.dropFirst(2)))
  }

  func head(of topic: Name) -> [UInt8] { topicHead + topic.bytes }
  func log(of topic: Name) -> [UInt8] { logHead + topic.bytes }
  func sender(_ sender: UInt64) -> [UInt8] {
    prefix + Array("sender:\(Hex.digits(sender))".utf8)
  }

  func channel(of topic: Name) -> [UInt8] { live + topic.bytes }
  func topic(ofChannel channel: [UInt8]) -> Name? {
    channel.starts(with: live) ? Name(Array(channel.dropFirst(live.count))) : nil
  }
}
