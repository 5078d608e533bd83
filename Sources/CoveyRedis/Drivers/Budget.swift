internal import CoveyCore

/// How much may wait for the bus.
struct Budget {
  private let entriesMax: Int
  private let bytesMax: Int
  private var entries = 0
  private var bytes = 0

  init(_ limits: LayerLimits) {
    entriesMax = limits.queueEntriesMax
    bytesMax = limits.queueBytesMax
  }

  var isUsed: Bool { entries > 0 }

  /// Takes room for one entry, if there is some.
  mutating func take(_ size: Int) -> Bool {
    guard entries < entriesMax, size <= bytesMax &- bytes else { return false }
    entries &+= 1
    bytes &+= size
    return true
  }

  mutating func give(_ size: Int?) {
    guard let size else { return }
    entries &-= 1
    bytes &-= size
  }
}
