/// Who has come and not asked for anything yet. All have the same time for it, so that the first
/// one is due first.
struct Doorstep {
  private var arrivals: [Arrival] = []
  private var first = 0
  /// How many of these are over.
  private var overCount = 0

  /// It is in a stage that ends with `leave`.
  mutating func add(_ arrival: Arrival) { arrivals.append(arrival) }

  /// It has asked, or gone; may be said twice.
  mutating func leave(_ arrival: Arrival) {
    if case .over = arrival.stage { return }
    arrival.stage = .over
    guard !arrival.isLate else { return }
    overCount &+= 1
    // Behind one that takes its time there may be many that did not.
    guard overCount > 1024, overCount > (arrivals.count &- first) / 2 else { return }
    arrivals = arrivals[first...].filter { if case .over = $0.stage { false } else { true } }
    first = 0
    overCount = 0
  }

  /// When the next one must have asked; nil: nobody is waited for.
  mutating func nextDueAt() -> UInt64? {
    while first < arrivals.count, case .over = arrivals[first].stage {
      overCount &-= 1
      step()
    }
    return first < arrivals.count ? arrivals[first].dueAt : nil
  }

  /// Takes one whose time is over: it is late from now on.
  mutating func takeLate(at now: UInt64) -> Arrival? {
    guard let dueAt = nextDueAt(), dueAt <= now else { return nil }
    let arrival = arrivals[first]
    arrival.isLate = true
    step()
    return arrival
  }

  private mutating func step() {
    first &+= 1
    guard first == arrivals.count || first > 1024 && first > arrivals.count / 2 else { return }
    arrivals.removeFirst(first)
    first = 0
  }
}
