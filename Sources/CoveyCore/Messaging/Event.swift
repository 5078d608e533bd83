/// A message to consumers: a JSON object whose `type` says which handler gets it.
///
/// Checked once, when it is sent; the bytes are shared with every recipient as they came.
package struct Event: Sendable, Equatable {
  /// A type is a name, as that of a group.
  package static let typeBytesMax = 255

  /// The whole object, valid JSON.
  package let json: [UInt8]
  /// The value of the outermost member `type`, decoded; 1 to 255 bytes of UTF-8, none of them 0.
  package let type: String
  /// The same as the layer carries it, where that is another form.
  package var carried: [UInt8]?

  /// What it takes in a queue.
  package var bytes: Int { json.count &+ (carried?.count ?? 0) }

  /// Checks the text and reads its type; of several members `type` the last one counts.
  ///
  /// A zero byte in the type is refused, because handlers get it as a C string.
  package init(json: [UInt8], depthMax: Int = JSONScanner.depthMax) throws(Failure) {
    let text = json.span
    var found: JSONScanner.Member?
    let kind = try JSONScanner.scan(text, depthMax: depthMax) { member in
      if JSONScanner.isEqual(member.name, in: text, to: "type") { found = member }
    }
    guard kind == .object else { throw .invalid("event is not a json object") }
    guard let found else { throw .invalid("event has no member \"type\"") }
    guard found.kind == .string else { throw .invalid("event type is not a string") }
    let contents = (found.value.lowerBound + 1)..<(found.value.upperBound - 1)
    let type = try JSONScanner.text(of: contents, in: text)
    guard (1...Self.typeBytesMax).contains(type.utf8.count) else {
      throw .invalid("event type is \(type.utf8.count) bytes, limit 1 to \(Self.typeBytesMax)")
    }
    guard !type.utf8.contains(0) else { throw .invalid("event type has a zero byte") }
    self.json = json
    self.type = type
  }
}
