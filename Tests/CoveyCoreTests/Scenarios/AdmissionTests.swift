import Testing

struct AdmissionTests {
  @Test func `a request that a channel accepts is upgraded`() {
    check(
      """
      channel ws/chat/<room>/ accepts
      A connects /ws/chat/x/    => A: open
      A connects ws/chat/y/     => A: open
      statistics connectionsAccepted connectionsRefused \
        => connectionsAccepted 2 ; connectionsRefused 0
      statistics consumers      => consumers 2
      """)
  }

  @Test func `a path without a channel is 404`() {
    check(
      """
      channel ws/ accepts
      A connects /other/        => A: 404
      A connects /ws            => A: 404
      statistics connectionsRefused consumers => consumers 0 ; connectionsRefused 2
      """)
  }

  @Test func `a version other than 13 is 426, so that the client learns the right one`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ version=8     => A: 426
      A connects /ws/ version=none  => A: 426
      A connects /ws/ version=013   => A: 426
      """)
  }

  @Test func `a malformed handshake is 400`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ POST                          => A: 400
      A connects /ws/ key=none                      => A: 400
      A connects /ws/ host=none                     => A: 400
      A connects /ws/ bad-list                      => A: 400
      statistics connectionsRefused                 => connectionsRefused 4
      """)
  }

  @Test func `a key is sixteen bytes in base64, no more and no less`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/ key=dGhlIHNhbXBsZSBub25jZQ==  => A: open
      A connects /ws/ key=+/hlIHNhbXBsZSBub25jZQ==  => A: open
      A connects /ws/ key=dGhlIHNhbXBsZSBub25jZQ=   => A: 400
      A connects /ws/ key=dGhlIHNhbXBsZSBub25jZQ=== => A: 400
      A connects /ws/ key=dGhlIHNhbXBsZSBub25jZQAA  => A: 400
      A connects /ws/ key=dGhlIHNhbXBsZ-Bub25jZQ==  => A: 400
      """)
  }

  @Test func `a parameter that is not UTF-8 is 400`() {
    check(
      """
      channel ws/<room> accepts
      A connects /ws/ hex=c3a9      => A: open
      A connects /ws/ hex=c3        => A: 400
      """)
  }

  @Test func `an origin that is not allowed is 403`() {
    check(
      """
      channel same/ accepts
      channel ws/ accepts origins=example.org
      channel strict/ accepts requires-origin
      A connects /same/ origin=http://example.com => A: open
      A connects /same/ origin=http://example.org => A: 403
      A connects /ws/ origin=http://example.org   => A: open
      A connects /ws/ origin=null                 => A: 403
      A connects /ws/                             => A: open
      A connects /strict/                         => A: 403
      """)
  }

  @Test func `without a connect handler everybody is refused`() {
    check(
      """
      channel ws/ echo
      A connects /ws/           => A: 403
      statistics connectionsRefused connectionsAccepted \
        => connectionsAccepted 0 ; connectionsRefused 1
      """)
  }

  @Test func `a public channel without a connect handler accepts everybody`() {
    check(
      """
      channel ws/ public echo
      A connects /ws/           => A: open
      A sends "hi"              => A: text "hi"
      """)
  }

  @Test func `a public channel with a connect handler leaves the decision to it`() {
    check(
      """
      channel ws/ public
      on connect: host rejects me 401
      A connects /ws/           => A: 401
      """)
  }

  @Test func `the connection limit is 503 at the limit and not below`() {
    check(
      """
      limits connections=2
      channel ws/ accepts
      A connects /ws/           => A: open
      B connects /ws/           => B: open
      C connects /ws/           => C: 503
      A vanishes                => A: gone lost 1006
      C connects /ws/           => C: open
      """)
  }

  @Test func `one that is refused by its handler makes room at once`() {
    check(
      """
      limits connections=1
      channel no/
      on connect: host rejects me
      channel ws/ accepts
      A connects /no/           => A: 403
      A connects /no/           => A: 403
      B connects /ws/           => B: open
      """)
  }

  @Test func `a stopping server answers 503 whatever is asked`() {
    check(
      """
      channel ws/ accepts
      A connects /ws/           => A: open
      stop                      => A: close 1001
      B connects /nowhere POST  => B: 503
      """)
  }

  @Test func `of several reasons the first in the order of checks is answered`() {
    check(
      """
      limits connections=1
      channel ws/<room> accepts
      Z connects /ws/z                                                      => Z: open
      A connects /no/ POST version=8 key=none origin=http://evil.org        => A: 400
      A connects /no/ version=8 key=none origin=http://evil.org             => A: 404
      A connects /ws/ hex=c3 version=8 key=none origin=http://evil.org      => A: 426
      A connects /ws/x key=none origin=http://evil.org                      => A: 400
      A connects /ws/ hex=c3 origin=http://evil.org                         => A: 400
      A connects /ws/x origin=http://evil.org                               => A: 403
      A connects /ws/x                                                      => A: 503
      """)
  }

  @Test func `a path at its limit is taken and one byte more is 400`() {
    check(
      """
      limits path=8
      channel ws/<room> accepts
      A connects /ws/1234       => A: open
      A connects /ws/12345      => A: 400
      """)
  }

  @Test func `a handler refuses with its own status, 403 by default`() {
    check(
      """
      channel a/
      on connect: host rejects me
      channel b/
      on connect: host rejects me 451
      A connects /a/            => A: 403
      A connects /b/            => A: 451
      statistics connectionsRefused connectionsAccepted refused \
        => connectionsAccepted 0 ; connectionsRefused 2 ; refused 0
      host sends A "x"          => host: gone
      """)
  }

  @Test func `a decision is made once`() {
    check(
      """
      channel a/
      on connect: host accepts me & host rejects me & host accepts me
      channel b/
      on connect: host rejects me 401 & host accepts me & host sends me "x" & host adds me g
      A connects /a/            => host: exists ; host: exists ; A: open
      host accepts A            => host: exists
      B connects /b/            => host: exists ; host: gone ; host: gone ; B: 401
      """)
  }

  @Test func `a subprotocol that was offered can be chosen`() {
    check(
      """
      channel ws/
      on connect: host accepts me chat.v2
      A connects /ws/ offers=chat.v1,chat.v2  => A: open chat.v2
      B connects /ws/ offers=chat.v1          => host: invalid ; B: held
      """)
  }

  @Test func `a subprotocol that was not offered leaves the decision open`() {
    check(
      """
      channel ws/
      on connect: host accepts me x & host rejects me 406
      A connects /ws/                         => host: invalid ; A: 406
      """)
  }

  @Test func `what is sent in the connect handler waits for the upgrade, in order`() {
    check(
      """
      channel ws/
      on connect: host sends me "1" & host accepts me & host sends me "2"
      A connects /ws/           => A: open ; A: text "1" + text "2"
      """)
  }

  @Test func `what is sent to one who is then refused is dropped and counted`() {
    check(
      """
      channel ws/
      on connect: host sends me "1" & host rejects me
      A connects /ws/           => A: 403
      statistics dropsQueued messagesOut outboxBytes \
        => outboxBytes 0 ; messagesOut 0 ; dropsQueued 1
      """)
  }

  @Test func `one who is sent too much before the upgrade is answered 503`() {
    check(
      """
      limits outbox=20
      channel ws/ groups=g
      on connect: host sends me 18 bytes & host accepts me & host sends me "x" & host names me bob
      A connects /ws/           => host: gone ; A: 503
      host counts g             => host: 0
      statistics dropsQueued connectionsRefused slow \
        => connectionsRefused 1 ; dropsQueued 2 ; slow 0
      """)
  }

  @Test func `closing one that is undecided in its handler refuses it`() {
    check(
      """
      channel ws/
      on connect: host closes me 4000
      A connects /ws/           => A: 403
      """)
  }

  @Test func `accepting and closing in the connect handler lets the client see the code`() {
    check(
      """
      channel ws/
      on connect: host accepts me & host sends me "sorry" & host closes me 4001 "no"
      A connects /ws/           => A: open ; A: text "sorry" + close 4001 "no"
      A closes 4001             => A: gone host 4001 "no" clean
      """)
  }

  @Test func `closing between the answer and the upgrade holds`() {
    check(
      """
      channel ws/ groups=g
      on connect: host accepts me & event go to g
      on event go: host closes me 4001
      A connects /ws/           => A: open ; A: close 4001
      host sends A "x"          => host: gone
      A closes 4001             => A: gone host 4001 clean
      """)
  }

  @Test func `refusing between the answer and the upgrade holds`() {
    check(
      """
      channel ws/
      on connect: host adds me g & event go to g
      on event go: host rejects me 4001
      A connects /ws/           => A: open ; A: close 4001
      host accepts A            => host: gone
      """)
  }

  @Test func `a subprotocol cannot be chosen between the answer and the upgrade`() {
    check(
      """
      channel ws/
      on connect: host adds me g & event go to g
      on event go: host accepts me chat
      A connects /ws/ offers=chat   => host: invalid ; A: held
      """)
  }
}
