import Testing

struct StoppingTests {
  @Test func `without anybody it stops at once, and once`() {
    check(
      """
      channel ws/ accepts
      stop                      => stopped
      stop                      => nothing
      stop now                  => nothing
      +10s                      => nothing
      """)
  }

  @Test func `everybody gets what is queued and a close frame, and the last one gone ends it`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/
      host sends A "1" & stop   => A: text "1" + close 1001 ; B: close 1001
      host counts g             => host: 0
      A closes 1001             => A: gone stopped 1001 clean
      B vanishes                => B: gone stopped 1001 ; stopped
      +10s                      => nothing
      statistics stopped consumers => consumers 0 ; stopped 2
      """)
  }

  @Test func `the code is the host's`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      stop 1012                 => A: close 1012
      stop 1001                 => nothing
      A closes 1012             => A: gone stopped 1012 clean ; stopped
      """)
  }

  @Test func `at the deadline it ends whoever is left`() {
    check(
      """
      limits flush=1000
      channel ws/ accepts
      A connects /ws/ & A blocks & host sends A "1"
      stop                      => nothing
      +999ms                    => nothing
      +1ms                      => stopped
      stop now                  => nothing
      A vanishes                => A: gone stopped 1001
      +10s                      => nothing
      """)
  }

  @Test func `a slow one is flushed while there is time`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks & host sends A "1" & host sends A "2"
      stop                      => nothing
      A drains                  => A: text "1" + text "2" ; A: close 1001
      A closes 1001             => A: gone stopped 1001 clean ; stopped
      """)
  }

  @Test func `an undecided one is closed as well, and its reading resumes`() {
    check(
      """
      limits undecided=1
      channel ws/
      on connect: host names me bob
      on text: note me says $
      A connects /ws/
      A sends "x"               => A: pause
      stop                      => A: resume ; A: close 1001
      host accepts A            => host: gone
      A closes 1001             => A: gone stopped 1001 clean ; stopped
      """)
  }

  @Test func `one that was closing before keeps its reason`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host closes A 4000        => A: close 4000
      stop                      => nothing
      A closes 4000             => A: gone host 4000 clean ; stopped
      """)
  }

  @Test func `one whose upgrade is under way is closed with the code of the stop`() {
    check(
      """
      channel ws/
      on connect: host accepts me & stop 1012
      A connects /ws/         => A: open ; A: close 1012
      """)
  }

  @Test func `one that is refused while it stops is not waited for`() {
    check(
      """
      channel ws/
      on connect: stop & host rejects me
      A connects /ws/           => stopped ; A: 403
      """)
  }

  @Test func `stopping now gives everybody up, with 1001`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/ & host closes B 4000
      stop now                  => stopped
      A vanishes                => A: gone stopped 1001
      B vanishes                => B: gone host 4000
      statistics consumers      => consumers 0
      """)
  }

  @Test func `timers go on while it stops`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & timer 7 after 100 & stop
      +100ms                    => timer 7
      """)
  }
}
