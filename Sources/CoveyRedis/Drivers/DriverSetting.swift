internal import CoveyCore

/// What a driver is made from.
struct DriverSetting {
  let url: RedisURL
  let limits: LayerLimits
  /// The server's, by which the addresses of its consumers are known.
  let token: UInt64
  let depthMax: Int
  let random: (Int) -> [UInt8]

  func randomNumber() -> UInt64 { random(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
