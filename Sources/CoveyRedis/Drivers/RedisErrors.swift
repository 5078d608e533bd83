/// What Redis means by its errors.
enum RedisErrors {
  /// Whether the same command may well succeed on another connection, in a while.
  static func isPassing(_ text: String) -> Bool {
    ["NOSCRIPT", "LOADING", "READONLY", "NOAUTH", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN"]
      .contains { text.hasPrefix($0) }
  }
}
