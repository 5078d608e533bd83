import Testing

struct DecidingLaterTests {
  @Test func `one that is undecided is upgraded and held until it is accepted`() {
    check(
      """
      channel ws/ echo groups=g
      on connect: note me says "please"
      A connects /ws/           => A says "please" ; A: held
      host counts g             => host: 0
      host sends A "1"          => nothing
      host accepts A            => A: text "1"
      host counts g             => host: 1
      A sends "hi"              => A: text "hi"
      """)
  }

  @Test func `messages of one that is undecided wait, in order`() {
    check(
      """
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/           => A: held
      A sends "1"               => nothing
      A begins "2"              => nothing
      A ends "3"                => nothing
      A sends binary hex 00ff   => nothing
      host accepts A            => A says "1" ; A says "23" ; A says hex 00ff
      A sends "4"               => A says "4"
      """)
  }

  @Test func `a message begun while undecided ends when open`() {
    check(
      """
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/ & A sends "1" & A begins "2"
      host accepts A            => A says "1"
      A ends "3"                => A says "23"
      """)
  }

  @Test func `held messages stop when a handler closes the consumer`() {
    check(
      """
      channel ws/
      on connect: host names me bob
      on text: note me says $ & host closes me 4000
      A connects /ws/ & A sends "1" & A sends "2"
      host accepts A            => A says "1" ; A: close 4000
      """)
  }

  @Test func `refused later it is closed with 4403 or with a code of the host's`() {
    check(
      """
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/ & A sends "1"
      host rejects A            => A: close 4403
      A closes 4403             => A: gone refused 4403 clean
      B connects /ws/           => B: held
      host rejects B 4001       => B: close 4001
      host accepts B            => host: gone
      statistics refused connectionsRefused connectionsAccepted \
        => connectionsAccepted 2 ; connectionsRefused 0 ; refused 1
      """)
  }

  @Test func `the code of refusal is the host's option`() {
    check(
      """
      limits refused=4999 late=4998
      channel ws/
      on connect: host names me bob
      A connects /ws/ & B connects /ws/
      host rejects A            => A: close 4999
      +10s                      => A: gone refused 4999 ; B: close 4998
      """)
  }

  @Test func `undecided at its deadline it is closed with 4408, and not a moment earlier`() {
    check(
      """
      channel ws/
      on connect: host names me bob
      A connects /ws/           => A: held
      +9999ms                   => nothing
      +1ms                      => A: close 4408
      host accepts A            => host: gone
      A closes 4408             => A: gone undecided 4408 clean
      statistics undecided      => undecided 1
      """)
  }

  @Test func `accepted in time the deadline means nothing`() {
    check(
      """
      limits ping=off
      channel ws/
      on connect: host names me bob
      A connects /ws/
      +9999ms                   => nothing
      host accepts A & +20s     => nothing
      """)
  }

  @Test func `without a deadline it waits for ever, and silence does not end it`() {
    check(
      """
      limits connect=off
      channel ws/
      on connect: host names me bob
      A connects /ws/           => A: held
      +3600s                    => nothing
      host accepts A            => nothing
      +25s                      => A: ping
      """)
  }

  @Test func `a subprotocol comes too late after the upgrade`() {
    check(
      """
      channel ws/
      on connect: host names me bob
      A connects /ws/ offers=x  => A: held
      host accepts A x          => host: invalid
      host accepts A            => nothing
      """)
  }

  @Test func `reading pauses past the held bytes and not at them, and resumes when accepted`() {
    // Each message counts 64 bytes more than it has.
    check(
      """
      limits undecided=200
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/
      A sends 36 bytes          => nothing
      A sends 36 bytes          => nothing
      A sends ""                => A: pause
      A sends ""                => nothing
      host accepts A \
        => A says 36 bytes ; A says 36 bytes ; A says "" ; A says "" ; A: resume
      A sends "x"               => A says "x"
      """.replacing("A says 36 bytes", with: "A says \"\(String(repeating: "x", count: 36))\""))
  }

  @Test func `one byte past the held bytes pauses`() {
    check(
      """
      limits undecided=100
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/ & B connects /ws/
      A sends 36 bytes          => nothing
      B sends 37 bytes          => B: pause
      host rejects B            => B: resume ; B: close 4403
      """)
  }

  @Test func `what arrives of one message that is not whole counts as held`() {
    check(
      """
      limits undecided=100
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/           => A: held
      A begins 101 bytes        => A: pause
      """)
  }

  @Test func `one that is refused gets nothing of what was sent to it before`() {
    check(
      """
      channel ws/
      on connect: host adds me secrets
      A connects /ws/             => A: held
      broadcast "plan" to secrets => nothing
      host rejects A              => A: close 4403
      statistics dropsQueued      => dropsQueued 1
      """)
  }

  @Test func `one that is undecided in time gets nothing of what was sent to it before`() {
    check(
      """
      channel ws/
      on connect: host adds me secrets
      A connects /ws/             => A: held
      broadcast "plan" to secrets => nothing
      +10s                        => A: close 4408
      """)
  }

  @Test func `one that is undecided when the server stops gets nothing of what was sent before`() {
    check(
      """
      channel ws/
      on connect: host adds me secrets
      A connects /ws/             => A: held
      broadcast "plan" to secrets => nothing
      stop                        => A: close 1001
      """)
  }

  @Test func `past its outbox one that is undecided is closed as slow`() {
    check(
      """
      limits outbox=10
      channel ws/
      on connect: host sends me 8 bytes
      A connects /ws/           => A: held
      host sends A ""           => A: close 1013 "too slow"
      A closes 1013             => A: gone slow 1013 "too slow" clean
      """)
  }

  @Test func `the peer of one that is undecided may close`() {
    check(
      """
      channel ws/
      on connect: host names me bob
      A connects /ws/ & B connects /ws/
      A closes 1000 "bye"       => A: answered ; A: gone peer 1000 "bye" clean
      B vanishes                => B: gone lost 1006
      """)
  }

  @Test func `what arrives after accept comes after what was held`() {
    check(
      """
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/ & A sends "1" & A sends "2"
      host accepts A & A sends "3" => A says "1" ; A says "2" ; A says "3"
      """)
  }
}
