/// What changed in which layer, for those who come back: bounded by count, bytes and age.
///
/// A ring of entries. Each knows the one before it in its layer, so that a layer is read backwards
/// from its newest entry without looking at any other.
struct ChangeLog {
  struct Entry {
    let version: UInt64
    let model: Int32
    let id: InstanceID
    /// The number of the layer's entry before this; 0: none.
    let previous: UInt64
  }

  private var entries: ContiguousArray<Entry?> = []
  /// The number of the first entry that is kept, and of the next one; numbers begin at 1.
  private var first: UInt64 = 1
  private var next: UInt64 = 1
  private var bytes = 0
  private let countMax: Int
  private let bytesMax: Int
  private let ageMax: UInt64
  /// Everything newer than this is here.
  private(set) var completeSince: UInt64 = 0

  init(_ limits: Limits) {
    countMax = max(1, limits.logChangesMax)
    bytesMax = limits.logBytesMax
    ageMax = limits.logAgeMilliseconds &* 1000
  }

  var count: Int { Int(truncatingIfNeeded: next &- first) }

  private static func bytes(_ id: InstanceID) -> Int {
    if case .text(let name) = id { 64 &+ name.bytes.count } else { 48 }
  }

  private func index(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number % UInt64(truncatingIfNeeded: entries.count))
  }

  /// Adds an entry; answers its number.
  mutating func append(
    _ version: UInt64, model: Int32, _ id: InstanceID, after previous: UInt64
  ) -> UInt64 {
    if count == entries.count { grow() }
    if count == countMax { dropFirst() }
    entries[index(next)] = Entry(
      version: version, model: model, id: id, previous: previous)
    bytes &+= Self.bytes(id)
    next &+= 1
    while bytes > bytesMax, count > 1 { dropFirst() }
    return next &- 1
  }

  /// Forgets what is too old.
  mutating func trim(at wallTime: UInt64) {
    while count > 0, let entry = entries[index(first)], entry.version &+ ageMax < wallTime {
      dropFirst()
    }
  }

  private mutating func dropFirst() {
    let position = index(first)
    if let entry = entries[position] {
      completeSince = max(completeSince, entry.version)
      bytes &-= Self.bytes(entry.id)
    }
    entries[position] = nil
    first &+= 1
  }

  private mutating func grow() {
    guard entries.count < countMax else { return }
    let size = min(countMax, max(64, entries.count &* 2))
    var larger = ContiguousArray<Entry?>(repeating: nil, count: size)
    for number in first..<next {
      larger[Int(truncatingIfNeeded: number % UInt64(size))] = entries[index(number)]
    }
    entries = larger
  }

  /// Hands out the entries of a layer above a version, newest first.
  func read(from last: UInt64, above version: UInt64, _ take: (Entry) -> Void) {
    var number = last
    while number >= first, number < next, let entry = entries[index(number)],
      entry.version > version
    {
      take(entry)
      number = entry.previous
    }
  }
}
