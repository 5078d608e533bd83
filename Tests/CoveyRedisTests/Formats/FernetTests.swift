#if Redis
  import CoveyCore
  import CoveyRedis
  import Testing

  struct FernetTests {
    private struct Token: Decodable {
      struct Read: Decodable {
        let ttl: UInt64?
        let now: UInt64
        let isRead: Bool
      }
      let key: String
      let plain: String
      let made: UInt64
      let iv: String
      let token: String
      let reads: [Read]
    }

    private struct Stored: Decodable {
      let keys: [String]
      let stored: String
      let text: String
    }

    private static let iv = [UInt8](0..<16)

    @Test func `tokens are those of Python's cryptography, byte for byte`() throws {
      let tokens = try Vectors.read("fernet.json", of: Token.self)
      #expect(tokens.count == 40)
      for token in tokens {
        let fernet = Fernet(key: token.key)
        let made = try fernet.encrypt(hex(token.plain), now: token.made, iv: hex(token.iv))
        #expect(text(made) == token.token)
        for read in token.reads {
          let plain = try? fernet.decrypt(made, now: read.now, ttl: read.ttl)
          #expect(plain == (read.isRead ? hex(token.plain) : nil), "\(read) of \(token.made)")
        }
      }
    }

    @Test func `what channels_redis stored is read`() throws {
      let all = try Vectors.read("stored.json", of: Stored.self)
      #expect(all.contains { $0.keys.isEmpty } && all.contains { $0.keys.count == 2 })
      for one in all {
        // 12 random bytes come first.
        var message = Array(hex(one.stored).dropFirst(12))
        if !one.keys.isEmpty {
          let fernets = try Fernets(keys: one.keys.map { Array($0.utf8) })
          message = try fernets.decrypt(message, now: 0, ttl: nil)
        }
        #expect(try text(MessagePack.unpack(message)) == one.text)
      }
    }

    @Test func `the first key encrypts, and any decrypts`() throws {
      let (old, new) = (Array("k1".utf8), Array("k2".utf8))
      let both = try Fernets(keys: [new, old])
      let token = try both.encrypt([1, 2, 3], now: 100, iv: Self.iv)
      #expect(try Fernets(keys: [new]).decrypt(token, now: 100, ttl: 70) == [1, 2, 3])
      #expect(try Fernets(keys: [old, new]).decrypt(token, now: 100, ttl: 70) == [1, 2, 3])
      let another = Failure.protocolViolation("encrypted message was made with another key")
      #expect(throws: another) { try Fernets(keys: [old]).decrypt(token, now: 100, ttl: 70) }
      let late = Failure.timedOut("encrypted message is 71 s old, limit 70 s")
      #expect(throws: late) { try Fernets(keys: [new, old]).decrypt(token, now: 171, ttl: 70) }
      let early = Failure.timedOut("encrypted message is 61 s ahead of time, limit 60 s")
      #expect(throws: early) { try both.decrypt(token, now: 39, ttl: 70) }
      #expect(throws: Failure.invalid("there is no key to encrypt with")) { try Fernets(keys: []) }
      #expect(throws: Failure.invalid("key to encrypt with is empty")) { try Fernets(keys: [[]]) }
    }

    @Test func `times at the ends of their range do no harm`() throws {
      let fernet = Fernet(key: "k")
      for made in [0, UInt64.max] {
        let token = try fernet.encrypt([], now: made, iv: Self.iv)
        #expect(try fernet.decrypt(token, now: made, ttl: UInt64.max) == [])
        #expect(try fernet.decrypt(token, now: made, ttl: 0) == [])
        #expect(throws: Failure.self) { try fernet.decrypt(token, now: ~made, ttl: 1) }
      }
    }

    @Test func `an initialisation vector has 16 bytes`() {
      let failure = Failure.invalid("initialisation vector is 15 bytes, must be 16")
      #expect(throws: failure) {
        try Fernet(key: "k").encrypt([], now: 0, iv: Array(Self.iv.dropLast()))
      }
    }

    @Test func `a token of which anything was changed or cut is refused`() throws {
      let fernet = Fernet(key: "k")
      let token = try fernet.encrypt(Array("attack at dawn".utf8), now: 1, iv: Self.iv)
      for index in token.indices {
        for byte in [UInt8(ascii: "A"), UInt8(ascii: "B"), 0, 0xFF] where token[index] != byte {
          var changed = token
          changed[index] = byte
          #expect(throws: Failure.self) { try fernet.decrypt(changed, now: 1, ttl: nil) }
        }
        let cut = Array(token[..<index])
        #expect(throws: Failure.self) { try fernet.decrypt(cut, now: 1, ttl: nil) }
      }
    }

    @Test func `nobody sees the key by printing`() {
      #expect("\(Fernet(key: "secret"))" == "Fernet")
      #expect(String(reflecting: Fernet(key: "secret")) == "Fernet")
      var dumped = ""
      dump(Fernet(key: "secret"), to: &dumped)
      #expect(!dumped.contains("Key"), "\(dumped)")
    }

    @Test(arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `digests are those of SHA-256`(_ message: String, _ digest: String) {
      #expect(hex(Digest.sha256(Array(message.utf8))) == digest)
    }
  }
#endif
