/// What Redis means by its errors.
enum RedisErrors {
  private static let passing = [
    "NOSCRIPT", "LOADING", "READONLY", "NOAUTH", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN",
  ]

  /// Whether the same command may well succeed on another connection, in a while.
  static func isPassing(_ text: String) -> Bool {
    if passing.contains(where: { text.hasPrefix($0) }) { return true }
    // Redis before 7 says so of what its scripts call: "ERR Error running script (call to f_0123):
    // @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica."
    return text.hasPrefix("ERR Error running script")
      && text.split(separator: " ").contains { word in
        word.hasPrefix("-") && passing.contains { word.dropFirst() == $0 }
      }
  }
}
