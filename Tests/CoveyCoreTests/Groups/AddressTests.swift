import Testing

@testable import CoveyCore

struct AddressTests {
  private let id = ConsumerID(raw: 0x0123_4567_89AB_CDEF)

  @Test func `an address names its server and its consumer`() {
    let address = Address.of(id, server: 0xFEED)
    #expect(address == "specific.covey000000000000feed!0123456789abcdef")
    #expect(Address.consumer(Name(address), server: 0xFEED) == id)
    #expect(Address.consumer(Name(address), server: 0xFEEE) == nil)
    #expect(Address.hasForm(Name(address)))
  }

  @Test func `the ends of the range survive`() {
    for number in [0, 1, UInt64.max, UInt64.max - 1] {
      let address = Address.of(ConsumerID(raw: number), server: ~number)
      #expect(Address.consumer(Name(address), server: ~number)?.raw == number)
    }
  }

  @Test func `every address with one byte changed, missing or added has another meaning or none`() {
    let bytes = Array(Address.of(id, server: 0xFEED).utf8)
    for position in bytes.indices {
      var other = bytes
      other.remove(at: position)
      #expect(!Address.hasForm(Name(other)))
      for byte in [UInt8(ascii: "g"), UInt8(ascii: "A"), 0, 0xFF, UInt8(ascii: "!") + 1] {
        other = bytes
        other[position] = byte
        #expect(!Address.hasForm(Name(other)), "\(position) \(byte)")
      }
    }
    #expect(!Address.hasForm(Name(bytes + [UInt8(ascii: "0")])))
    #expect(!Address.hasForm(Name([])))
  }
}
