import Testing

struct ReceivingTests {
  @Test func `a whole message goes to the handler of its kind`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/
      A sends "hi"              => A says "hi"
      A sends ""                => A says ""
      A sends binary hex 00ff   => A says hex 00ff
      statistics messagesIn bytesIn => messagesIn 3 ; bytesIn 4
      """)
  }

  @Test func `fragments are put together`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/
      A begins "a"              => nothing
      A goes-on "b"             => nothing
      A goes-on ""              => nothing
      A ends "c"                => A says "abc"
      A begins ""               => nothing
      A ends ""                 => A says ""
      A begins ""               => nothing
      A ends "x"                => A says "x"
      A sends "d"               => A says "d"
      statistics messagesIn bytesIn => messagesIn 4 ; bytesIn 5
      """)
  }

  @Test func `a message is of the kind of its first fragment`() {
    check(
      """
      channel ws/ accepts
      on binary: note me says $
      A connects /ws/
      A begins binary hex ff    => nothing
      A goes-on hex 00          => nothing
      A ends hex fe             => A says hex ff00fe
      A begins binary ""        => nothing
      A ends hex ff             => A says hex ff
      """)
  }

  @Test func `a frame may come in pieces`() {
    check(
      """
      limits message=10
      channel ws/ accepts hears
      A connects /ws/
      A begins "abc" remaining 7    => nothing
      A goes-on "def" remaining 4   => nothing
      A ends "ghij" remaining 0     => A says "abcdefghij"
      """)
  }

  @Test func `a message at its limit is taken and one byte more is 1009`() {
    check(
      """
      limits message=10
      channel ws/ accepts hears
      A connects /ws/
      A sends 10 bytes          => A says "xxxxxxxxxx"
      A sends 11 bytes          => A: close 1009
      A closes 1009             => A: gone tooLarge 1009 clean
      statistics tooLarge messagesIn => messagesIn 1 ; tooLarge 1
      """)
  }

  @Test func `a frame that declares one byte too many is refused at its first piece`() {
    check(
      """
      limits message=10
      channel ws/ accepts hears
      A connects /ws/ & B connects /ws/
      A begins "a" remaining 9      => nothing
      B begins "b" remaining 10     => B: close 1009
      B goes-on 10 bytes            => nothing
      """)
  }

  @Test func `fragments that together are one byte too many are refused`() {
    check(
      """
      limits message=10
      channel ws/ accepts hears
      A connects /ws/ & B connects /ws/
      A begins 5 bytes & B begins 5 bytes
      A ends 5 bytes                => A says "xxxxxxxxxx"
      B goes-on 1 bytes remaining 5 => B: close 1009
      """)
  }

  @Test func `a declared size near the largest number is refused`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/ & B connects /ws/
      A sends 1 bytes remaining 9223372036854775807  => A: close 1009
      B begins 1048576 bytes remaining 0             => nothing
      B goes-on 0 bytes remaining 1                  => B: close 1009
      """)
  }

  @Test func `text that is not UTF-8 is 1007, binary is any bytes`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/ & B connects /ws/
      A sends binary hex c3     => A says hex c3
      A sends hex c3            => A: close 1007
      A closes 1007             => A: gone badText 1007 clean
      B begins hex c3           => nothing
      B ends hex a9             => B says "é"
      B begins hex c3           => nothing
      B ends ""                 => B: close 1007
      statistics badText messagesIn => messagesIn 2 ; badText 1
      """)
  }

  @Test func `a character split between held fragments is checked when it is whole`() {
    check(
      """
      channel ws/ hears
      on connect: host names me bob
      A connects /ws/ & B connects /ws/
      A begins hex c3 & A ends hex a9 & host accepts A => A says "é"
      B begins hex c3 & B ends ""                      => B: close 1007
      """)
  }

  @Test func `a kind without a handler is 1003`() {
    check(
      """
      channel text/ accepts
      on text: note me says $
      channel binary/ accepts
      on binary: note me says $
      A connects /text/ & B connects /binary/ & C connects /text/
      A sends binary ""         => A: close 1003
      A closes 1003             => A: gone badKind 1003 clean
      B sends "x"               => B: close 1003
      C begins binary "x"       => C: close 1003
      statistics badKind        => badKind 1
      """)
  }

  @Test func `after it was closed nothing of a consumer is heard`() {
    check(
      """
      channel ws/ accepts hears
      A connects /ws/
      host closes A 1000        => A: close 1000
      A sends "late"            => nothing
      A sends hex c3            => nothing
      statistics messagesIn     => messagesIn 0
      """)
  }

  @Test func `what is received is broadcast to the channel's groups, the sender included`() {
    check(
      """
      channel ws/<room>/ accepts relays groups={room}
      A connects /ws/x/ & B connects /ws/x/ & C connects /ws/y/
      A sends "hi"              => A: text "hi" ; B: text "hi"
      B sends binary hex 00     => A: binary hex 00 ; B: binary hex 00
      A begins "1"              => nothing
      A ends "2"                => A: text "12" ; B: text "12"
      A sends hex ff            => A: close 1007
      statistics messagesIn messagesOut => messagesIn 3 ; messagesOut 6
      """)
  }

  @Test func `handlers run as well as the broadcast`() {
    check(
      """
      channel ws/ accepts relays groups=g hears
      A connects /ws/
      A sends "hi"              => A says "hi" ; A: text "hi"
      """)
  }

  @Test func `what was held is broadcast once it is accepted`() {
    check(
      """
      channel ws/ relays groups=g
      on connect: host names me bob
      A connects /ws/ & B connects /ws/ & host accepts B
      A sends "1" & A sends "2" => nothing
      host accepts A            => B: text "1" + text "2" ; A: text "1" + text "2"
      """)
  }

  @Test func `a broadcast of what is received goes to groups of the channel alone`() {
    check(
      """
      channel ws/ accepts relays groups=g
      A connects /ws/ & B connects /ws/
      host adds A other & host adds B other & host discards B g
      A sends "hi"              => A: text "hi"
      B sends "ho"              => A: text "ho"
      """)
  }

  @Test func `a broadcast goes once to a group that two declared names come to`() {
    check(
      """
      channel ws/<a>/<b>/ accepts relays groups={a},{b}
      A connects /ws/x/x/     => A: open
      A sends "hi"            => A: text "hi"
      """)
  }

  @Test func `a sender that its own broadcast closes as slow is not handed its message`() {
    check(
      """
      limits outbox=10
      channel ws/ accepts relays groups=g hears
      A connects /ws/
      A blocks & A sends "12345678" & host counts g => A says "12345678" ; host: 1
      A sends "x"             => nothing
      """)
  }
}
