/// A frame of a context channel's client, taken apart: where its members are.
struct ClientFrame {
  struct Value {
    let range: Range<Int>
    let kind: JSONScanner.Kind
  }

  var token: Value?
  var lastUpdate: Value?
  var covey: Value?
  var session: Value?
  var type: Value?
  var callID: Value?
  var action: Value?
  var params: Value?
  var writeID: Value?
  var operation: Value?
  var instanceType: Value?
  var instanceID: Value?
  var parentType: Value?
  var parentID: Value?
  var relationName: Value?
  var data: Value?

  /// Reads a frame; nil when it is no JSON object.
  init?(_ text: Span<UInt8>, depthMax: Int) {
    var frame = ClientFrame()
    let kind = try? JSONScanner.scan(text, depthMax: depthMax) { member in
      frame.take(Value(range: member.value, kind: member.kind), member.name, text)
    }
    guard kind == .object else { return nil }
    self = frame
  }

  private init() {}

  private mutating func take(_ value: Value, _ name: Range<Int>, _ text: Span<UInt8>) {
    // The length and the first byte say which it can only be.
    guard let first = name.first else { return }
    func isNamed(_ expected: StaticString) -> Bool {
      guard name.count == expected.utf8CodeUnitCount else { return false }
      for offset in 0..<name.count
      where text[name.lowerBound &+ offset] != expected.utf8Start[offset] { return false }
      return true
    }
    switch (text[first], name.count) {
    case (UInt8(ascii: "c"), 6) where isNamed("callId"): callID = value
    case (UInt8(ascii: "a"), 6) where isNamed("action"): action = value
    case (UInt8(ascii: "p"), 6) where isNamed("params"): params = value
    case (UInt8(ascii: "t"), 4) where isNamed("type"): type = value
    case (UInt8(ascii: "t"), 5) where isNamed("token"): token = value
    case (UInt8(ascii: "l"), 10) where isNamed("lastUpdate"): lastUpdate = value
    case (UInt8(ascii: "l"), 11) where isNamed("last_update"): lastUpdate = value
    case (UInt8(ascii: "c"), 5) where isNamed("covey"): covey = value
    case (UInt8(ascii: "s"), 7) where isNamed("session"): session = value
    case (UInt8(ascii: "w"), 7) where isNamed("writeId"): writeID = value
    case (UInt8(ascii: "o"), 9) where isNamed("operation"): operation = value
    case (UInt8(ascii: "i"), 12) where isNamed("instanceType"): instanceType = value
    case (UInt8(ascii: "i"), 10) where isNamed("instanceId"): instanceID = value
    case (UInt8(ascii: "p"), 10) where isNamed("parentType"): parentType = value
    case (UInt8(ascii: "p"), 8) where isNamed("parentId"): parentID = value
    case (UInt8(ascii: "r"), 12) where isNamed("relationName"): relationName = value
    case (UInt8(ascii: "d"), 4) where isNamed("data"): data = value
    default: return
    }
  }
}

extension ClientFrame.Value {
  /// The text of a string; nil for anything else, and for what no text can hold.
  func string(_ text: Span<UInt8>) -> String? {
    guard kind == .string else { return nil }
    let contents = (range.lowerBound &+ 1)..<(range.upperBound &- 1)
    return try? JSONScanner.text(of: contents, in: text)
  }

  func isString(_ expected: String, _ text: Span<UInt8>) -> Bool {
    kind == .string
      && JSONScanner.isEqual(
        (range.lowerBound &+ 1)..<(range.upperBound &- 1), in: text, to: expected)
  }

  /// What a client's number of seconds is in microseconds; nil for what is no point in time.
  ///
  /// Rounded, for clients carry it as a floating-point number.
  func microseconds(_ text: Span<UInt8>) -> UInt64? {
    guard kind == .number, range.count <= 40 else { return nil }
    let digits = text.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    guard let seconds = Double(digits), seconds >= 0, seconds < 9e9 else { return nil }
    return UInt64(seconds * 1_000_000 + 0.5)
  }
}
