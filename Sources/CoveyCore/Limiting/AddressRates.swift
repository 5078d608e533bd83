/// How fast each address may connect, in bounded room.
///
/// Two tables: whoever comes is in the young one. When that is full, or so old that a bucket would
/// be full again, it becomes the old one, and what was in the old one is forgotten. So an address
/// is forgotten no sooner than it has its whole burst again, unless very many others come.
struct AddressRates {
  let rate: Rate
  private let tableMax: Int
  private var young: [AddressNetwork: TokenBucket] = [:]
  private var old: [AddressNetwork: TokenBucket] = [:]
  private var turnedAt: UInt64 = 0

  init(_ rate: Rate, addressesMax: Int = Limits.addressesMax) {
    self.rate = rate
    tableMax = max(1, addressesMax / 2)
  }

  /// Addresses that are known.
  var count: Int { young.count &+ old.count }

  /// Whether one more connection of this address is taken; what is no address always is.
  mutating func takes(_ address: [UInt8], at now: UInt64) -> Bool {
    guard let network = AddressNetwork(address) else { return true }
    if now &- turnedAt >= rate.fillMilliseconds || young.count >= tableMax {
      old = young
      young = [:]
      turnedAt = now
    }
    var bucket = young[network] ?? old.removeValue(forKey: network) ?? TokenBucket(rate, at: now)
    let isTaken = bucket.take(1, rate, at: now)
    young[network] = bucket
    return isTaken
  }
}
