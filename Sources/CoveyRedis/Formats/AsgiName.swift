package import CoveyCore

/// Names as channels_redis wants them: at most 99 of letters, digits, `-`, `_` and `.`.
package enum AsgiName {
  package static let bytesMax = 99

  private static let mark = Array("covey-".utf8)
  private static let digestMark = Array("covey--".utf8)
  private static let hexDigits = Array("0123456789abcdef".utf8)

  /// The name by which Django knows one of our groups, which may have any text as its name.
  ///
  /// A name that Django can take stays as it is, unless it begins with `covey-`. Of another one
  /// each byte but letters, digits, `_` and `.` becomes `-` and two hexadecimal digits, after
  /// `covey-`. If that were too long, or had the form that follows, it is `covey--` and the SHA-256
  /// of the name in hexadecimal: whoever has joined knows what it stands for, others cannot tell.
  /// No two names become one.
  package static func escaped(_ group: Name) -> [UInt8] {
    let bytes = group.bytes
    if isGroupName(bytes), !bytes.starts(with: mark) { return bytes }
    var escaped = mark
    // A byte of the name takes one at least, so a long one is not written out in vain.
    if bytes.count <= bytesMax {
      for byte in bytes {
        if isPlain(byte) {
          escaped.append(byte)
        } else {
          escaped.append(UInt8(ascii: "-"))
          escaped.append(contentsOf: hex(byte))
        }
      }
      if escaped.count <= bytesMax, !isDigest(escaped) { return escaped }
    }
    return digestMark + Digest.sha256(bytes).flatMap(hex)
  }

  /// The name of our group that `escaped` makes this of; nil for the form with a digest, and for
  /// what `escaped` never makes.
  package static func unescaped(_ name: some Collection<UInt8>) -> Name? {
    let bytes = Array(name)
    guard isGroupName(bytes), !isDigest(bytes) else { return nil }
    guard bytes.starts(with: mark) else { return Name(bytes) }
    var plain: [UInt8] = []
    var rest = bytes.dropFirst(mark.count)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "-") else {
        plain.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue),
        let low = rest.popFirst().flatMap(hexValue)
      else { return nil }
      plain.append(high << 4 | low)
    }
    guard !plain.isEmpty, (try? UTF8Span(validating: plain.span)) != nil else { return nil }
    let group = Name(plain)
    // One name has one escaped form; others that read the same are not ours.
    return escaped(group) == bytes ? group : nil
  }

  /// Whether Django takes this as a group's name. Only ASCII: its `\d` knows more digits.
  package static func isGroupName(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.count <= bytesMax && bytes.allSatisfy(isAllowed)
  }

  /// Whether Django takes this as a channel's name: `tasks`, `specific.6f92!c6e4`. Only ASCII.
  package static func isChannelName(_ bytes: some Collection<UInt8>) -> Bool {
    let parts = bytes.split(
      separator: UInt8(ascii: "!"), maxSplits: 1, omittingEmptySubsequences: false)
    guard bytes.count <= bytesMax, let first = parts.first, !first.isEmpty else { return false }
    return parts.allSatisfy { $0.allSatisfy(isAllowed) }
  }

  /// Whether a name could be that of the channel of a whole group.
  package static func isOfGroup(_ bytes: [UInt8]) -> Bool {
    ["__group__", "__covey__", "__beat__"].contains { mark in
      let mark = Array(mark.utf8)
      return bytes.count >= mark.count
        && (0...(bytes.count - mark.count)).contains { bytes[$0...].starts(with: mark) }
    }
  }

  /// The part of a specific channel's name that names a process's mailbox, up to and with the `!`;
  /// nil for the name of a normal channel.
  package static func mailbox(of channel: some Collection<UInt8>) -> [UInt8]? {
    guard let end = channel.firstIndex(of: UInt8(ascii: "!")) else { return nil }
    return Array(channel[...end])
  }

  private static func isDigest(_ name: [UInt8]) -> Bool {
    name.count == digestMark.count + 2 * Digest.sha256Bytes && name.starts(with: digestMark)
      && name.dropFirst(digestMark.count).allSatisfy { hexValue($0) != nil }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    isPlain(byte) || byte == UInt8(ascii: "-")
  }

  /// Whether a byte stands for itself in an escaped name.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func hex(_ byte: UInt8) -> [UInt8] {
    [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 0x0F)]]
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
