internal import CoveyCore

/// Encrypts what goes over the bus, where keys were given.
struct Seal {
  private let fernets: Fernets?
  /// How old what comes may be, in seconds; nil: as old as it likes.
  private let ttl: UInt64?
  private let random: (Int) -> [UInt8]

  init(_ setting: DriverSetting, ttl: UInt64? = nil) {
    fernets = try? Fernets(keys: setting.url.keys)
    self.ttl = ttl
    random = setting.random
  }

  /// Nothing is encrypted.
  var isOpen: Bool { fernets == nil }

  /// Nil when it cannot be encrypted.
  func close(_ bytes: [UInt8], _ now: DriverTime) -> [UInt8]? {
    guard let fernets else { return bytes }
    return try? fernets.encrypt(bytes, now: now.microseconds / 1_000_000, iv: random(16))
  }

  func open(_ bytes: [UInt8], _ now: DriverTime) throws(Failure) -> [UInt8] {
    guard let fernets else { return bytes }
    return try fernets.decrypt(bytes, now: now.microseconds / 1_000_000, ttl: ttl)
  }
}
