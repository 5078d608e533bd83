import CoveyCore
import Glibc

/// simulation [--tell] [STEPS [SEED]]
///
/// Plays random histories on the core until so many steps are done, or until stopped when there are
/// none given, each history on a seed of its own. Ends with status 1 and the story of a history
/// that went wrong; `simulation 2000 SEED` plays that one again. With `--tell` it plays one history
/// and tells what some of its clients are told (see `Story`).
@main
struct Simulation {
  static let stepsOfOnePlay = 2000

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
    if CommandLine.arguments.contains("--tell") {
      let play = try Play(seed: arguments.dropFirst().first ?? 1, story: Story())
      guard let wrong = play.run(Int(arguments.first ?? 1000)) else { return }
      print(wrong)
      exit(1)
    }
    let wanted = arguments.first ?? .max
    let isOne = arguments.count > 1
    var numbers = SystemRandomNumberGenerator()
    var done: UInt64 = 0
    var plays = 0
    while done < wanted {
      let seed = isOne ? arguments[1] : UInt64.random(in: 0..<1_000_000_000, using: &numbers)
      let play = try Play(seed: seed)
      if let wrong = play.run(stepsOfOnePlay) {
        print(wrong)
        print("simulation: failed after \(done) steps; again: simulation 2000 \(seed)")
        exit(1)
      }
      done += UInt64(stepsOfOnePlay)
      plays += 1
      if plays.isMultiple(of: 50) { print("\(done) steps, last seed \(seed)") }
      if isOne { break }
    }
    print("simulation: \(done) steps in \(plays) plays, all converged")
  }
}
