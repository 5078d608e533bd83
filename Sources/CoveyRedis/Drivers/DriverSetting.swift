internal import CoveyCore

/// What a driver is made from.
struct DriverSetting {
  let url: RedisURL
  let limits: LayerLimits
  /// The server's, by which the addresses of its consumers are known.
  let token: UInt64
  let depthMax: Int
  /// So many bytes, or none at all.
  let random: (Int) -> [UInt8]

  /// The server's own token where there is nothing random: that, too, no other process has.
  func randomNumber() -> UInt64 {
    let bytes = random(8)
    return bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : token
  }
}
