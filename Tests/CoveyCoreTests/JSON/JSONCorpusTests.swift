import Foundation
import Testing

@testable import CoveyCore

/// The corners of RFC 8259, as files that other implementations read as well: see Tests/vectors.
struct JSONCorpusTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("vectors/json")

  private static func texts(_ prefix: String) throws -> [(name: String, bytes: [UInt8])] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix(prefix) }.sorted()
      .map { ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0)))) }
  }

  private func isAccepted(_ text: [UInt8]) -> Bool {
    (try? JSONScanner.validate(text.span)) != nil
  }

  @Test func `what is JSON is accepted, and nothing else`() throws {
    let accepted = try Self.texts("accept-")
    let refused = try Self.texts("refuse-")
    #expect(accepted.count > 20 && refused.count > 50)
    for (name, bytes) in accepted { #expect(isAccepted(bytes), "\(name)") }
    for (name, bytes) in refused { #expect(!isAccepted(bytes), "\(name)") }
  }

  @Test func `too deep is too large, and all else invalid`() throws {
    for (name, bytes) in try Self.texts("refuse-") {
      do throws(Failure) {
        try JSONScanner.validate(bytes.span)
      } catch {
        #expect(error.kind == (name.hasPrefix("refuse-depth") ? .tooLarge : .invalid), "\(name)")
      }
    }
  }

  /// An object as long as these is no JSON when its end is missing.
  private static let documents = [
    #"{"id":1,"a":[1.5e-3,{"b":"\u00e9\ud83d\ude00"}],"c":null,"d":true,"e":{"f":[]}}"#,
    #"[{"id":4,"_instance_type":"b.Task","_tstamp":1795000000.000001,"_deleted":true}]"#,
    #""a string with \\ and \" and é""#,
  ]

  @Test func `no truncation of a document is one`() {
    for document in Self.documents {
      let bytes = Array(document.utf8)
      #expect(isAccepted(bytes))
      for count in 0..<bytes.count { #expect(!isAccepted(Array(bytes.prefix(count))), "\(count)") }
      for count in 1..<bytes.count { _ = isAccepted(Array(bytes.dropFirst(count))) }
    }
  }

  @Test func `whatever bit flips, it is accepted as the standard library does, or refused`() {
    for document in Self.documents {
      var bytes = Array(document.utf8)
      for place in bytes.indices {
        for bit in 0..<8 as Range<UInt8> {
          bytes[place] ^= 1 << bit
          let isSound = isAccepted(bytes)
          if isSound {
            let isText = String(validating: bytes, as: UTF8.self) != nil
            #expect(isText, "byte \(place), bit \(bit)")
          }
          _ = ClientFrame(bytes.span, depthMax: 64)
          _ = try? Event(json: bytes)
          bytes[place] ^= 1 << bit
        }
      }
    }
  }

  @Test func `what is accepted comes out of the store as it went in`() throws {
    let schema = try Schema([Model("j.Row", .integer, [Field("value", .json)])])
    for (name, bytes) in try Self.texts("accept-") where !name.contains("depth") {
      let store = Store(schema, limits: Limits())
      let json = Array("{\"id\":1,\"value\":".utf8) + bytes + Array("}".utf8)
      try store.commit([.put(try Draft(schema, model: 0, json.span, isMerge: false))])
      let row = try #require(store.json(0, .integer(1)))
      #expect(isAccepted(row), "\(name)")
      // Whitespace between tokens alone is lost.
      let again = try Draft(schema, model: 0, row.span, isMerge: false)
      let version = store.version
      try store.commit([.put(again)])
      #expect(store.version == version && store.json(0, .integer(1)) == row, "\(name)")
      #expect(
        row.filter { !" \t\r\n".utf8.contains($0) } == json.filter { !" \t\r\n".utf8.contains($0) },
        "\(name)")
    }
  }

  @Test(arguments: [
    "9007199254740993", "-9223372036854775808", "18446744073709551616", "-0", "1.0",
    "100000000000000000000000000000000000000001", "0.1000000000000000055511151231257827",
  ])
  func `numbers beyond what a double holds survive, in fields and as ids of calls`(
    number: String
  ) throws {
    let schema = try Schema([Model("j.Row", .integer, [Field("value", .number)])])
    let store = Store(schema, limits: Limits())
    let json = "{\"id\":1,\"value\":\(number)}"
    try store.commit([
      .put(try Draft(schema, model: 0, Array(json.utf8).span, isMerge: false))
    ])
    #expect(store.json(0, .integer(1)) == Array(json.utf8))
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann
      A sends {"callId":\(number),"action":"echo","params":[\(number)]}
        host: A calls C1 echo [\(number)]
      return C1 \(number)
        A: {"type":"actionResponse","callId":\(number),"result":\(number)}
      """)
  }
}
