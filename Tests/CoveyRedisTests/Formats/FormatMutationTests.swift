#if Redis
  import CoveyCore
  import CoveyRedis
  import SeededNumbers
  import Testing

  /// Bytes that nobody meant: refused or understood, but no harm done.
  struct FormatMutationTests {
    private struct Message: Decodable {
      let packed: String
    }

    private struct Stored: Decodable {
      let keys: [String]
      let stored: String
    }

    private static let rounds = 5_000

    /// Changes, inserts, doubles and removes a few bytes.
    private func mutated(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
      var bytes = bytes
      for _ in 0...numbers.below(3) {
        let index = numbers.below(bytes.count + 1)
        // Heads of MessagePack, and the ends of ranges, more often than others.
        let byte =
          numbers.below(2) == 0
          ? UInt8.random(in: 0...255, using: &numbers) : UInt8(0xC0 + numbers.below(0x21))
        switch numbers.below(5) {
        case 0: bytes.insert(byte, at: index)
        case 1 where index < bytes.count: bytes.remove(at: index)
        case 2: bytes.removeSubrange(index...)
        case 3 where !bytes.isEmpty:
          let from = numbers.below(bytes.count)
          bytes.insert(contentsOf: bytes[from...].prefix(numbers.below(9)), at: index)
        default: if index < bytes.count { bytes[index] = byte }
        }
      }
      return bytes
    }

    @Test func `what can be unpacked is json, and packs and unpacks to the same`() throws {
      var numbers = SeededNumbers()
      let all =
        try Vectors.read("messages.json", of: Message.self)
        + Vectors.read("packed.json", of: Message.self)
      var understood = 0
      for _ in 0..<Self.rounds {
        let bytes = mutated(hex(all[numbers.below(all.count)].packed), &numbers)
        guard let json = try? MessagePack.unpack(bytes) else { continue }
        understood += 1
        let note: Comment = "seed \(SeededNumbers.seed), \(hex(bytes))"
        let again = try? MessagePack.pack(json: json)
        #expect(again.flatMap { try? MessagePack.unpack($0) } == json, note)
      }
      #expect(understood > Self.rounds / 100, "seed \(SeededNumbers.seed)")
    }

    @Test func `json of any bytes is packed or refused, as the scanner says`() throws {
      var numbers = SeededNumbers()
      let all = try Vectors.read("messages.json", of: Message.self)
      let texts = try all.map { try MessagePack.unpack(hex($0.packed)) }
      for _ in 0..<Self.rounds {
        let json = mutated(texts[numbers.below(texts.count)], &numbers)
        let packed = try? MessagePack.pack(json: json)
        guard let packed else { continue }
        let note: Comment = "seed \(SeededNumbers.seed), \(text(json))"
        #expect((try? JSONScanner.validate(json.span)) != nil, note)
        let again = try MessagePack.pack(json: MessagePack.unpack(packed))
        #expect(again == packed, note)
      }
    }

    @Test func `a pair goes into whatever has the head of a map, and comes out again`() throws {
      var numbers = SeededNumbers()
      let all = try Vectors.read("messages.json", of: Message.self)
      for _ in 0..<Self.rounds {
        let map = mutated(hex(all[numbers.below(all.count)].packed), &numbers)
        let note: Comment = "seed \(SeededNumbers.seed), \(hex(map))"
        let longer = MessagePack.appending(
          key: "\u{1}", strings: [[1], [2]], asArray: true, to: map)
        let first = MessagePack.prepending(key: "\u{1}", string: [3], to: map)
        #expect((longer == nil) == (first == nil), note)
        _ = try? MessagePack.firstValue(ofKey: "type", in: map)
        let whole = try? MessagePack.taking(key: "\u{1}", from: map)
        guard let longer, let first, let whole else { continue }
        #expect(whole.values.isEmpty, note)
        let taken = try MessagePack.taking(key: "\u{1}", from: longer)
        #expect(taken.values == [[1], [2]], note)
        let again = try MessagePack.taking(key: "\u{1}", from: first)
        #expect(again.values == [[3]] && again.rest == taken.rest, note)
        #expect(try OuterMap(map).count == OuterMap(taken.rest).count, note)
      }
    }

    @Test func `a token that was changed is never read`() throws {
      var numbers = SeededNumbers()
      let all = try Vectors.read("stored.json", of: Stored.self).filter { !$0.keys.isEmpty }
      for _ in 0..<Self.rounds / 10 {
        let one = all[numbers.below(all.count)]
        let fernets = try Fernets(keys: one.keys.map { Array($0.utf8) })
        let token = Array(hex(one.stored).dropFirst(12))
        let changed = mutated(token, &numbers)
        let plain = try? fernets.decrypt(changed, now: numbers.next(), ttl: nil)
        #expect(plain == nil || changed == token, "seed \(SeededNumbers.seed), \(text(changed))")
      }
    }

    @Test func `any text as a url is read or refused in one line`() throws {
      var numbers = SeededNumbers()
      let urls = [
        "redis://user:secret@localhost:6379/1?prefix=p&key=k&log=1",
        "redis+django://[::1]:1/0?expiry=1&group_expiry=2&capacity=3",
        "valkey+django-pubsub+unix://:p%40ss@/run/redis.sock?db=3&key=%00",
      ]
      let signs = Array(":/?#[]@&=%+.-0a\u{0} ".utf8)
      for _ in 0..<Self.rounds {
        var bytes = mutated(Array(urls[numbers.below(urls.count)].utf8), &numbers)
        if numbers.below(2) == 0 {
          bytes.insert(signs[numbers.below(signs.count)], at: numbers.below(bytes.count + 1))
        }
        do throws(Failure) {
          let url = try RedisURL(text(bytes))
          #expect(!url.redacted.contains("\n"))
        } catch {
          #expect(!error.message.contains("\n") && !error.message.isEmpty)
        }
      }
    }
  }
#endif
