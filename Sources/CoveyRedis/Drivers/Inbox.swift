internal import CoveyCore

/// How channel names and mailboxes of `RedisChannelLayer` are called, and those of this process.
///
///     specific.covey<process>!          all that is of this process: the mailbox
///     specific.covey<process>!g<number> this process in a group
///     specific.covey<process>!<id>      one of its consumers
struct Inbox {
  /// What of a message says which names in the mailbox it is for.
  static let namesKey = "__asgi_channel__"
  private static let covey = Array("specific.covey".utf8)
  private static let messageType = "covey.message"

  let ownNames: [UInt8]

  init(token: UInt64) {
    ownNames = Self.covey + Array("\(Hex.digits(token))!".utf8)
  }

  func name(ofGroup number: UInt64) -> [UInt8] {
    ownNames + Array("g\(Hex.digits(number))".utf8)
  }

  func group(named name: [UInt8]) -> UInt64? {
    guard name.starts(with: ownNames), name.count == ownNames.count + 17,
      name[ownNames.count] == UInt8(ascii: "g")
    else { return nil }
    return Hex.number(name.dropFirst(ownNames.count + 1))
  }

  static func isCovey(_ name: [UInt8]) -> Bool { name.starts(with: covey) }

  /// A finished message, packed; for processes of Covey alone.
  static func message(_ parcel: [UInt8]) -> [UInt8] {
    // A map of two pairs, the second with bytes of a length in 32 bits.
    var packed: [UInt8] = [0x82, 0xa4] + Array("type".utf8)
    packed += [0xa0 | UInt8(messageType.utf8.count)] + Array(messageType.utf8)
    packed += [0xa6] + Array("parcel".utf8) + [0xc6]
    let count = UInt32(clamping: parcel.count)
    packed += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    return packed + parcel
  }

  /// The parcel of a packed message that is such a one; nil for others, also for an event that is
  /// named like it: JSON has no bytes.
  static func parcel(_ packed: [UInt8], depthMax: Int) throws(Failure) -> Parcel? {
    let head = message([]).dropLast(5)
    guard packed.starts(with: head) else { return nil }
    let rest = packed.dropFirst(head.count)
    guard rest.first == 0xc6 else { return nil }
    guard rest.count >= 5 else { throw .invalid("not of this format") }
    let parcel = try ParcelFormat.read(Array(rest.dropFirst(5)), depthMax: depthMax)
    guard case .message = parcel else { throw .invalid("not of this format") }
    return parcel
  }
}
