import Foundation
import Testing

@testable import CoveyCore

/// The frames that every implementation of the protocol reads the same: see Tests/vectors.
struct VectorTests {
  struct Vector: Decodable, CustomTestStringConvertible {
    let name: String
    let section: String
    let text: String
    /// Of a frame that a client sends: it is counted as no message.
    let ignored: Bool?

    var testDescription: String { name }
  }

  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("vectors")

  static func vectors(_ file: String) -> [Vector] {
    let data = try? Data(contentsOf: folder.appendingPathComponent(file))
    return data.flatMap { try? JSONDecoder().decode([Vector].self, from: $0) } ?? []
  }

  @Test func `the statuses are those of the header`() throws {
    struct Status: Decodable {
      let number: Int32
      let name: String
    }
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("errors.json"))
    let statuses = try JSONDecoder().decode([Status].self, from: data)
    let header = try String(
      contentsOf: Self.folder.appendingPathComponent("../../include/covey.h"), encoding: .utf8)
    #expect(statuses.map(\.number) == (0..<14).map { -$0 })
    for status in statuses {
      #expect(header.contains("  \(status.name) = \(status.number)"), "\(status.name)")
    }
  }

  // MARK: what clients send

  @Test func `there are vectors, each with a name of its own`() {
    for file in ["client.json", "server.json"] {
      let vectors = Self.vectors(file)
      #expect(vectors.count >= 20 && Set(vectors.map(\.name)).count == vectors.count)
    }
  }

  @Test(arguments: vectors("client.json"))
  func `what a client sends is understood, or ignored`(vector: Vector) {
    let text = vector.text.replacingOccurrences(of: "{T}", with: "1795000000.000001")
      .replacingOccurrences(of: "{S}", with: String(repeating: "0", count: 32))
    let scenario = ContextScenario()
    let isFirst = vector.section == "1.2" || vector.section == "3.first"
    let report = scenario.play(
      """
      put Project {"id":1,"title":"P"} & put Task {"id":42,"project":1,"title":"t"}
      A \(isFirst ? "connects /project/1/" : "opens /project/1/ ann own")
      A sends \(text)
      """)
    #expect(report == nil)
    #expect(scenario.hub.statistics.framesIgnored == (vector.ignored == true ? 1 : 0))
    if isFirst, vector.ignored != true { #expect(!scenario.frames.isEmpty) }
  }

  // MARK: what the server sends

  private static let scenario = """
    loads
    limits ping=0 silence=0 calls=1
    put Member {"id":3,"name":"Mia","files":[]}
    put Project {"id":1,"title":"P","lead":3} & put Project {"id":2,"title":"Q"}
    put Task {"id":5,"project":1,"title":"t5"} & put File {"id":"f","name":"F"}
    A opens /project/1/ ann
    B opens /project/1/ ann own
    C opens /file/f/ ann
    D opens /project/1/
    E opens /closed/1/ ann
    on authorize deny me
    F opens /project/1/ ann
    on authorize authorize me
    G opens /project/9/ ann
    unload L1 missing
    G opens /project/9/ ann
    unload L2 failed
    on list replace me
    H opens /projects/ ann
    I opens /projects/ ann own
    on list replace me 1
    J opens /projects/ ann
    merge Task {"id":5,"title":"x"}
    put Task {"id":6,"project":1,"title":"t6"}
    merge Task {"id":6,"who":3}
    merge Task {"id":6,"who":null}
    delete Task 6
    append J 2
    remove J 2
    prepend J 2
    replace J 1 2
    replace J
    A sends {"callId":1795247640458000000,"action":"rename","params":["x",2]}
    A sends {"callId":7,"action":"rename","params":["x",2]}
    return C1 {"name":"x"}
    A sends {"callId":"a","action":"echo","params":[]}
    return C2 null
    A sends {"callId":3,"action":"echo","params":[]}
    fail C3 500 bad thing
    A sends {"callId":3}
    A sends {"callId":3,"action":"burn","params":[]}
    A sends {"callId":3,"action":"admin","params":[]}
    A sends {"callId":4,"action":"echo","params":[]}
    +30s
    A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Task",
      "instanceId":5,"data":{"title":"y"}}
    accept C5
    A sends {"type":"write","writeId":2,"operation":"save","instanceType":"b.Member"}
    A sends {"type":"write","writeId":2,"operation":"save","instanceType":"b.Task",
      "instanceId":77,"data":{}}
    A sends {"type":"write","writeId":3,"operation":"burn"}
    variable A notifications 7
    system system x
    system maintenance back soon
    B vanishes
    on list replace me 1 2
    K opens /projects/ ann
    A vanishes
    merge Project {"id":1,"title":"R"}
    A opens /project/1/ ann T1
    B opens /project/1/ ann own T1 S1
    drain 1000
    """

  /// Frames with what differs from run to run replaced.
  static func steady(_ frames: [[UInt8]]) -> Set<String> {
    Set(
      frames.map { frame in
        var text = String(decoding: frame, as: UTF8.self)
        text.replace(#/\b1795\d{6}\.\d{6}\b/#, with: "{T}")
        text.replace(#/\b1795\d{12}\b/#, with: "{V}")
        text.replace(#/\b[0-9a-f]{32}\b/#, with: "{S}")
        text.replace(#/"delay_ms":\d+/#, with: "\"delay_ms\":{N}")
        return text
      })
  }

  @Test func `what the server sends is what the vectors say`() {
    let scenario = ContextScenario()
    let report = scenario.play(Self.scenario)
    #expect(report == nil, "\(report ?? "")")
    let frames = Self.steady(scenario.frames)
    for vector in Self.vectors("server.json") {
      #expect(frames.contains(vector.text), "\(vector.name)")
    }
  }
}
