internal import CoveyCore

/// A parcel as processes of Covey write it for each other: what it is, and its bytes as they are.
///
///     e {"type":"chat.message"}              an event
///     t text, b bytes                        a message
///     a 0011223344556677{"type":"whisper"}   an event for the consumer with this id
enum ParcelFormat {
  static func write(_ parcel: Parcel) -> [UInt8] {
    switch parcel {
    case .event(let event): [UInt8(ascii: "e")] + event.json
    case .message(.text, let bytes): [UInt8(ascii: "t")] + bytes
    case .message(.binary, let bytes): [UInt8(ascii: "b")] + bytes
    case .addressed(let id, let event):
      [UInt8(ascii: "a")] + Hex.digits(id.raw).utf8 + event.json
    }
  }

  /// Says inside of what is encrypted where it goes, so that nobody without the key can send it
  /// elsewhere.
  static func bind(_ parcel: [UInt8], to topic: Name) -> [UInt8] {
    Array("\(topic.bytes.count) ".utf8) + topic.bytes + parcel
  }

  static func unbind(_ bytes: [UInt8], from topic: Name) throws(Failure) -> [UInt8] {
    let head = bind([], to: topic)
    guard bytes.starts(with: head) else { throw .invalid("for another group") }
    return Array(bytes.dropFirst(head.count))
  }

  static func read(_ bytes: [UInt8], depthMax: Int) throws(Failure) -> Parcel {
    let contents = Array(bytes.dropFirst())
    switch bytes.first {
    case UInt8(ascii: "e"): return .event(try Event(json: contents, depthMax: depthMax))
    case UInt8(ascii: "t"):
      guard (try? UTF8Span(validating: contents.span)) != nil else {
        throw .invalid("text is not utf-8")
      }
      return .message(.text, contents)
    case UInt8(ascii: "b"): return .message(.binary, contents)
    case UInt8(ascii: "a"):
      guard let id = Hex.number(contents.prefix(16)) else { throw .invalid("no consumer id") }
      let event = try Event(json: Array(contents.dropFirst(16)), depthMax: depthMax)
      return .addressed(ConsumerID(raw: id), event)
    default: throw .invalid("a parcel of no known kind")
    }
  }
}
