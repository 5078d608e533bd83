package import CoveyCore

/// The keys of a layer: the first encrypts, any decrypts, so that keys can be changed one by one.
package struct Fernets: Sendable {
  private let fernets: [Fernet]

  /// - Throws: invalid, when there is no key or an empty one.
  package init(keys: [[UInt8]]) throws(Failure) {
    guard !keys.isEmpty else { throw .invalid("there is no key to encrypt with") }
    guard keys.allSatisfy({ !$0.isEmpty }) else { throw .invalid("key to encrypt with is empty") }
    fernets = keys.map { Fernet(key: $0) }
  }

  /// Makes a token with the first key; see `Fernet`.
  package func encrypt(
    _ bytes: [UInt8], now seconds: UInt64, iv: [UInt8]
  ) throws(Failure) -> [UInt8] {
    guard let first = fernets.first else { throw .invalid("there is no key to encrypt with") }
    return try first.encrypt(bytes, now: seconds, iv: iv)
  }

  /// Reads a token with whichever key made it; see `Fernet`.
  package func decrypt(
    _ token: Span<UInt8>, now seconds: UInt64, ttl: UInt64?
  ) throws(Failure) -> [UInt8] {
    var found = Failure.invalid("there is no key to decrypt with")
    for fernet in fernets {
      do {
        return try fernet.decrypt(token, now: seconds, ttl: ttl)
      } catch {
        // Its time is only looked at once the key is known to be right.
        if error.kind == .timedOut { throw error }
        found = error
      }
    }
    throw found
  }

  package func decrypt(
    _ token: [UInt8], now seconds: UInt64, ttl: UInt64?
  ) throws(Failure) -> [UInt8] {
    try decrypt(token.span, now: seconds, ttl: ttl)
  }
}
