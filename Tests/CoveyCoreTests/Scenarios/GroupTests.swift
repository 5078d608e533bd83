import Testing

struct GroupTests {
  @Test func `a group has whoever was added, once`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/
      host counts g             => host: 0
      host adds A g & host adds A g & host adds B g
      host counts g             => host: 2
      host lists g              => host: A B
      statistics groups         => groups 1
      host discards A g & host discards A g
      host lists g              => host: B
      host discards B g & host counts g => host: 0
      statistics groups         => groups 0
      """)
  }

  @Test func `a broadcast goes to every member but the one left out`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & C connects /ws/ & host discards C g
      broadcast "hi" to g           => A: text "hi" ; B: text "hi"
      broadcast "hi" to g except A  => B: text "hi"
      broadcast "hi" to g except C  => A: text "hi" ; B: text "hi"
      broadcast "hi" to nobody      => nothing
      broadcast binary hex 00 to g  => A: binary hex 00 ; B: binary hex 00
      """)
  }

  @Test func `whoever ends has left every group`() {
    check(
      """
      channel ws/ accepts groups=g,h
      A connects /ws/ & B connects /ws/ & C connects /ws/ & D connects /ws/ & E connects /ws/
      A vanishes & host closes B 1000 & C closes 1000 & D sends "x"
      host lists g              => host: E
      host lists h              => host: E
      broadcast "hi" to g       => E: text "hi"
      E vanishes
      statistics groups         => groups 0
      """)
  }

  @Test func `a consumer is in as many groups as the limit, and in no more`() {
    check(
      """
      limits groups=2
      channel ws/ accepts
      A connects /ws/
      host adds A a & host adds A b => nothing
      host adds A c             => host: full
      host adds A a             => nothing
      host counts c             => host: 0
      statistics dropsGroupsFull groups => groups 2 ; dropsGroupsFull 1
      host discards A a & host adds A c => nothing
      """)
  }

  @Test func `an address reaches its consumer alone`() {
    check(
      """
      channel ws/ accepts
      on event go: host sends me "went"
      A connects /ws/ & B connects /ws/
      broadcast "hi" to @A          => A: text "hi"
      broadcast "hi" to @A except A => nothing
      event go to @B                => B: text "went"
      host counts @A                => host: 1
      host lists @B                 => host: B
      broadcast "hi" to @A@other    => nothing
      host counts @A@other          => host: 0
      """)
  }

  @Test func `the address of one who is closing or gone is empty`() {
    check(
      """
      channel ws/ accepts
      on event go: host sends me "went"
      A connects /ws/ & host closes A 1000
      host counts @A            => host: 0
      broadcast "hi" to @A      => nothing
      A vanishes                => A: gone host 1000
      event go to @A            => nothing
      statistics eventsHandled eventsUnhandled => eventsHandled 0 ; eventsUnhandled 0
      """)
  }

  @Test func `one that is undecided gets a broadcast once it is accepted`() {
    check(
      """
      channel ws/
      on connect: host adds me g
      A connects /ws/           => A: held
      broadcast "hi" to g       => nothing
      host accepts A            => A: text "hi"
      """)
  }

  @Test func `a member too slow for a broadcast leaves, and the others get it`() {
    check(
      """
      limits outbox=10
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & C connects /ws/
      A blocks & B blocks & host sends A "12345678"
      broadcast "x" to g        => C: text "x"
      host lists g              => host: B C
      B drains                  => B: text "x"
      """)
  }

  @Test func `names are the same only when their bytes are`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/
      host adds A \u{e9} & host adds B e\u{301}
      host lists \u{e9}         => host: A
      host lists e\u{301}       => host: B
      """)
  }
}
