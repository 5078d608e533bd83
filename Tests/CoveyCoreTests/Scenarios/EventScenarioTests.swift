import Testing

struct EventScenarioTests {
  @Test func `an event runs the handler of its type for each member`() {
    check(
      """
      channel ws/ accepts groups=g
      on event chat.message: host sends me $
      A connects /ws/ & B connects /ws/ & C connects /ws/ & host discards C g
      event chat.message to g \
        => A: text "{"type":"chat.message"}" ; B: text "{"type":"chat.message"}"
      event chat.message to h   => nothing
      statistics eventsHandled eventsUnhandled => eventsHandled 2 ; eventsUnhandled 0
      """)
  }

  @Test func `each member's channel has its own handlers`() {
    check(
      """
      channel a/ accepts groups=g
      on event go: host sends me "a"
      channel b/ accepts groups=g
      on event go: host sends me "b"
      channel c/ accepts groups=g
      A connects /a/ & B connects /b/ & C connects /c/ & D connects /a/
      event go to g             => A: text "a" ; B: text "b" ; D: text "a"
      statistics eventsHandled eventsUnhandled => eventsHandled 3 ; eventsUnhandled 1
      """)
  }

  @Test func `handlers run after the handler that sent, in the order of sending`() {
    check(
      """
      channel ws/ accepts groups=g
      on text: event one to g & event two to g & note me says "done"
      on event one: note me says "one" & event three to g
      on event two: note me says "two"
      on event three: note me says "three"
      A connects /ws/
      A sends "go" => A says "done" ; A says "one" ; A says "two" ; A says "three"
      """)
  }

  @Test func `a member that ended before its turn is skipped`() {
    check(
      """
      channel ws/ accepts groups=g
      on event go: host closes C 1000 & note me says "went"
      A connects /ws/ & B connects /ws/ & C connects /ws/
      event go to g => A says "went" ; host: gone ; B says "went" ; C: close 1000
      statistics eventsHandled  => eventsHandled 2
      """)
  }

  @Test func `a member that joins after the sending does not get it`() {
    check(
      """
      channel ws/ accepts
      on event go: host adds B g & note me says "went"
      A connects /ws/ & B connects /ws/ & host adds A g
      event go to g             => A says "went"
      event go to g             => A says "went" ; B says "went"
      """)
  }

  @Test func `a type is its bytes`() {
    check(
      """
      channel ws/ accepts groups=g
      on event \u{e9}: note me says "one"
      on event e\u{301}: note me says "two"
      A connects /ws/
      event \u{e9} to g         => A says "one"
      event e\u{301} to g       => A says "two"
      """)
  }

  @Test func `unhandled events are counted, and logged at powers of two`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/
      event x to g & event x to g & event y to g
      logs                      => 2
      event x to g
      logs                      => 1
      event x to g & event x to g & event x to g
      logs                      => 0
      event x to g
      logs                      => 1
      statistics eventsUnhandled => eventsUnhandled 8
      """)
  }

  @Test func `what an event's handler sends to one that is undecided waits`() {
    check(
      """
      channel ws/
      on connect: host adds me g
      on event go: host sends me "went"
      A connects /ws/           => A: held
      event go to g             => nothing
      host accepts A            => A: text "went"
      """)
  }

  @Test func `a second handler for a type is refused`() {
    check(
      """
      channel ws/ accepts groups=g
      on event go: note me says "first"
      on event go: note me says "second"  => host: exists
      """)
  }
}
