/// A numeric address, in one spelling: IPv4, also when IPv6 carries it (`::ffff:1.2.3.4`), or IPv6.
package struct IPAddress: Hashable, Sendable {
  /// An address of IPv4 lies in `::ffff:0:0/96`, as RFC 4291 maps it.
  private static let mappedPrefix: UInt64 = 0xFFFF << 32
  /// The longest: six groups and an IPv4 address.
  private static let textBytesMax = 45

  let high: UInt64
  let low: UInt64

  /// Takes 4 or 16 bytes in the order of the network; nil for another number of them.
  package init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4:
      high = 0
      low = Self.mappedPrefix | Self.number(bytes)
    case 16:
      high = Self.number(bytes.prefix(8))
      low = Self.number(bytes.dropFirst(8))
    default: return nil
    }
  }

  /// Reads an address without brackets, port or zone; nil when it is none.
  package init?(_ text: some Collection<UInt8>) {
    guard text.count <= Self.textBytesMax else { return nil }
    let bytes = ArraySlice(text)
    if let pair = Self.groups(ofVersion4: bytes) {
      high = 0
      low = Self.mappedPrefix | UInt64(pair[0]) << 16 | UInt64(pair[1])
      return
    }
    guard let groups = Self.groups(ofVersion6: bytes), groups.count == 8 else { return nil }
    high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
    low = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
  }

  package var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// Sixteen of them, in the order of the network.
  package var bytes: [UInt8] {
    [high, low].flatMap { half in
      stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
    }
  }

  /// As RFC 5952 writes it: IPv4 with dots, IPv6 with its longest run of zeros left out.
  package var text: [UInt8] {
    if isVersion4 {
      let parts = [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: low >> UInt64($0))) }
      return Array(parts.joined(separator: ".").utf8)
    }
    let groups = [high, low].flatMap { half in
      [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
    }
    var gap = 0..<0
    var start = 0
    for position in 0...groups.count {
      guard position == groups.count || groups[position] != 0 else { continue }
      if position - start > max(1, gap.count) { gap = start..<position }
      start = position + 1
    }
    func spelled(_ groups: ArraySlice<UInt16>) -> String {
      groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !gap.isEmpty else { return Array(spelled(groups[...]).utf8) }
    let text = spelled(groups[..<gap.lowerBound]) + "::" + spelled(groups[gap.upperBound...])
    return Array(text.utf8)
  }

  private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

// MARK: - the text of addresses

extension IPAddress {
  /// The eight groups of an IPv6 address; nil when it is none.
  static func groups(ofVersion6 bytes: ArraySlice<UInt8>) -> [UInt16]? {
    guard bytes.count <= textBytesMax else { return nil }
    let colon = UInt8(ascii: ":")
    var halves: [ArraySlice<UInt8>] = [bytes]
    if let gap = bytes.indices.dropLast().first(where: {
      bytes[$0] == colon && bytes[$0 + 1] == colon
    }) {
      halves = [bytes[..<gap], bytes[(gap + 2)...]]
    }
    guard let head = groups(halves[0], isLast: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return head.count == 8 ? head : nil }
    guard let tail = groups(halves[1], isLast: true), head.count + tail.count < 8 else {
      return nil
    }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  /// Reads groups of hexadecimal digits; the last may be an IPv4 address, which makes two.
  private static func groups(_ bytes: ArraySlice<UInt8>, isLast: Bool) -> [UInt16]? {
    guard !bytes.isEmpty else { return [] }
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let pair = Self.groups(ofVersion4: part) else { return nil }
        groups += pair
      } else {
        // A sign would pass UInt16's reading, so the digits are checked first.
        guard (1...4).contains(part.count), part.allSatisfy(isHex),
          let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
        else { return nil }
        groups.append(group)
      }
    }
    return groups
  }

  /// The two groups of an IPv4 address in dotted form; nil when it is none.
  private static func groups(ofVersion4 bytes: ArraySlice<UInt8>) -> [UInt16]? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var numbers: [UInt16] = []
    for part in parts {
      // A leading zero is octal to some: they would read another address.
      guard (1...3).contains(part.count), part.allSatisfy(Converter.isDigit),
        part.count == 1 || part.first != UInt8(ascii: "0"),
        let number = UInt8(String(decoding: part, as: UTF8.self))
      else { return nil }
      numbers.append(UInt16(number))
    }
    return [numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]]
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    Converter.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
