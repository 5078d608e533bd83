import Testing

struct ClosingTests {
  @Test func `the host's close comes after everything queued, with its reason`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/
      host sends A "1" & host closes A 4000 "bye" & host sends A "2" \
        => host: gone ; A: text "1" + close 4000 "bye"
      host counts g             => host: 0
      A closes 4000 "bye"       => A: gone host 4000 "bye" clean
      host sends A "x"          => host: gone
      statistics host consumers => consumers 0 ; host 1
      """)
  }

  @Test func `a second close is refused`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host closes A 1000        => A: close 1000
      host closes A 1000        => host: gone
      host names A bob          => host: gone
      host adds A g             => host: gone
      """)
  }

  @Test func `a reason may have 123 bytes, as much as a control frame holds`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host closes A 4000 "\(String(repeating: "r", count: 123))"  => A: close 4000 123 bytes
      A closes 4000             => A: gone host 4000 123 bytes clean
      """)
  }

  @Test func `the peer's close is answered and reported with its code and reason`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & C connects /ws/
      A closes 1000 "bye"       => A: answered ; A: gone peer 1000 "bye" clean
      B closes                  => B: answered ; B: gone peer 1005 clean
      C closes 4999             => C: answered ; C: gone peer 4999 clean
      host counts g             => host: 0
      statistics peer           => peer 3
      """)
  }

  @Test func `after the peer's close nothing is sent, and what waited is dropped`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2"          => nothing
      A closes 1000 lingers     => A: answered
      host sends A "3"          => host: gone
      A drains                  => A: text "1"
      A vanishes                => A: gone peer 1000 clean
      statistics dropsQueued messagesOut => messagesOut 1 ; dropsQueued 1
      """)
  }

  @Test func `what was queued in the turn of the peer's close is dropped`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host sends A "1" & A closes 1000 => A: answered ; A: gone peer 1000 clean
      statistics dropsQueued messagesOut => messagesOut 0 ; dropsQueued 1
      """)
  }

  @Test func `a lost connection is reported as 1006, not clean`() {
    check(
      """
      channel ws/ accepts groups=g
      on gone: host counts g & host sends me "x"
      A connects /ws/ & A blocks
      host sends A "1" & host sends A "2" => nothing
      A vanishes                => A: gone lost 1006 ; host: 0 ; host: gone
      statistics lost dropsQueued => dropsQueued 0 ; lost 1
      """)
  }

  @Test func `lost while closing it keeps the host's code, not clean`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host closes A 4000        => A: close 4000
      A vanishes                => A: gone host 4000
      """)
  }

  @Test func `when both sides close at once the first one's code counts`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/
      host closes A 4000        => A: close 4000
      A closes 1000             => A: gone host 4000 clean
      B closes 1000 lingers     => B: answered
      host closes B 4000        => host: gone
      B vanishes                => B: gone peer 1000 clean
      """)
  }

  @Test func `a peer that closes before our close was written is answered`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/ & B blocks & host sends B "1"
      host closes A 4000 & A closes 1000 => A: answered ; A: gone peer 1000 clean
      host closes B 4000        => nothing
      B closes 1000 "bye"       => B: answered ; B: gone peer 1000 "bye" clean
      """)
  }

  @Test func `a close frame that is still in the socket's buffer is not a clean end`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host closes A 4000        => nothing
      A closes 1000             => A: gone host 4000
      """)
  }

  @Test func `a reason that is not UTF-8 is left out`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      A closes 1000 hex c3      => A: answered ; A: gone peer 1000 clean
      """)
  }

  @Test func `a peer that does not answer our close is dropped at the deadline`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host closes A 1000        => A: close 1000
      +4999ms                   => nothing
      +1ms                      => A: gone host 1000
      """)
  }

  @Test func `a peer that reads on is given more time to come to our close`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A 100000 bytes & host sends A "1" => nothing
      host closes A 1000        => nothing
      +4s                       => nothing
      A takes 100010            => A: text 100000 bytes
      +4s                       => nothing
      A drains                  => A: text "1" + close 1000
      +4999ms                   => nothing
      +1ms                      => A: gone host 1000
      """)
  }

  @Test func `a peer that reads nothing is dropped at the deadline, with what it did not take`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2"          => nothing
      host closes A 1000        => nothing
      +5s                       => A: gone host 1000
      statistics dropsQueued messagesOut => messagesOut 1 ; dropsQueued 1
      """)
  }

  @Test func `an answered peer that keeps the connection is dropped at the deadline`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      A closes 1000 lingers     => A: answered
      A closes 1001 lingers     => nothing
      +4999ms                   => nothing
      +1ms                      => A: gone peer 1000 clean
      """)
  }

  @Test func `the deadline of closing is the host's option`() {
    check(
      """
      limits close=100
      channel ws/ accepts
      A connects /ws/
      host closes A 1000        => A: close 1000
      +99ms                     => nothing
      +1ms                      => A: gone host 1000
      """)
  }

  @Test func `one that is undecided is closed with the host's code`() {
    check(
      """
      channel ws/
      on connect: host names me bob
      A connects /ws/           => A: held
      host closes A 4000 "no"   => A: close 4000 "no"
      A closes 4000             => A: gone host 4000 "no" clean
      """)
  }

  @Test func `a handler may close its own consumer`() {
    check(
      """
      channel ws/ accepts
      on text: host sends me $ & host closes me 1000
      A connects /ws/
      A sends "hi" & A sends "ho" => A: text "hi" + close 1000
      """)
  }
}
