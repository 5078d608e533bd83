import CoveyCore
import Glibc

/// simulation [--tell | --bus] [STEPS [SEED]]
///
/// Plays random histories on the core until so many steps are done, or until stopped when there are
/// none given, each history on a seed of its own, and beside each of them some of processes on a
/// bus (see `BusPlay`). Ends with status 1 and the story of a history that went wrong;
/// `simulation 2000 SEED` plays that one again. With `--tell` it plays one history and tells what
/// some of its clients are told (see `Story`); with `--bus` it plays those on a bus alone.
@main
struct Simulation {
  static let stepsOfOnePlay = 2000
  static let busPlaysBesideOne = 30

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
    let isBusAlone = CommandLine.arguments.contains("--bus")
    let seed = arguments.dropFirst().first
    if CommandLine.arguments.contains("--tell") {
      let play = try Play(seed: seed ?? 1, story: Story())
      guard let wrong = play.run(Int(arguments.first ?? 1000)) else { return }
      print(wrong)
      exit(1)
    }
    var simulation = Simulation()
    if let seed {
      if isBusAlone { simulation.playBus(seed) } else { try simulation.play(seed) }
      return simulation.conclude()
    }
    let wanted = arguments.first ?? .max
    while (isBusAlone ? simulation.busSteps : simulation.steps) < wanted {
      if !isBusAlone { try simulation.play(simulation.newSeed()) }
      for _ in 0..<busPlaysBesideOne { simulation.playBus(simulation.newSeed()) }
    }
    simulation.conclude()
  }

  private var numbers = SystemRandomNumberGenerator()
  private var plays = 0
  private var busPlays = 0
  private var blindSpots = 0
  private var steps: UInt64 { UInt64(plays * Self.stepsOfOnePlay) }
  private var busSteps: UInt64 { UInt64(busPlays * Self.stepsOfOnePlay) }

  private mutating func newSeed() -> UInt64 {
    UInt64.random(in: 0..<1_000_000_000, using: &numbers)
  }

  private mutating func play(_ seed: UInt64) throws {
    if let wrong = try Play(seed: seed).run(Self.stepsOfOnePlay) { fail(wrong, "\(seed)") }
    plays += 1
    if plays.isMultiple(of: 50) { print("\(steps) steps, last seed \(seed)") }
  }

  private mutating func playBus(_ seed: UInt64) {
    let play = BusPlay(seed: seed)
    if let wrong = play.run(Self.stepsOfOnePlay) { fail(wrong, "\(seed) --bus") }
    busPlays += 1
    blindSpots += play.blindSpots
  }

  private func fail(_ wrong: String, _ seed: String) -> Never {
    print(wrong)
    let done = "\(steps) steps, \(busSteps) on a bus"
    print("simulation: failed after \(done); again: simulation 2000 \(seed)")
    exit(1)
  }

  private func conclude() {
    if plays > 0 { print("simulation: \(steps) steps in \(plays) plays, all converged") }
    guard busPlays > 0 else { return }
    print("simulation: \(busSteps) steps in \(busPlays) plays on a bus, nothing lost in silence")
    print("  (restored logs that nobody could tell from the lost ones: \(blindSpots))")
  }
}
