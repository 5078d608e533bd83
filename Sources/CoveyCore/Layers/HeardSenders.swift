/// The highest number of each sender that was delivered in a topic: a bus that lost something is
/// given again what it had passed on already.
struct HeardSenders {
  /// Whoever was heard last stands last: mostly it is one of the last few.
  private var senders: ContiguousArray<(sender: UInt64, number: UInt64)> = []

  /// Whether a letter is new; if so, it and all before it no longer are.
  mutating func hear(_ letter: Letter, sendersMax: Int) -> Bool {
    var place = senders.count &- 1
    while place >= 0, senders[place].sender != letter.sender { place &-= 1 }
    if place >= 0 {
      guard letter.number > senders[place].number else { return false }
      if place == senders.count &- 1 {
        senders[place].number = letter.number
        return true
      }
      senders.remove(at: place)
    } else if senders.count >= max(1, sendersMax) {
      senders.removeFirst()
    }
    senders.append((letter.sender, letter.number))
    return true
  }
}
