import Testing

struct TimeTests {
  @Test func `after 25 s of silence a ping is sent, and after 60 s it is the end`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/
      +24999ms                  => nothing
      +1ms                      => A: ping
      +24999ms                  => nothing
      +1ms                      => A: ping
      +9999ms                   => nothing
      +1ms                      => A: gone silent 1006
      host counts g             => host: 0
      statistics silent         => silent 1
      """)
  }

  @Test func `a pong keeps the connection`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      +25s & A pongs            => A: ping
      +25s & A pongs            => A: ping
      +25s & A pongs            => A: ping
      +59s                      => A: ping ; A: ping
      A pongs                   => nothing
      """)
  }

  @Test func `whatever is heard postpones the ping`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/
      +20s & A sends "hi"       => A says "hi"
      +20s & A begins "part"    => nothing
      +24999ms                  => nothing
      +1ms                      => A: ping
      """)
  }

  @Test func `what is sent does not postpone the ping`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      +20s & host sends A "hi"  => A: text "hi"
      +5s                       => A: ping
      """)
  }

  @Test func `a blocked reader that drains counts as heard`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks & host sends A "1"
      +50s                      => nothing
      A drains                  => A: text "1"
      +24999ms                  => nothing
      +1ms                      => A: ping
      +34999ms                  => A: ping
      +1ms                      => A: gone silent 1006
      """)
  }

  @Test func `a blocked reader gets no pings, and is silent after 60 s`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks & host sends A "1" & host sends A "2"
      +59999ms                  => nothing
      +1ms                      => A: gone silent 1006
      """)
  }

  @Test func `pings can be off`() {
    check(
      """
      limits ping=off
      channel ws/ accepts
      A connects /ws/
      +59999ms                  => nothing
      +1ms                      => A: gone silent 1006
      """)
  }

  @Test func `silence can be allowed`() {
    check(
      """
      limits silence=off
      channel ws/ accepts
      A connects /ws/
      +75s                      => A: ping ; A: ping ; A: ping
      """)
  }

  @Test func `both can be off`() {
    check(
      """
      limits silence=off ping=off
      channel ws/ accepts
      A connects /ws/
      +86400s                   => nothing
      """)
  }

  @Test func `silence shorter than the ping is found in time`() {
    check(
      """
      limits silence=1000
      channel ws/ accepts
      A connects /ws/           => A: open
      +999ms                    => nothing
      +1ms                      => A: gone silent 1006
      """)
  }

  @Test func `a consumer that is closing is not pinged`() {
    check(
      """
      limits close=100000
      channel ws/ accepts
      A connects /ws/
      host closes A 1000        => A: close 1000
      +99s                      => nothing
      +1s                       => A: gone host 1000
      """)
  }

  @Test func `a late loop does what is due once`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & B connects /ws/
      +20s & B pongs            => nothing
      late 36s                  => A: ping ; B: ping
      """)
  }

  @Test func `a loop that was late asks before it gives anybody up`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/         => A: open
      late 75s                => A: ping
      A pongs                 => nothing
      """)
  }

  @Test func `timers are told in the order of their times, whatever the order of starting`() {
    check(
      """
      channel ws/ accepts
      timer 1 after 300 & timer 2 after 100 & timer 3 after 200 & timer 4 after 0
      +0ms                      => timer 4
      +100ms                    => timer 2
      late 10s                  => timer 3 ; timer 1
      +1000s                    => nothing
      """)
  }
}
