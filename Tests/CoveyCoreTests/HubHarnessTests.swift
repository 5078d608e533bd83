import CoveyCore
import Testing

/// A harness that sees nothing wrong proves nothing.
struct HubHarnessTests {
  @Test func `a wrong line is reported beside what was got`() {
    let report = Scenario().play(
      """
      channel ws/ accepts echo
      A connects /ws/           => A: open
      A sends "hi"              => A: text "ho"
      A sends "hi"              => nothing
      """)
    let expected = """
          channel ws/ accepts echo
          A connects /ws/  => A: open
        - A sends "hi"  => A: text "ho"
        + A sends "hi"  => A: text "hi"
        - A sends "hi"  => nothing
        + A sends "hi"  => A: text "hi"
      """
    #expect(
      report?.split(separator: "\n").map { $0.drop { $0 == " " } }
        == expected.split(separator: "\n").map { $0.drop { $0 == " " } })
  }

  @Test func `a step that nobody understands is a problem`() {
    #expect(Scenario().play("A sends \"x\"")?.contains("PROBLEM: A is not connected") == true)
    #expect(Scenario().play("host dances")?.contains("PROBLEM") == true)
    #expect(Scenario().play("limits speed=1")?.contains("PROBLEM") == true)
  }

  @Test func `a frame behind a close frame is a problem`() {
    let socket = FakeSocket(.init(raw: 1), "A")
    let frames = [UInt8]([0x88, 2, 0x03, 0xE8, 0x81, 0]).withUnsafeBytes { socket.take($0) }
    #expect(frames == ["close 1000", "PROBLEM: a frame after the close frame"])
  }
}
