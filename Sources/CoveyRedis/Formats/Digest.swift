internal import CLibcrypto

/// Digests of bytes.
package enum Digest {
  package static let sha256Bytes = 32

  /// The 32 bytes of SHA-256.
  ///
  /// The functions that need no provider, as a digest that could fail would be none to name
  /// things by.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var context = SHA256_CTX()
    var digest = [UInt8](repeating: 0, count: sha256Bytes)
    SHA256_Init(&context)
    SHA256_Update(&context, bytes, bytes.count)
    SHA256_Final(&digest, &context)
    return digest
  }
}
