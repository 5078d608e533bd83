#if Redis
  import CoveyCore
  import Testing

  @testable import CoveyRedis

  struct OuterMapTests {
    private static let key = "__asgi_channel__"

    private func packed(_ json: String) throws -> [UInt8] {
      try MessagePack.pack(json: Array(json.utf8))
    }

    private func unpacked(_ bytes: [UInt8]?) throws -> String {
      text(try MessagePack.unpack(try #require(bytes)))
    }

    private func appending(
      _ values: [String], asArray: Bool, to map: [UInt8]
    ) -> [UInt8]? {
      let strings = values.map { Array($0.utf8) }
      return MessagePack.appending(key: Self.key, strings: strings, asArray: asArray, to: map)
    }

    @Test func `pairs are where their bytes are`() throws {
      var map = try OuterMap(hex("82 a161 9101 a162 a163"))
      #expect(map.count == 2)
      let first = try #require(try map.next())
      #expect(first == OuterMap.Pair(key: 1..<3, value: 3..<5))
      #expect(map.hasKey("a", first) && !map.hasKey("b", first))
      #expect(try map.next() == OuterMap.Pair(key: 5..<7, value: 7..<9))
      #expect(try map.next() == nil)
      #expect(try map.next() == nil)
    }

    @Test func `a pair is skipped whatever is in it`() throws {
      let values = [
        "c0", "c3", "ff", "cdffff", "d3ffffffffffffffff", "ca00000000", "c70105aa", "d8",
      ]
      let ends = ["", "", "", "", "", "", "", "05" + String(repeating: "00", count: 16)]
      let deep = [String(repeating: "91", count: 500) + "00"]
      for value in zip(values, ends).map({ $0 + $1 }) + deep {
        let bytes = hex("82" + value + "c402ffff" + "a161" + value)
        #expect(try MessagePack.firstValue(ofKey: "a", in: bytes).map(hex) == value)
      }
    }

    @Test func `the channel of a direct send is a string at the end`() throws {
      let channel = "specific.6f92!" + String(repeating: "c", count: 60)
      let sent = try #require(
        appending([channel], asArray: false, to: packed(#"{"type":"chat.message","text":"hi"}"#)))
      let start = "83a474797065ac636861742e6d657373616765a474657874a26869"
      let name = "b05f5f617367695f6368616e6e656c5f5fd94a"
      #expect(hex(sent) == start + name + hex(channel.utf8))
    }

    @Test func `the channels of a group are an array, even of one`() throws {
      let map = try packed(#"{"type":"x"}"#)
      let one = try unpacked(appending(["a!b"], asArray: true, to: map))
      #expect(one == #"{"type":"x","__asgi_channel__":["a!b"]}"#)
      let none = try unpacked(appending([], asArray: true, to: map))
      #expect(none == #"{"type":"x","__asgi_channel__":[]}"#)
      let names = (0..<20).map { "a!\($0)" }
      let taken = try MessagePack.taking(
        key: Self.key, from: #require(appending(names, asArray: true, to: map)))
      #expect(taken.rest == map)
      #expect(taken.values.map(text) == names)
    }

    @Test func `a string that is not one is not appended, nor anything to what is no map`() throws {
      let map = try packed("{}")
      #expect(appending([], asArray: false, to: map) == nil)
      #expect(appending(["a", "b"], asArray: false, to: map) == nil)
      for bytes in ["", "90", "a161", "dfffffffff", "c0"] {
        #expect(appending(["a"], asArray: true, to: hex(bytes)) == nil)
        #expect(MessagePack.prepending(key: "a", string: [], to: hex(bytes)) == nil)
      }
    }

    @Test func `a pair can go first`() throws {
      let map = try packed(#"{"a":1}"#)
      let string = Array("b".utf8)
      let longer = MessagePack.prepending(key: "type", string: string, to: map)
      #expect(try unpacked(longer) == #"{"type":"b","a":1}"#)
    }

    @Test(arguments: [14, 15, 16, 65_534, 65_535, 65_536])
    func `the head grows and shrinks with the map`(_ count: Int) throws {
      let json = "{" + repeatElement("\"a\":0", count: count).joined(separator: ",") + "}"
      let map = try packed(json)
      let longer = try #require(appending(["c"], asArray: false, to: map))
      #expect(try unpacked(longer) == json.dropLast() + #","__asgi_channel__":"c"}"#)
      let taken = try MessagePack.taking(key: Self.key, from: longer)
      #expect(taken.rest == map)
      let first = try #require(MessagePack.prepending(key: Self.key, string: [99], to: map))
      #expect(try MessagePack.taking(key: Self.key, from: first).rest == map)
    }

    @Test func `taking takes every pair of the key and believes the last, as Python does`() throws {
      let map = try packed(#"{"k":"a","x":[1],"k":["b","c"],"y":{"k":"d"}}"#)
      let taken = try MessagePack.taking(key: "k", from: map)
      #expect(try unpacked(taken.rest) == #"{"x":[1],"y":{"k":"d"}}"#)
      #expect(taken.values.map(text) == ["b", "c"])
      #expect(try MessagePack.firstValue(ofKey: "k", in: map).map(hex) == "a161")
    }

    @Test func `a key that is not there leaves all as it is`() throws {
      // Not in the smallest form, which is no reason to write it anew.
      let map = hex("de0001 a161 01")
      let taken = try MessagePack.taking(key: "k", from: map)
      #expect(taken.rest == map && taken.values.isEmpty)
      #expect(try MessagePack.firstValue(ofKey: "k", in: map) == nil)
      // A binary key is another key.
      let binary = try MessagePack.taking(key: "a", from: hex("81 c40161 a162"))
      #expect(binary.values.isEmpty)
    }

    @Test(arguments: [
      #"{"k":1}"#, #"{"k":null}"#, #"{"k":{}}"#, #"{"k":["a",1]}"#, #"{"k":[["a"]]}"#,
    ])
    func `names that are no strings are refused`(_ json: String) throws {
      let map = try packed(json)
      let message = "value of \"k\" is neither a string nor all strings"
      #expect(throws: Failure.protocolViolation(message)) {
        try MessagePack.taking(key: "k", from: map)
      }
    }

    @Test(arguments: ["", "90", "81a16b", "81a16ba161ff", "82a16ba161", "dfffffffff"])
    func `a map that is none, too short or too long is refused`(_ bytes: String) {
      #expect(throws: Failure.self) { try MessagePack.taking(key: "k", from: hex(bytes)) }
    }

    @Test func `a string is read without its head`() throws {
      let padded = hex("00a26869")
      #expect(MessagePack.string(padded[1...]).map(text) == "hi")
      #expect(MessagePack.string(hex("c0")[...]) == nil)
      #expect(MessagePack.string(hex("a16161")[...]) == nil)
      #expect(MessagePack.string([]) == nil)
    }
  }
#endif
