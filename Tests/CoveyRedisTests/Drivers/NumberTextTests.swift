#if Redis
  import Testing

  import CoveyCore
  @testable import CoveyRedis

  struct NumberTextTests {
    private static let numbers: [UInt64] = [
      0, 1, 9, 10, 15, 16, 99, 100, 0x0123_4567_89ab_cdef, .max - 1, .max,
    ]

    @Test(arguments: numbers) func `decimal digits are those of Swift`(_ number: UInt64) {
      var bytes: [UInt8] = []
      Decimal.append(number, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == String(number))
    }

    @Test(arguments: numbers)
    func `there are sixteen hexadecimal digits, which are read back`(_ number: UInt64) {
      let digits = Hex.digits(number)
      let shortest = String(number, radix: 16)
      #expect(digits == String(repeating: "0", count: 16 - shortest.utf8.count) + shortest)
      #expect(Hex.number(digits.utf8) == number)
    }
  }
#endif
