import Glibc

/// The numbers of SplitMix64. A failing test prints the seed; COVEY_SEED repeats its run.
package struct SeededNumbers: RandomNumberGenerator {
  package static let seed: UInt64 =
    getenv("COVEY_SEED").flatMap { UInt64(String(cString: $0)) }
    ?? UInt64.random(in: 0...UInt64.max)

  private var state: UInt64

  package init(_ seed: UInt64 = seed) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}
