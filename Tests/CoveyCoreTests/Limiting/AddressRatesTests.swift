import SeededNumbers
import Testing

@testable import CoveyCore

struct AddressRatesTests {
  private final class Rates {
    private var rates: AddressRates

    init(_ rate: Rate, addressesMax: Int = Limits.addressesMax) {
      rates = AddressRates(rate, addressesMax: addressesMax)
    }

    var count: Int { rates.count }
    func takes(_ address: [UInt8], at now: UInt64) -> Bool { rates.takes(address, at: now) }
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `each address has a burst and a rate of its own`() {
    let rates = Rates(Rate(perSecond: 1, burst: 2))
    let one = (0..<3).map { _ in rates.takes(bytes("10.0.0.1"), at: 7) }
    #expect(one == [true, true, false])
    #expect(rates.takes(bytes("10.0.0.2"), at: 7))
    #expect(!rates.takes(bytes("10.0.0.1"), at: 1006))
    #expect(rates.takes(bytes("10.0.0.1"), at: 1007))
    #expect(!rates.takes(bytes("10.0.0.1"), at: 1007))
  }

  @Test func `addresses of one IPv6 network are counted together`() {
    let rates = Rates(Rate(perSecond: 1, burst: 1))
    #expect(rates.takes(bytes("2001:db8:1:2::1"), at: 0))
    #expect(!rates.takes(bytes("2001:db8:1:2:ffff::9"), at: 0))
    #expect(rates.takes(bytes("2001:db8:1:3::1"), at: 0))
  }

  @Test func `what is no address has no rate`() {
    let rates = Rates(Rate(perSecond: 1, burst: 1))
    for _ in 0..<3 {
      for text in ["", "unix", "1.2.3", "1.2.3.256", "1:2", "1::2::3", ":::", "12345::"] {
        #expect(rates.takes(bytes(text), at: 0), "\(text)")
      }
    }
    #expect(rates.count == 0)
  }

  @Test func `the table stays within its bound, and who is active is not forgotten`() {
    let rates = Rates(Rate(perSecond: 1, burst: 1), addressesMax: 64)
    #expect(rates.takes(bytes("10.9.9.9"), at: 0))
    for number in 0..<1000 {
      _ = rates.takes(bytes("10.0.\(number / 250).\(number % 250)"), at: 0)
      if number % 16 == 0 { #expect(!rates.takes(bytes("10.9.9.9"), at: 0)) }
      #expect(rates.count <= 64)
    }
  }

  @Test func `addresses whose bucket is full again are forgotten`() {
    let rates = Rates(Rate(perSecond: 1, burst: 2))
    for number in 0..<100 { _ = rates.takes(bytes("10.0.0.\(number)"), at: 0) }
    _ = rates.takes(bytes("10.1.0.0"), at: 2000)
    _ = rates.takes(bytes("10.1.0.0"), at: 4000)
    #expect(rates.count == 1)
  }

  @Test(arguments: [
    ("::1", "::2", true), ("::1", "1::", false), ("1.2.3.4", "::ffff:1.2.3.4", true),
    ("1.2.3.4", "::ffff:102:304", true), ("1.2.3.4", "1.2.3.5", false),
    ("fe80::1%eth0", "fe80::2", true), ("A:b::", "a:B:0:0:1:2:3:4", true),
    ("::", "0:0:0:0:0:0:0:0", true), ("1:2:3:4:5:6:7:8", "1:2:3:4::", true),
    ("1:2:3:4:5:6:7:8", "1:2:3:5:5:6:7:8", false), ("0.0.0.0", "::", false),
    ("64:ff9b::1.2.3.4", "64:ff9b::", true),
  ])
  func `networks are told apart by their first 64 bits`(
    _ one: String, _ other: String, _ isSame: Bool
  ) throws {
    let (one, other) = (AddressNetwork(bytes(one)), AddressNetwork(bytes(other)))
    #expect(one != nil && other != nil)
    #expect((one == other) == isSame)
  }

  @Test func `random bytes are an address or none`() {
    var numbers = SeededNumbers()
    let letters = Array("0123456789abcdefABCDEF:::.%x".utf8)
    for _ in 0..<20_000 {
      let text = (0..<numbers.below(20)).map { _ in letters[numbers.below(letters.count)] }
      _ = AddressNetwork(text)
    }
  }
}
