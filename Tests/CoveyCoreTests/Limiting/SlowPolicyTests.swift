import Testing

/// Consumers of plain channels that read too slowly (slow_policy, on_outbox).
struct SlowPolicyTests {
  @Test func `the oldest messages give way, whole ones, and nobody is closed`() {
    check(
      """
      limits outbox=12 ping=off silence=off
      channel ws/ accepts drops=oldest groups=g
      A connects /ws/ & B connects /ws/ & A blocks & B blocks
      broadcast "1" to g        => nothing
      host sends A "2" & broadcast "3" to g & host sends A "4" => nothing
      statistics dropsSlow outboxBytes => outboxBytes 18 ; dropsSlow 0
      host sends A "5"          => nothing
      statistics dropsSlow limit-outbox dropsQueued => dropsQueued 0 ; dropsSlow 1 ; outbox 1
      A drains                  => A: text "1" ; A: text "3" + text "4" + text "5"
      B drains                  => B: text "1" ; B: text "3"
      """)
  }

  @Test func `as many of the oldest give way as the new one needs`() {
    check(
      """
      limits outbox=12
      channel ws/ accepts drops=oldest
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2" & host sends A "3" & host sends A "4" & host sends A "5678" => nothing
      statistics dropsSlow      => dropsSlow 2
      A drains                  => A: text "1" ; A: text "4" + text "5678"
      """)
  }

  @Test func `what is larger than all that can give way is dropped itself`() {
    check(
      """
      limits outbox=12
      channel ws/ accepts drops=oldest
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2" & host sends A 8 bytes => nothing
      statistics dropsSlow      => dropsSlow 2
      host sends A "3"          => nothing
      A drains                  => A: text "1" ; A: text "3"
      """)
  }

  @Test func `the newest message gives way`() {
    check(
      """
      limits outbox=9
      channel ws/ accepts drops=newest
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2" & host sends A "3" & host sends A "4" & host sends A "5" => nothing
      statistics dropsSlow limit-outbox => dropsSlow 2 ; outbox 2
      A drains                  => A: text "1" ; A: text "2" + text "3"
      """)
  }

  @Test func `a farewell is never dropped`() {
    check(
      """
      limits outbox=6
      channel ws/ accepts drops=oldest
      A connects /ws/ & A blocks
      host sends A "1" & host sends A "2" & host sends A "3" => nothing
      host closes A 4000        => nothing
      A drains                  => A: text "2" + text "3" ; A: close 4000
      """)
  }

  @Test func `the marks are told once each until the other was passed`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts told marks=3/6
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2"          => nothing
      host sends A "3"          => A: outbox high at 9
      host sends A "4"          => nothing
      A takes 3                 => A: text "1"
      A drains                  => A: text "2" + text "3" + text "4" ; A: outbox low at 0
      A blocks & host sends A 10 bytes => A: outbox high at 12
      A drains                  => A: text "xxxxxxxxxx" ; A: outbox low at 0
      """)
  }

  @Test func `at a mark nothing is told, one byte past it is`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts told marks=2/10
      A connects /ws/ & A blocks & B connects /ws/ & B blocks
      host sends A 8 bytes      => nothing
      host sends B 9 bytes      => B: outbox high at 11
      """)
  }

  @Test func `drops are told once a turn, with all of them`() {
    check(
      """
      limits outbox=9
      channel ws/ accepts told drops=newest
      A connects /ws/ & A blocks
      host sends A "1" => nothing
      host sends A "2" & host sends A "3" & host sends A "4" & host sends A "5" \
        => A: outbox dropped 2 at 9
      host sends A "6"          => A: outbox dropped 1 at 9
      reached                   => outbox A 9 2 ; outbox A 9 3
      """)
  }

  @Test func `of one that has ended nothing is told`() {
    check(
      """
      limits outbox=9
      channel ws/ accepts told drops=newest
      A connects /ws/ & A blocks
      host sends A "1" & host sends A "2" & host sends A "3" => nothing
      host sends A "4" & host closes A 1000 => nothing
      """)
  }

  @Test func `one who reads nothing does not get ever more behind it`() {
    let many = (0..<50).map { _ in #"host sends A "x""# }.joined(separator: " & ")
    check(
      """
      limits outbox=9
      channel ws/ accepts drops=oldest
      A connects /ws/ & A blocks
      \(many)
      \(many)
      \(many)
      statistics outboxBytes dropsSlow => outboxBytes 9 ; dropsSlow 147
      """)
  }
}
