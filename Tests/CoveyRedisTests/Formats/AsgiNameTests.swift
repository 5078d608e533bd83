#if Redis
  import CoveyCore
  import CoveyRedis
  import SeededNumbers
  import Testing

  struct AsgiNameTests {
    private struct Verdict: Decodable {
      let name: String
      let isGroup: Bool
      let isChannel: Bool
      let mailbox: String?
    }

    private func escaped(_ name: String) -> String { text(AsgiName.escaped(Name(name))) }

    private func unescaped(_ name: String) -> String? { AsgiName.unescaped(name.utf8)?.text }

    @Test func `names are valid as Django's layers say`() throws {
      let all = try Vectors.read("names.json", of: Verdict.self)
      #expect(all.contains { $0.isGroup } && all.contains { $0.isChannel && !$0.isGroup })
      for one in all {
        #expect(AsgiName.isGroupName(one.name.utf8) == one.isGroup, "\(one.name)")
        #expect(AsgiName.isChannelName(one.name.utf8) == one.isChannel, "\(one.name)")
        #expect(AsgiName.mailbox(of: one.name.utf8).map(text) == one.mailbox, "\(one.name)")
      }
    }

    @Test(arguments: ["a!b!c", "!", "!a", "", "a b", "a\n", "ä", "a!ä", "٣"])
    func `these are no channels`(_ name: String) {
      #expect(!AsgiName.isChannelName(name.utf8))
    }

    @Test(arguments: [
      ("room", "room"), ("room_1.x-y", "room_1.x-y"), ("covey", "covey"), ("-", "-"),
      ("room 1", "covey-room-201"), ("a/b", "covey-a-2fb"), ("ä", "covey--c3-a4"),
      ("a-b:c", "covey-a-2db-3ac"), ("covey-", "covey-covey-2d"),
      ("covey-room", "covey-covey-2droom"), (" ", "covey--20"), ("a\n", "covey-a-0a"),
      (String(repeating: "a", count: 99), String(repeating: "a", count: 99)),
      (":" + String(repeating: "a", count: 90), "covey--3a" + String(repeating: "a", count: 90)),
    ])
    func `a name that Django cannot take is escaped, and comes back`(
      _ name: String, _ expected: String
    ) {
      #expect(escaped(name) == expected)
      #expect(unescaped(expected) == name)
    }

    @Test(arguments: [
      (":" + String(repeating: "a", count: 91), "d6e01203b1e3dc36"),
      (String(repeating: "a", count: 100), "2816597888e4a0d3"),
    ])
    func `a name too long for that is a digest, which says nothing`(
      _ name: String, _ start: String
    ) {
      let name = escaped(name)
      #expect(name.hasPrefix("covey--" + start) && name.utf8.count == 71)
      #expect(unescaped(name) == nil)
    }

    @Test func `a name whose escaped form looks like a digest gets a digest`() {
      // A blank and 62 digits would be covey--20 and the digits: 64 of them.
      let name = " " + String(repeating: "0", count: 62)
      let looks = "covey--20" + String(repeating: "0", count: 62)
      #expect(escaped(name) != looks && escaped(name).utf8.count == looks.utf8.count)
      #expect(unescaped(looks) == nil)
      // With a letter that is no digit there is no doubt.
      let other = " " + String(repeating: "g", count: 62)
      #expect(unescaped(escaped(other)) == other)
    }

    @Test(arguments: [
      "", "covey-", "covey-room", "covey-a-2", "covey-a-", "covey-a-2F", "covey-a-6d", "covey--ff",
      "covey--zz", "room 1", "ä", "covey-a-2db-5f", String(repeating: "a", count: 100),
    ])
    func `what is never made is not read`(_ name: String) {
      #expect(unescaped(name) == nil)
    }

    @Test func `names of any kind are valid, come back and stay different`() throws {
      var numbers = SeededNumbers()
      let characters = Array("abcxyzAZ019--__..:/ !covey-äß€😀\n\u{0}")
      var seen: [[UInt8]: Name] = [:]
      for _ in 0..<20_000 {
        var name = numbers.below(4) == 0 ? "covey-" : ""
        for _ in 0..<([1, 3, 30, 100][numbers.below(4)]) {
          // Long runs of letters as well, so that every form occurs.
          let limit = name.utf8.count > 10 ? 10 : characters.count
          name.append(characters[numbers.below(limit)])
        }
        let group = Name(name)
        let escaped = AsgiName.escaped(group)
        let note: Comment = "seed \(SeededNumbers.seed), \(name)"
        #expect(AsgiName.isGroupName(escaped) && AsgiName.isChannelName(escaped), note)
        #expect(seen.updateValue(group, forKey: escaped).map { $0 == group } ?? true, note)
        let isDigest = escaped.count == 71 && text(escaped).hasPrefix("covey--")
        let back = AsgiName.unescaped(escaped)
        #expect(back == group || (back == nil && isDigest), note)
      }
    }
  }
#endif
