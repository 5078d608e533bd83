import Testing

@testable import CoveyCore

/// A harness that sees nothing wrong proves nothing.
struct ContextHarnessTests {
  private func report(_ text: String) -> String? { ContextScenario().play(text) }

  @Test func `a wrong line is reported beside what was got`() {
    let report = report(
      """
      put File {"id":"f","name":"F"}
      A opens /file/f/ ann
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        ...
        A: [{"id":"f","name":"X",File,@begun,initial}]
        ...
      """)
    #expect(report?.contains(#"  -   A: [{"id":"f","name":"X",File,@begun,initial}]"#) == true)
    #expect(report?.contains(#"  +   A: [{"id":"f","name":"F",File,@begun,initial}]"#) == true)
  }

  @Test func `nothing, too little and too much are wrong`() {
    let opening = "put File {\"id\":\"f\",\"name\":\"F\"}\nA opens /file/f/ ann\n"
    #expect(report(opening) == nil)
    #expect(report(opening + "  nothing") != nil)
    #expect(report(opening + "  ...") == nil)
    #expect(report(opening + "  host: A opened 0") != nil)
    #expect(report(opening + "  host: A opened 0\n  ...") == nil)
    #expect(report(opening + "  ...\n  B: x") != nil)
  }

  @Test func `what the host is refused is wrong where it is not expected`() {
    #expect(report("put File {\"id\":7}") != nil)
    #expect(report("put File {\"id\":7}\n  host: invalid") == nil)
    #expect(report("A dances") != nil)
    #expect(report("limits speed=1") != nil)
  }

  @Test func `versions and sessions have names in order of appearance`() {
    var text = ContextText()
    let frame =
      #"{"_tstamp":1795000000.000002,"_version":1795000000000001,"x":17950000000000011}"#
    #expect(text.shown(frame) == #"{@T1,vT2,"x":17950000000000011}"#)
    #expect(text.shown("\"_tstamp\":1795000000.000001") == "@T2")
    #expect(text.seconds("T2") == "1795000000.000001" && text.seconds("T3") == "T3")
    let session = String(repeating: "0a", count: 16)
    #expect(text.shown("\"\(session)\" \(session)") == "\"S1\" \(session)")
    #expect(text.session("S1") == session)
  }
}
