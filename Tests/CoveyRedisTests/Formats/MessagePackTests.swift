#if Redis
  import CoveyCore
  import CoveyRedis
  import Testing

  struct MessagePackTests {
    private struct Message: Decodable {
      let json: String
      let packed: String
      let text: String
    }

    private struct Packed: Decodable {
      let packed: String
      let text: String
    }

    private func packed(_ json: String) throws(Failure) -> String {
      hex(try MessagePack.pack(json: Array(json.utf8)))
    }

    private func unpacked(_ digits: String) throws(Failure) -> String {
      text(try MessagePack.unpack(hex(digits)))
    }

    // MARK: what Python writes and reads

    @Test func `json is packed as Python packs it, and comes back`() throws {
      let messages = try Vectors.read("messages.json", of: Message.self)
      #expect(messages.count == 250)
      for message in messages {
        #expect(try packed(message.json) == message.packed, "\(message.json)")
        #expect(try packed(message.text) == message.packed, "\(message.text)")
        #expect(try unpacked(message.packed) == message.text)
      }
    }

    @Test func `what json lacks is written as Python's json.dumps does`() throws {
      let all = try Vectors.read("packed.json", of: Packed.self)
      #expect(all.count == 200)
      for one in all { #expect(try unpacked(one.packed) == one.text, "\(one.packed)") }
    }

    @Test func `the example of the design packs to its bytes`() throws {
      let packed = try packed(#"{"type":"chat.message","text":"hi"}"#)
      #expect(packed == "82a474797065ac636861742e6d657373616765a474657874a26869")
      #expect(try unpacked("82a474797065a16da17801") == #"{"type":"m","x":1}"#)
      #expect(try unpacked("81a474797065a6646972656374") == #"{"type":"direct"}"#)
    }

    @Test(arguments: [
      ("0", "00"), ("-0", "00"), ("127", "7f"), ("128", "cc80"), ("255", "ccff"), ("256", "cd0100"),
      ("65535", "cdffff"), ("65536", "ce00010000"), ("4294967295", "ceffffffff"),
      ("4294967296", "cf0000000100000000"), ("18446744073709551615", "cfffffffffffffffff"),
      ("-1", "ff"), ("-32", "e0"), ("-33", "d0df"), ("-128", "d080"), ("-129", "d1ff7f"),
      ("-32768", "d18000"), ("-32769", "d2ffff7fff"), ("-2147483648", "d280000000"),
      ("-2147483649", "d3ffffffff7fffffff"), ("-9223372036854775808", "d38000000000000000"),
      ("1.0", "cb3ff0000000000000"), ("-0.0", "cb8000000000000000"),
      ("1e+16", "cb4341c37937e08000"), ("null", "c0"), ("true", "c3"), ("false", "c2"),
      ("\"\"", "a0"), ("[]", "90"), ("{}", "80"), ("[[],{},[0]]", "9390809100"),
      (#""\u0000\"\\\u001f/€😀""#, "ac00225c1f2fe282acf09f9880"),
    ])
    func `a value has its bytes, both ways`(_ json: String, _ bytes: String) throws {
      #expect(try packed(json) == bytes)
      if json != "-0" { #expect(try unpacked(bytes) == json) }
    }

    @Test(arguments: [
      (#""\ud83d\ude00\b\t\n\f\r\/""#, "aaf09f988008090a0c0d2f"), ("1E2", "cb4059000000000000"),
      (" [ 1 ,\n2 ] ", "920102"), (#"{ "a" : [ ] , "a" : 1 }"#, "82a16190a16101"),
      ("1e-400", "cb0000000000000000"), (#"{"\u0061":"\"}"}"#, "81a161a2227d"),
      ("0.1000000000000000055511151231257827", "cb3fb999999999999a"),
    ])
    func `json in other spellings is packed the same`(_ json: String, _ bytes: String) throws {
      #expect(try packed(json) == bytes)
    }

    @Test(arguments: [
      ("cc05", "5"), ("d005", "5"), ("d3ffffffffffffffff", "-1"), ("ca3f800000", "1.0"),
      ("ca3dcccccd", "0.10000000149011612"), ("d900", "\"\""), ("dd00000000", "[]"),
      ("df00000000", "{}"), ("c40141", "\"QQ==\""), ("c5000241ff", "\"Qf8=\""),
      ("c60000000341ff00", "\"Qf8A\""), ("81c001", #"{"null":1}"#), ("81c201", #"{"false":1}"#),
      ("810101", #"{"1":1}"#), ("81ff01", #"{"-1":1}"#),
      ("81cb3ff800000000000001", #"{"1.5":1}"#),
    ])
    func `packed in other ways, a value is read all the same`(_ bytes: String, _ json: String)
      throws
    {
      #expect(try unpacked(bytes) == json)
    }

    // MARK: sizes

    @Test(arguments: [15, 16, 31, 32, 255, 256, 65_535, 65_536, 70_000])
    func `lengths have heads of the size they need`(_ count: Int) throws {
      func head(_ count: Int, fixed: Int, _ fixedMax: Int, _ byte: UInt8?, _ word: UInt8) -> String
      {
        if count <= fixedMax { return hex([UInt8(fixed + count)]) }
        if let byte, count <= 0xFF { return hex([byte, UInt8(count)]) }
        let two = [UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        return count <= 0xFFFF ? hex([word] + two) : hex([word + 1, 0, UInt8(count >> 16)] + two)
      }
      let string = "\"" + String(repeating: "a", count: count) + "\""
      let array = "[" + repeatElement("1", count: count).joined(separator: ",") + "]"
      let map = "{" + repeatElement("\"b\":2", count: count).joined(separator: ",") + "}"
      let expected = [
        (string, head(count, fixed: 0xA0, 31, 0xD9, 0xDA), "61"),
        (array, head(count, fixed: 0x90, 15, nil, 0xDC), "01"),
        (map, head(count, fixed: 0x80, 15, nil, 0xDE), "a16202"),
      ]
      for (json, head, item) in expected {
        let bytes = head + String(repeating: item, count: count)
        #expect(try packed(json) == bytes)
        #expect(try unpacked(bytes) == json)
        #expect(try packed("[{\"x\":\(json)}]") == "9181a178" + bytes)
      }
    }

    @Test func `containers lie 64 deep and no deeper`() throws {
      let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
      let bytes = String(repeating: "91", count: 63) + "90"
      #expect(try packed(deep) == bytes)
      #expect(try unpacked(bytes) == deep)
      #expect(throws: Failure.tooLarge("msgpack is nested 65 deep at byte 64, limit 64")) {
        try unpacked("91" + bytes)
      }
      #expect(throws: Failure.tooLarge("json is nested 65 deep at byte 64, limit 64")) {
        try packed("[" + deep + "]")
      }
      #expect(throws: Failure.self) { try unpacked(String(repeating: "81a161", count: 1000)) }
    }

    // MARK: what is refused

    @Test(arguments: [
      ("18446744073709551616", "integer 18446744073709551616 at byte 0 is outside -2^63...2^64-1"),
      (
        "[-9223372036854775809]", "integer -9223372036854775809 at byte 1 is outside -2^63...2^64-1"
      ),
      (
        String(repeating: "9", count: 400),
        "integer " + String(repeating: "9", count: 40) + "... at byte 0 is outside -2^63...2^64-1"
      ),
      ("[1e400]", "number 1e400 at byte 1 is too large for a double"),
      ("-1e309", "number -1e309 at byte 0 is too large for a double"),
      (#""\ud800""#, "json string has a lone surrogate at byte 1"),
      (#"{"\udc00":1}"#, "json string has a lone surrogate at byte 2"),
      ("[1", "json ends at byte 2 before it is complete"),
      ("NaN", "json has the unexpected byte 0x4E at byte 0"),
      ("", "json ends at byte 0 before it is complete"),
    ])
    func `json that cannot be packed is refused by name`(_ json: String, _ message: String) {
      #expect(throws: Failure.invalid(message)) { try packed(json) }
    }

    @Test(arguments: [
      ("", "msgpack ends at byte 0 before it is complete"),
      ("c1", "msgpack has the unused byte 0xC1 at byte 0"),
      ("0000", "msgpack ends at byte 1, and 1 bytes follow"),
      ("cd01", "msgpack ends at byte 2 before it is complete"),
      ("ca7fc00000", "msgpack has the number nan at byte 0, which json lacks"),
      ("cb7ff0000000000000", "msgpack has the number inf at byte 0, which json lacks"),
      ("91cbfff0000000000000", "msgpack has the number -inf at byte 1, which json lacks"),
      ("81cb7ff000000000000000", "msgpack has the number inf at byte 1, which json lacks"),
      ("a2c328", "msgpack has a string that is not utf-8 at byte 1"),
      ("a3eda080", "msgpack has a string that is not utf-8 at byte 1"),
      ("81c4016101", "msgpack has a binary key at byte 1"),
      ("819001", "msgpack has an array as key at byte 1"),
      ("818001", "msgpack has a map as key at byte 1"),
      ("d4ff00", "msgpack has the extension type -1 at byte 0"),
      ("c7000500", "msgpack has the extension type 5 at byte 0"),
      ("81d5010000c0", "msgpack has the extension type 1 at byte 1"),
      ("a5616263", "msgpack claims 5 bytes of contents at byte 0, where 3 are left"),
      ("dbffffffff61", "msgpack claims 4294967295 bytes of contents at byte 0, where 1 are left"),
      ("c6ffffffff", "msgpack claims 4294967295 bytes of contents at byte 0, where 0 are left"),
      ("c9ffffffff05", "msgpack claims 4294967295 bytes of contents at byte 0, where 0 are left"),
      ("ddffffffff00", "msgpack claims 4294967295 elements at byte 0, where 1 bytes are left"),
      ("dfffffffff000000", "msgpack claims 4294967295 pairs at byte 0, where 3 bytes are left"),
      ("8200", "msgpack claims 2 pairs at byte 0, where 1 bytes are left"),
      ("91910000", "msgpack ends at byte 3, and 1 bytes follow"),
    ])
    func `bytes that json cannot say are refused by name`(_ bytes: String, _ message: String) {
      #expect(throws: Failure.protocolViolation(message)) { try unpacked(bytes) }
    }
  }
#endif
