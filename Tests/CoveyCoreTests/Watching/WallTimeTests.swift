import Foundation
import Testing

@testable import CoveyCore

/// Moments are written as everybody writes them.
struct WallTimeTests {
  private func text(_ microseconds: UInt64) -> String {
    String(decoding: WallTime.text(microseconds), as: UTF8.self)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123_456, "2000-02-29T00:00:00.123Z"),
    (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
    (1_795_253_400_250_999, "2026-11-21T09:30:00.250Z"),
  ])
  func `a moment has a text`(_ microseconds: UInt64, _ expected: String) {
    #expect(text(microseconds) == expected)
  }

  @Test func `every day of four centuries is the day that Foundation says`() {
    let formatter = ISO8601DateFormatter()
    for day in stride(from: 0, to: 400 * 366, by: 1) {
      let seconds = day * 86_400 + day % 86_400
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      guard text(UInt64(seconds) * 1_000_000) == expected.dropLast() + ".000Z" else {
        Issue.record("day \(day): \(text(UInt64(seconds) * 1_000_000)), expected \(expected)")
        return
      }
    }
  }

  @Test func `a moment that is none is a text all the same`() {
    #expect(text(.max).utf8.count == 24)
  }
}
