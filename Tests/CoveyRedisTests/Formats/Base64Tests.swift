#if Redis
  import Foundation
  import SeededNumbers
  import Testing

  @testable import CoveyRedis

  struct Base64Tests {
    private func urlSafe(_ bytes: [UInt8]) -> String {
      Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
    }

    @Test func `both alphabets are those of others`() {
      var numbers = SeededNumbers()
      for count in 0..<200 {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        var encoded: [UInt8] = []
        Base64.encode(bytes.span, to: &encoded)
        #expect(text(encoded) == Data(bytes).base64EncodedString())
        let safe = Base64.encodeURLSafe(bytes)
        #expect(text(safe) == urlSafe(bytes))
        #expect(Base64.decodeURLSafe(safe.span) == bytes)
      }
    }

    @Test(arguments: [
      "A", "AA", "AAA", "A===", "====", "=", "AB==", "AAB=", "AA=A", "AAA=AAAA", "AA+A", "AA/A",
      "AAA\n", " AAA", "AAAA=", "AA==AA==", "ÄA==",
    ])
    func `only what is written is read`(_ encoded: String) {
      #expect(Base64.decodeURLSafe(Array(encoded.utf8).span) == nil)
    }
  }
#endif
