internal import CoveyCore

/// What goes into mailboxes, each by its key.
struct MailboxLetters {
  typealias Letter = (key: [UInt8], body: [UInt8])
  typealias Mailbox = (mailbox: [UInt8], names: [[UInt8]])

  let prefix: [UInt8]
  /// This process's mailbox, to which nothing is sent.
  let ownNames: [UInt8]

  /// For one channel: of a process, into its mailbox; else into the channel's own.
  func letter(_ packed: [UInt8], to address: Name) -> Letter {
    guard let mailbox = AsgiName.mailbox(of: address.bytes) else {
      return (prefix + address.bytes, packed)
    }
    let body = MessagePack.appending(
      key: Inbox.namesKey, strings: [address.bytes], asArray: false, to: packed)
    return (prefix + mailbox, body ?? packed)
  }

  /// Where these names are read, with those that are read there.
  func mailboxes(of names: [[UInt8]], coveyAlone: Bool) -> [Mailbox] {
    var order: [[UInt8]] = []
    var byMailbox: [[UInt8]: [[UInt8]]] = [:]
    for name in names {
      let mailbox = AsgiName.mailbox(of: name) ?? name
      guard mailbox != ownNames, !coveyAlone || Inbox.isCovey(name) else { continue }
      if byMailbox[mailbox] == nil { order.append(mailbox) }
      byMailbox[mailbox, default: []].append(name)
    }
    return order.map { ($0, byMailbox[$0] ?? []) }
  }

  /// For one mailbox, with the names in it that it is for; nil when it is no packed map.
  func letter(_ packed: [UInt8], to mailbox: Mailbox) -> Letter? {
    let body = MessagePack.appending(
      key: Inbox.namesKey, strings: mailbox.names, asArray: true, to: packed)
    return body.map { (prefix + mailbox.mailbox, $0) }
  }
}
