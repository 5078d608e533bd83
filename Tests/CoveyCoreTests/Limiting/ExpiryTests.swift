import Testing

/// How long a consumer may stay, and users who may stay no longer.
struct ExpiryTests {
  private static let board = """
    limits ping=0 silence=0
    put Project {"id":1,"title":"P"}
    A opens /project/1/ ann
    B opens /project/1/ ann own
    C opens /project/1/ bob own
    """

  @Test func `a consumer is closed when its time has come, and not a moment before`() {
    check(
      """
      limits ping=off silence=off
      channel ws/ accepts
      A connects /ws/ & host expires A 10
      +9999ms                   => nothing
      +1ms                      => A: close 4401 "expired"
      A closes 4401             => A: gone expired 4401 "expired" clean
      statistics expired        => expired 1
      """)
  }

  @Test func `what is said last counts, whether sooner, later or never`() {
    check(
      """
      limits ping=off silence=off expired=4999
      channel ws/ accepts
      A connects /ws/ & B connects /ws/ & C connects /ws/
      host expires A 10 & host expires B 10 & host expires C 10
      +5s & host expires A 10 & host expires B 1 & host expires C never => nothing
      +1s                       => B: close 4999 "expired"
      B closes 4999             => B: gone expired 4999 "expired" clean
      +8999ms                   => nothing
      +1ms                      => A: close 4999 "expired"
      +100s                     => A: gone expired 4999 "expired"
      host expires C 0          => C: close 4999 "expired"
      host expires C 5          => host: gone
      """)
  }

  @Test func `who is undecided or still connecting expires as well`() {
    check(
      """
      limits ping=off silence=off connect=60000
      channel ws/
      on connect: host expires me 3
      A connects /ws/           => A: held
      +3s                       => A: close 4401 "expired"
      channel gone/
      on connect: host expires me 0
      B connects /gone/         => B: 401
      channel in/
      on connect: host accepts me & host expires me 0
      C connects /in/           => C: 401
      """)
  }

  @Test func `a client of RxDjango's is dropped, and ours is closed and forgotten`() {
    checkContext(
      """
      \(Self.board)
      expire A 5 & expire B 5
      +5s
        B: close 4401 "expired"
        A: dropped
        host: A gone expired 4401
      """)
  }

  @Test func `a user is ended wherever it is, and others are not`() {
    checkContext(
      """
      \(Self.board)
      disconnect ann
        B: close 1008
        A: dropped
        host: A gone host 1008
      send C hi
        C: hi
      disconnect nobody
        nothing
      """)
  }

  @Test func `plain consumers of a user are ended, the undecided among them`() {
    check(
      """
      channel ws/
      on connect: host names me ann
      A connects /ws/           => A: held
      channel in/ accepts
      B connects /in/ & host names B ann & C connects /in/ & host names C bob
      host disconnects ann 4002 => A: close 4002 ; B: close 4002
      host disconnects ann      => nothing
      B closes 4002             => B: gone host 4002 clean
      channel no/
      on connect: host names me ann & host disconnects ann
      D connects /no/           => D: 403
      """)
  }

  // MARK: asking again

  @Test func `who is asked about anew goes on, and an answer ends the asking`() {
    checkContext(
      """
      \(Self.board)
      off authorize
      reauthorize B & reauthorize B
        host: busy
      merge Project {"id":1,"title":"Q"}
        ...
      authorize B & authorize B
        host: exists
      reauthorize B
        nothing
      +14s & authorize B
        nothing
      +60s
        nothing
      """)
  }

  @Test func `a denial ends it as its kind expects`() {
    checkContext(
      """
      \(Self.board)
      off authorize
      reauthorize A & reauthorize B
        nothing
      deny A & deny B 403
        B: {"type":"auth","statusCode":403,"status_code":403,"error":"error/forbidden"}
        B: close 1000
        A: dropped
        host: A gone refused 1000
      """)
  }

  @Test func `no answer in time ends it`() {
    checkContext(
      """
      \(Self.board)
      off authorize
      reauthorize A & reauthorize B
      +14999ms
        nothing
      +1ms
        B: close 4408
        A: dropped
        host: A gone undecided 4408
      """)
  }
}
