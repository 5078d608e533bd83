import CoveyCore
import Glibc
import Testing

/// Compares matching with a backtracking matcher that is too simple to be wrong, and slow.
struct PatternRandomTests {
  private enum Piece {
    case literal(String)
    case parameter(String)
  }

  /// The numbers of SplitMix64; a seed repeats a run.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static let seed: UInt64 =
    getenv("COVEY_SEED").flatMap { UInt64(String(cString: $0)) }
    ?? UInt64.random(in: 0...UInt64.max)

  private static let uuid = "075194d3-6885-417e-a8a8-6c931e272f00"

  private static let alphabet: [String] = ["a", "f", "-", "/", "0", "1", "\u{e9}", "\n", "."]

  @Test func `random patterns match as a backtracking matcher does`() throws {
    var numbers = Numbers(state: Self.seed)
    var matches = 0
    for round in 0..<4000 {
      let pieces = randomPieces(&numbers)
      let path = randomPath(pieces, &numbers)
      // The slash that does not matter, so that the reference need not know about it.
      let bytes = Array("/\(path)".utf8)
      let found = try Pattern("/\(Self.text(pieces))").match(bytes)?
        .map { String(decoding: bytes[$0], as: UTF8.self) }
      let expected = Self.match(pieces[...], Array(path.unicodeScalars)[...])
      if expected != nil { matches += 1 }
      #expect(
        found == expected,
        "COVEY_SEED=\(Self.seed) round \(round): \(Self.text(pieces)) on \(path.debugDescription)")
      if found != expected { return }
    }
    #expect(matches > 400, "COVEY_SEED=\(Self.seed)")
  }

  // MARK: - The reference

  /// Tries every length of every parameter, the longest first, as a greedy expression does.
  private static func match(
    _ pieces: ArraySlice<Piece>, _ path: ArraySlice<Unicode.Scalar>
  ) -> [String]? {
    guard let piece = pieces.first else { return path.isEmpty ? [] : nil }
    switch piece {
    case .literal(let text):
      guard path.starts(with: text.unicodeScalars) else { return nil }
      return match(pieces.dropFirst(), path.dropFirst(text.unicodeScalars.count))
    case .parameter(let converter):
      for length in stride(from: path.count, to: 0, by: -1) {
        let value = path.prefix(length)
        if accepts(converter, value), let rest = match(pieces.dropFirst(), path.dropFirst(length)) {
          return [string(value)] + rest
        }
      }
      return nil
    }
  }

  private static func accepts(_ converter: String, _ value: ArraySlice<Unicode.Scalar>) -> Bool {
    switch converter {
    case "int": value.allSatisfy { ("0"..."9").contains($0) }
    case "slug":
      value.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "-_0123456789".unicodeScalars.contains($0))
      }
    case "uuid": string(value) == uuid
    case "path": !value.contains("\n")
    default: !value.contains("/")
    }
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  // MARK: - Random patterns and paths

  private func randomPieces(_ numbers: inout Numbers) -> [Piece] {
    var pieces: [Piece] = []
    for _ in 0..<Int.random(in: 1...5, using: &numbers) {
      if Bool.random(using: &numbers) {
        // No line feed: a pattern cannot have one.
        let letters = Self.alphabet.filter { $0 != "\n" }
        pieces.append(.literal(letters.randomElement(using: &numbers) ?? "a"))
      } else {
        let names = ["str", "int", "slug", "uuid", "path"]
        pieces.append(.parameter(names.randomElement(using: &numbers) ?? "str"))
      }
    }
    return pieces
  }

  /// Mostly a path made from the pattern, with a little noise.
  private func randomPath(_ pieces: [Piece], _ numbers: inout Numbers) -> String {
    var path = ""
    for piece in pieces {
      switch piece {
      case .literal(let text): path += text
      case .parameter("uuid"): path += Self.uuid
      case .parameter("int"): path += ["0", "10", "1"].randomElement(using: &numbers) ?? "0"
      case .parameter: path += randomText(1...3, &numbers)
      }
      if Int.random(in: 0..<12, using: &numbers) == 0 { path += randomText(0...2, &numbers) }
    }
    return path
  }

  private func randomText(_ lengths: ClosedRange<Int>, _ numbers: inout Numbers) -> String {
    (0..<Int.random(in: lengths, using: &numbers))
      .map { _ in Self.alphabet.randomElement(using: &numbers) ?? "a" }
      .joined()
  }

  private static func text(_ pieces: [Piece]) -> String {
    pieces.enumerated().map { index, piece in
      switch piece {
      case .literal(let text): text
      case .parameter(let converter): "<\(converter):p\(index)>"
      }
    }.joined()
  }
}
