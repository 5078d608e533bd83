import Testing

/// What one consumer may send (messages_rate, bytes_rate).
struct RateTests {
  @Test func `a burst of messages is taken, one more closes with 1008`() {
    check(
      """
      channel ws/ accepts hears messages=2/3
      A connects /ws/
      A sends "1" & A sends "2" & A sends "3" => A says "1" ; A says "2" ; A says "3"
      A sends "4"               => A: close 1008 "too many messages"
      A closes 1008             => A: gone tooFast 1008 "too many messages" clean
      statistics tooFast limit-messageRate messagesIn => messagesIn 3 ; messageRate 1 ; tooFast 1
      reached                   => messageRate ? 2 1
      """)
  }

  @Test func `at its rate a consumer may send for ever`() {
    check(
      """
      limits ping=off silence=off
      channel ws/ accepts hears messages=2/2
      A connects /ws/
      A sends "1" & A sends "2"
      +500ms & A sends "3"      => A says "3"
      +500ms & A sends "4"      => A says "4"
      +499ms & A sends "5"      => A: close 1008 "too many messages"
      """)
  }

  @Test func `bytes count as they arrive, not when the message is whole`() {
    check(
      """
      channel ws/ accepts hears bytes=100/200
      A connects /ws/ & B connects /ws/
      A begins 200 bytes        => nothing
      A goes-on 1 bytes         => A: close 1008 "too many bytes"
      B sends 200 bytes         => B says 200 bytes
      +10ms & B sends "x"       => B says "x"
      B sends "x"               => B: close 1008 "too many bytes"
      statistics limit-byteRate => byteRate 2
      """)
  }

  @Test func `a flood of empty fragments has an end`() {
    check(
      """
      channel ws/ accepts hears bytes=1/3
      A connects /ws/
      A begins 0 bytes & A goes-on 0 bytes & A goes-on 0 bytes => nothing
      A goes-on 0 bytes         => A: close 1008 "too many bytes"
      """)
  }

  @Test func `a fragmented message is one message`() {
    check(
      """
      channel ws/ accepts hears messages=1/1
      A connects /ws/
      A begins "a" & A goes-on "b" & A ends "c" => A says "abc"
      A sends "d"               => A: close 1008 "too many messages"
      """)
  }

  @Test func `who is undecided is charged as well`() {
    check(
      """
      channel ws/ hears messages=1/2
      on connect: note me says "later"
      A connects /ws/           => A says "later" ; A: held
      A sends "1" & A sends "2" => nothing
      A sends "3"               => A: close 1008 "too many messages"
      """)
  }

  @Test func `each consumer has a rate of its own, and other channels have none`() {
    check(
      """
      channel ws/ accepts hears messages=1/1
      channel free/ accepts hears
      A connects /ws/ & B connects /ws/ & C connects /free/
      A sends "1" & B sends "1" & C sends "1" & C sends "2" \
        => A says "1" ; B says "1" ; C says "1" ; C says "2"
      """)
  }
}
