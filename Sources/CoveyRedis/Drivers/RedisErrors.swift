/// What Redis means by its errors.
enum RedisErrors {
  private static let passing = [
    "NOSCRIPT", "LOADING", "READONLY", "NOAUTH", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN",
  ]

  /// What of it may be told: some repeat the arguments of a command, and so passwords and messages.
  static func told(_ text: [UInt8]) -> String {
    let words = String(decoding: text.prefix(256), as: UTF8.self).split(separator: ",")
    return String(words.first { !$0.isEmpty } ?? "")
  }

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
