import Testing

@testable import CoveyCore

/// The small parts that state is made of.
struct PieceTests {
  // MARK: FieldMask

  @Test func `a mask holds 128 fields, lowest first`() {
    for count in [0, 1, 63, 64, 65, 127, 128] {
      var mask = FieldMask(first: count)
      #expect(mask.isEmpty == (count == 0))
      #expect((0..<128).filter { mask.contains($0) } == Array(0..<count))
      var popped: [Int] = []
      while let field = mask.popFirst() { popped.append(field) }
      #expect(popped == Array(0..<count) && mask.isEmpty)
    }
    var mask = FieldMask()
    for field in [127, 0, 64, 63] { mask.insert(field) }
    var other = FieldMask()
    for field in [64, 5] { other.insert(field) }
    var rest = mask.subtracting(other)
    #expect(
      [rest.popFirst(), rest.popFirst(), rest.popFirst(), rest.popFirst()] == [0, 63, 127, nil])
    mask.formUnion(other)
    #expect((0..<128).filter { mask.contains($0) } == [0, 5, 63, 64, 127])
  }

  // MARK: Row

  private func row(_ values: [String]) -> Row {
    Row(fields: values.count, capacity: values.reduce(0) { $0 + $1.utf8.count }) { builder in
      for value in values {
        builder.append(Array(value.utf8))
        builder.end()
      }
    }
  }

  @Test func `a row gives back what was put side by side, and compares field by field`() {
    let one = row(["1", "", "\"text of more than eight bytes\"", "null"])
    let other = row(["1", "", "\"text of more than nine bytes.\"", "null"])
    #expect(
      (0..<4).map { one.value($0) }
        == ["1", "", "\"text of more than eight bytes\"", "null"]
        .map { Array($0.utf8) })
    #expect((0..<4).map { one.isEqual(to: other, $0) } == [true, true, false, true])
    #expect(one.value(4) == [] && one.value(-1) == [])
    #expect(one.isNull(3) && !one.isNull(0) && !one.isNull(1) && !one.isNull(9))
    var mask = FieldMask()
    mask.insert(2)
    let merged = one.merged(with: other, mask, fields: 4)
    #expect(merged.value(2) == other.value(2) && merged.value(0) == one.value(0))
  }

  @Test func `rows differ at any byte`() {
    for length in 0..<20 {
      let text = String(repeating: "a", count: length)
      #expect(row([text]).isEqual(to: row([text]), 0))
      #expect(!row([text]).isEqual(to: row([text + "a"]), 0))
      for place in 0..<length {
        var bytes = Array(text.utf8)
        bytes[place] = UInt8(ascii: "b")
        #expect(!row([text]).isEqual(to: row([String(decoding: bytes, as: UTF8.self)]), 0))
      }
    }
  }

  @Test func `an id in a row is read as its kind`() {
    let values = row(["-5", "null", #""a\u0062""#])
    #expect(values.id(0, .integer) == .integer(-5))
    #expect(values.id(1, .integer) == nil && values.id(1, .text) == nil)
    #expect(values.id(2, .text) == .text(Name("ab")))
    #expect(values.id(2, .integer) == nil && values.id(0, .text) == nil)
  }

  // MARK: InstanceID

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min), ("", nil), ("-", nil), ("+1", nil), ("01", nil),
      ("-01", nil), ("1 ", nil), ("1.0", nil), ("1e1", nil), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("99999999999999999999", nil), ("0x1", nil), ("١", nil),
    ] as [(String, Int64?)])
  func `an integer id is written in one way`(text: String, expected: Int64?) {
    let id = try? InstanceID(text: text.utf8, .integer)
    #expect(id == expected.map { InstanceID.integer($0) })
    if let id, text != "-0" { #expect(id.text == Array(text.utf8)) }
  }

  @Test(arguments: [("007", 7), ("0", 0), ("000", 0), ("7", 7)] as [(String, Int64)])
  func `a URL may have leading zeros`(text: String, expected: Int64) throws {
    #expect(try InstanceID(url: Array(text.utf8)[...], .integer) == .integer(expected))
  }

  @Test func `what is no id of a URL is refused`() {
    for text in ["", "-", "x", "1x", "--1", "0x1"] {
      #expect(throws: Failure.self, "\(text)") {
        try InstanceID(url: Array(text.utf8)[...], .integer)
      }
    }
    #expect(throws: Failure.self) { try InstanceID(url: [][...], .text) }
  }

  // MARK: dates, times, decimals

  private func isDatetime(_ text: String) -> Bool {
    DateText.isDatetime(Array(text.utf8).span, 0..<text.utf8.count)
  }
  private func isDate(_ text: String) -> Bool {
    DateText.isDate(Array(text.utf8).span, 0..<text.utf8.count)
  }
  private func isDecimal(_ text: String) -> Bool {
    DateText.isDecimal(Array(text.utf8).span, 0..<text.utf8.count)
  }

  @Test func `dates are those of the calendar`() {
    for text in ["2026-11-21", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
      #expect(isDate(text), "\(text)")
    }
    for text in [
      "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-01-00",
      "0000-01-01", "2026-1-1", "2026/01/01", "2026-01-011", "", "-026-01-01", "2026-01-0x",
    ] {
      #expect(!isDate(text), "\(text)")
    }
  }

  @Test func `times may lack seconds, fraction and zone`() {
    for rest in [
      "T09:30", " 09:30", "T09:30:00", "T23:59:60", "T09:30:00.1", "T09:30:00.123456789Z",
      "T09:30Z", "T09:30+01:00", "T09:30:00-0130", "T09:30:00.5+23:59",
    ] {
      #expect(isDatetime("2026-11-21" + rest), "\(rest)")
    }
    for rest in [
      "", "T", "T09", "T09:3", "t09:30", "T24:00", "T09:60", "T09:30:61", "T09:30:", "T09:30:0",
      "T09:30:00.", "T09:30:00.1234567890", "T09:30:00z", "T09:30Z ", "T09:30+24:00",
      "T09:30+01:60", "T09:30+1:00", "T09:30+01", "T09:30+01:0", "T09:30.5", "T09:30:00+01-00",
    ] {
      #expect(!isDatetime("2026-11-21" + rest), "\(rest)")
    }
    #expect(!isDatetime("2026-02-29T09:30"))
    // No prefix of a good one reads past its end.
    let whole = "2026-11-21T09:30:00.123456789+01:00"
    for count in 0...whole.count { _ = isDatetime(String(whole.prefix(count))) }
  }

  @Test func `decimals have digits on both sides of a point`() {
    for text in ["0", "-12.50", "007", "123456789012345678901234567890.1"] {
      #expect(isDecimal(text), "\(text)")
    }
    for text in ["", "-", ".5", "5.", "1.2.3", "+1", "1e2", "--1", "1,5", " 1", "NaN"] {
      #expect(!isDecimal(text), "\(text)")
    }
  }

  // MARK: Secret

  @Test func `the hash is SipHash-2-4`() {
    // The reference vector of eight bytes, 00 to 07, with the key 00 to 0f.
    let secret = Secret(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
    #expect(secret.hash(0x0706_0504_0302_0100) == 0x93F5_F579_9A93_2462)
  }

  @Test func `names have 32 digits, and numbers stay below their limit`() {
    let secret = Secret(1, 2)
    var names: Set<[UInt8]> = []
    for number in 0..<1000 as Range<UInt64> {
      let name = secret.name(number)
      #expect(name.count == 32 && names.insert(name).inserted)
      #expect(secret.number(number, below: 7) < 7)
    }
    #expect(secret.number(5, below: 0) == 0 && secret.number(5, below: 1) == 0)
    #expect(secret.number(5, below: .max) == secret.number(5, below: .max))
  }

  // MARK: ChangeLog

  @Test func `the log is read backwards, layer by layer, as far as it reaches`() {
    var limits = Limits()
    limits.logChangesMax = 3
    var log = ChangeLog(limits)
    var last: [UInt64] = [0, 0]
    for version in 1...4 as ClosedRange<UInt64> {
      let layer = Int(version % 2)
      last[layer] = log.append(
        version, model: 0, .integer(Int64(version)), after: last[layer])
    }
    func versions(_ layer: Int, above version: UInt64) -> [UInt64] {
      var found: [UInt64] = []
      log.read(from: last[layer], above: version) { found.append($0.version) }
      return found
    }
    #expect(log.count == 3 && log.completeSince == 1)
    #expect(versions(0, above: 0) == [4, 2] && versions(1, above: 0) == [3])
    #expect(versions(0, above: 2) == [4] && versions(0, above: 4) == [])
    log.trim(at: 600_000_003)
    #expect(log.count == 2 && log.completeSince == 2)
    #expect(versions(0, above: 1) == [4])
  }

  @Test func `a ring of entries grows and turns`() {
    var limits = Limits()
    limits.logChangesMax = 1000
    var log = ChangeLog(limits)
    var last: UInt64 = 0
    for version in 1...5000 as ClosedRange<UInt64> {
      last = log.append(version, model: 1, .text(Name("x\(version)")), after: last)
      if version == 700 { log.trim(at: 600_000_350 + 1) }
    }
    var found: [UInt64] = []
    log.read(from: last, above: 0) { found.append($0.version) }
    #expect(found == Array((4001...5000).reversed()) && log.completeSince == 4000)
  }
}
