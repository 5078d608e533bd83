internal import CLibcrypto
package import CoveyCore

/// Tokens that only those who have the key can read or make, as Python's `cryptography` does.
///
/// A token is base64url text of: version 0x80, the time in seconds (8 bytes, the highest first),
/// the initialisation vector, what was encrypted by AES-128-CBC, and an HMAC-SHA256 of all of that.
package struct Fernet: Sendable {
  package static let ivBytes = 16
  /// How far ahead of ours a clock may be that made a token, where its age is checked.
  package static let skewSecondsMax: UInt64 = 60

  private static let headBytes = 9 + ivBytes
  private static let macBytes = 32
  private static let blockBytes = 16

  private let signingKey: [UInt8]
  private let encryptionKey: [UInt8]

  /// Makes the key from text as channels_redis does: the SHA-256 of its UTF-8.
  package init(key: [UInt8]) {
    let digest = Digest.sha256(key)
    signingKey = Array(digest.prefix(16))
    encryptionKey = Array(digest.dropFirst(16))
  }

  package init(key: String) { self.init(key: Array(key.utf8)) }

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - seconds: Unix time, for those who check the age.
  ///   - iv: 16 random bytes, other ones for each token.
  /// - Throws: invalid for another number of bytes in `iv`; system, when libcrypto refuses.
  package func encrypt(
    _ bytes: [UInt8], now seconds: UInt64, iv: [UInt8]
  ) throws(Failure) -> [UInt8] {
    guard iv.count == Self.ivBytes else {
      throw .invalid("initialisation vector is \(iv.count) bytes, must be \(Self.ivBytes)")
    }
    var token: [UInt8] = [0x80]
    PackedHead.put(seconds, bytes: 8, to: &token)
    token.append(contentsOf: iv)
    guard let encrypted = cipher(bytes[...], iv: iv, isEncrypting: true) else {
      throw .system("libcrypto cannot encrypt \(bytes.count) bytes by AES-128-CBC")
    }
    token.append(contentsOf: encrypted)
    token.append(contentsOf: try mac(token[...]))
    return Base64.encodeURLSafe(token)
  }

  /// Reads a token.
  ///
  /// - Parameters:
  ///   - seconds: Unix time.
  ///   - ttl: Seconds that a token is good for, or nil for tokens of any time.
  /// - Throws: protocol violation when it is no token, was made with another key or was changed;
  ///   timed out when it is too old, or made more than 60 seconds ahead of now.
  package func decrypt(
    _ token: Span<UInt8>, now seconds: UInt64, ttl: UInt64?
  ) throws(Failure) -> [UInt8] {
    guard let bytes = Base64.decodeURLSafe(token),
      bytes.count >= Self.headBytes + Self.blockBytes + Self.macBytes, bytes[0] == 0x80,
      (bytes.count - Self.headBytes - Self.macBytes).isMultiple(of: Self.blockBytes)
    else {
      throw .protocolViolation("encrypted message of \(token.count) bytes is no fernet token")
    }
    let signed = bytes.dropLast(Self.macBytes)
    let expected = try mac(signed)
    let isSame = bytes.suffix(Self.macBytes).withUnsafeBytes { given in
      expected.withUnsafeBytes {
        CRYPTO_memcmp($0.baseAddress, given.baseAddress, Self.macBytes) == 0
      }
    }
    guard isSame else { throw .protocolViolation("encrypted message was made with another key") }
    if let ttl { try Self.check(signed, seconds, ttl) }
    let iv = Array(signed[9..<Self.headBytes])
    guard let plain = cipher(signed[Self.headBytes...], iv: iv, isEncrypting: false) else {
      throw .protocolViolation("encrypted message has no padding at its end")
    }
    return plain
  }

  package func decrypt(
    _ token: [UInt8], now seconds: UInt64, ttl: UInt64?
  ) throws(Failure) -> [UInt8] {
    try decrypt(token.span, now: seconds, ttl: ttl)
  }

  private static func check(
    _ signed: ArraySlice<UInt8>, _ now: UInt64, _ ttl: UInt64
  ) throws(Failure) {
    let made = signed[1..<9].reduce(0) { $0 << 8 | UInt64($1) }
    guard made <= now else {
      let ahead = made - now
      guard ahead <= skewSecondsMax else {
        throw .timedOut("encrypted message is \(ahead) s ahead of time, limit \(skewSecondsMax) s")
      }
      return
    }
    guard now - made <= ttl else {
      throw .timedOut("encrypted message is \(now - made) s old, limit \(ttl) s")
    }
  }
}

/// Whoever prints a Fernet does not see its key.
extension Fernet: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "Fernet" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

// MARK: - libcrypto

extension Fernet {
  private func mac(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var size: UInt32 = 0
    let made = bytes.withUnsafeBufferPointer {
      HMAC(
        EVP_sha256(), signingKey, CInt(signingKey.count), $0.baseAddress, $0.count, &digest, &size)
    }
    guard made != nil, size == Self.macBytes else {
      throw .system("libcrypto cannot make an HMAC-SHA256 of \(bytes.count) bytes")
    }
    return Array(digest.prefix(Self.macBytes))
  }

  /// Runs AES-128-CBC with PKCS 7 padding over all of the bytes; nil when it cannot.
  private func cipher(_ bytes: ArraySlice<UInt8>, iv: [UInt8], isEncrypting: Bool) -> [UInt8]? {
    guard let size = CInt(exactly: bytes.count), size < CInt.max - 2 * CInt(Self.blockBytes),
      let context = EVP_CIPHER_CTX_new()
    else { return nil }
    defer { EVP_CIPHER_CTX_free(context) }
    guard
      EVP_CipherInit_ex(
        context, EVP_aes_128_cbc(), nil, encryptionKey, iv, isEncrypting ? 1 : 0) == 1
    else { return nil }
    var output = [UInt8](repeating: 0, count: bytes.count + Self.blockBytes)
    var written: CInt = 0
    var last: CInt = 0
    let isDone = output.withUnsafeMutableBufferPointer { output in
      bytes.withUnsafeBufferPointer { input in
        guard let target = output.baseAddress,
          EVP_CipherUpdate(context, target, &written, input.baseAddress, size) == 1
        else { return false }
        return EVP_CipherFinal_ex(context, target + Int(written), &last) == 1
      }
    }
    guard isDone else { return nil }
    output.removeLast(output.count - Int(written) - Int(last))
    return output
  }
}
