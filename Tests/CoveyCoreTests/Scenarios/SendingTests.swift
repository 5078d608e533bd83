import Testing

struct SendingTests {
  @Test func `what is sent in one turn leaves in one write`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host sends A "1" & host sends A binary hex 02 & host mails A "" \
        => A: text "1" + binary hex 02 + text ""
      statistics messagesOut bytesOut outboxBytes => outboxBytes 0 ; messagesOut 3 ; bytesOut 2
      """)
  }

  @Test func `small messages to one consumer and frames shared with others keep their order`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & A blocks
      host sends A "1" & host sends A "2" & broadcast "3" to g & host sends A "4" & \
        host sends A "5" & host mails A "6"  => B: text "3"
      host sends A "7" & host sends A "8"    => nothing
      statistics messagesOut outboxBytes     => outboxBytes 24 ; messagesOut 7
      A drains \
        => A: text "1" + text "2" + text "3" + text "4" + text "5" + text "6" ; \
      A: text "7" + text "8"
      """)
  }

  @Test func `an echo is sent in the turn of its message`() {
    check(
      """
      channel ws/ accepts echo
      A connects /ws/ & B connects /ws/
      A sends "1" & B sends "2" & A sends "3" => A: text "1" + text "3" ; B: text "2"
      """)
  }

  @Test func `what a blocked socket did not take waits, and more waits behind it`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A "1"          => nothing
      host sends A "2"          => nothing
      host sends A "3"          => nothing
      statistics messagesOut outboxBytes => outboxBytes 9 ; messagesOut 1
      A takes 2                 => nothing
      A takes 1                 => A: text "1"
      A drains                  => A: text "2" + text "3"
      statistics messagesOut outboxBytes => outboxBytes 0 ; messagesOut 3
      """)
  }

  @Test func `the outbox at its limit is no reason to close, one byte past it is`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts
      A connects /ws/ & A blocks & B connects /ws/ & B blocks
      host sends A 48 bytes & host sends A 48 bytes & host sends B 48 bytes => nothing
      statistics outboxBytes    => outboxBytes 150
      host sends B 49 bytes     => nothing
      host names A ann          => nothing
      host names B bob          => host: gone
      """)
  }

  @Test func `a slow reader is closed with 1013 after what the socket has, the rest is dropped`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & A blocks
      broadcast 40 bytes to g       => B: text "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      host sends A "1" & host sends A "2" => nothing
      broadcast 60 bytes to g       => B: text 60 bytes
      logs                          => 1
      host lists g                  => host: B
      host sends A "x"              => host: gone
      statistics dropsQueued        => dropsQueued 3
      A drains \
        => A: text "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" ; A: close 1013 "too slow"
      A closes 1013                 => A: gone slow 1013 "too slow" clean
      statistics slow dropsQueued   => dropsQueued 3 ; slow 1
      """)
  }

  @Test func `what one turn queues past the limit closes as well`() {
    check(
      """
      limits outbox=100 slow=4000
      channel ws/ accepts
      A connects /ws/
      host sends A 48 bytes & host sends A 48 bytes           => A: text 48 bytes + text 48 bytes
      host sends A 48 bytes & host sends A 49 bytes           => A: close 4000 "too slow"
      statistics dropsQueued messagesOut => messagesOut 2 ; dropsQueued 2
      """)
  }

  @Test func `what the socket took makes room again`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A 98 bytes     => nothing
      A takes 99                => nothing
      A drains                  => A: text 98 bytes
      A blocks & host sends A 98 bytes => nothing
      A drains                  => A: text 98 bytes
      """)
  }

  @Test func `a message of the size of the whole outbox is sent`() {
    check(
      """
      limits outbox=70000
      channel ws/ accepts
      A connects /ws/
      host sends A 69990 bytes  => A: text 69990 bytes
      host sends A 69991 bytes  => A: close 1013 "too slow"
      """)
  }

  @Test func `64 KiB go side by side in one write, one byte more goes in two`() {
    // Three frames of 4 + 21840, one of 2 + 2 bytes more: 65,536 in all.
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host sends A 21840 bytes & host sends A 21840 bytes & host sends A 21840 bytes & \
        host sends A "xx" => A: text 21840 bytes + text 21840 bytes + text 21840 bytes + text "xx"
      host sends A 21840 bytes & host sends A 21840 bytes & host sends A 21840 bytes & \
        host sends A "xxx" \
        => A: text 21840 bytes + text 21840 bytes + text 21840 bytes ; A: text "xxx"
      """)
  }

  @Test func `a frame larger than what is gathered goes alone, in order`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      host sends A "1" & host sends A 70000 bytes & host sends A "2" & host sends A "3" \
        => A: text "1" ; A: text 70000 bytes ; A: text "2" + text "3"
      """)
  }

  @Test func `a second write waits when the first one filled the socket`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ & A blocks
      host sends A 70000 bytes & host sends A "1" & host sends A "2" => nothing
      statistics messagesOut    => messagesOut 1
      A drains                  => A: text 70000 bytes ; A: text "1" + text "2"
      """)
  }

  @Test func `members with the same frames waiting get the same bytes`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/ & C connects /ws/
      host sends C "0"          => C: text "0"
      broadcast "1" to g & broadcast "2" to g \
        => A: text "1" + text "2" ; B: text "1" + text "2" ; C: text "1" + text "2"
      host sends B "0" & broadcast "1" to g & broadcast "2" to g \
        => B: text "0" + text "1" + text "2" ; A: text "1" + text "2" ; C: text "1" + text "2"
      """)
  }

  @Test func `members with as many but other frames waiting get their own`() {
    check(
      """
      channel ws/ accepts groups=g
      A connects /ws/ & B connects /ws/
      broadcast "1" to g & host sends A "a" & host sends B "b" \
        => A: text "1" + text "a" ; B: text "1" + text "b"
      host sends A "x" & host sends B "x" & broadcast "1" to g \
        => A: text "x" + text "1" ; B: text "x" + text "1"
      broadcast "1" to g & host sends A "a" => A: text "1" + text "a" ; B: text "1"
      """)
  }

  @Test func `pings do not count as messages`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/
      +25s                      => A: ping
      statistics messagesOut bytesOut => messagesOut 0 ; bytesOut 0
      """)
  }

  @Test func `a ping does not close one whose outbox is just full`() {
    check(
      """
      limits outbox=100
      channel ws/ accepts
      A connects /ws/         => A: open
      host sends A 98 bytes & +25s => A: text 98 bytes
      """)
  }
}
