/// Commands as Redis reads them: how many parts there are, and each behind its length.
enum CommandText {
  static func append(_ command: [[UInt8]], to text: inout [UInt8]) {
    append(UInt8(ascii: "*"), command.count, to: &text)
    for part in command {
      append(UInt8(ascii: "$"), part.count, to: &text)
      text.append(contentsOf: part)
      endLine(&text)
    }
  }

  private static func append(_ kind: UInt8, _ count: Int, to text: inout [UInt8]) {
    text.append(kind)
    Decimal.append(UInt64(clamping: count), to: &text)
    endLine(&text)
  }

  private static func endLine(_ text: inout [UInt8]) {
    text.append(0x0d)
    text.append(0x0a)
  }
}
