import Testing

/// Endings, variables and messages of the system (wire 1.8 to 1.10, 3; architecture section 7).
struct SeeingOffTests {
  private static let board = """
    limits ping=0 silence=0
    put Project {"id":1,"title":"P"}
    A opens /project/1/ ann
    B opens /project/1/ ann own
    """

  @Test func `a client of RxDjango's gets no close frame once it is in, and ours do`() {
    checkContext(
      """
      \(Self.board)
      send A bye & close A 1011 & send B bye & close B 1011
        A: bye
        B: bye
        B: close 1011
        A: dropped
        host: A gone host 1011
      close A 1000
        host: gone
      """)
  }

  @Test func `a stop ends each as its kind expects`() {
    checkContext(
      """
      \(Self.board)
      C connects /project/1/
      stop
        B: close 1001
        C: close 1001
        A: dropped
        host: A gone stopped 1001
      D connects /project/1/
        D: 503
      """)
  }

  @Test func `what is queued goes out before a client is dropped`() {
    checkContext(
      """
      \(Self.board)
      A blocks & send A first
        nothing
      close A 1000
        nothing
      A takes 3
        nothing
      A drains
        A: first
        A: dropped
        host: A gone host 1000
      """)
  }

  @Test func `bad bytes end a client of RxDjango's without a close frame too`() {
    checkContext(
      """
      \(Self.board)
      A sends-bytes 22 ff 22
        A: dropped
        host: A gone badText 1007
      B sends-bytes 22 ff 22
        B: close 1007
      """)
  }

  @Test func `before it is let in every client gets a close frame`() {
    checkContext(
      """
      off authenticate
      A opens /project/1/ ann
      stop
        A: close 1001
      """)
  }

  @Test func `a drain tells our own client how long to stay away, and spreads the endings`() {
    checkContext(
      """
      \(Self.board)
      drain 1000
        B: {"type":"drain","delay_ms":2267}
      C connects /project/1/
        C: 503
      +1001ms
        ...
      """)
  }

  @Test func `a drain without a window ends all at once`() {
    checkContext(
      """
      \(Self.board)
      drain 0
        ...
        B: close 1012
        A: dropped
        host: A gone stopped 1012
      +1ms
        nothing
      """)
  }

  @Test func `messages of the system reach whoever is in`() {
    checkContext(
      """
      \(Self.board)
      off authenticate
      C opens /project/1/ ann
      system maintenance back "soon"
        A: {"type":"maintenance","source":"maintenance","message":"back \\"soon\\""}
        B: {"type":"maintenance","source":"maintenance","message":"back \\"soon\\""}
      """)
  }

  // MARK: variables

  @Test func `a variable is sent when it changes, and only to its client`() {
    checkContext(
      """
      \(Self.board)
      variable A n 7
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":7}
      variable A n 7
        nothing
      variable A n {"a":[1, 2]}
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":{"a":[1, 2]}}
      value A n & value A m
        host: {"a":[1, 2]}
        host: notFound
      """)
  }

  @Test func `what is set before a client is in is sent right after it is told so`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A connects /project/1/ & variable A n 1
        nothing
      on open variable me m 2 then send me hello
      A sends {"token":"ann","lastUpdate":null}
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":1}
        A: {"type":"runtimeVar","var":"m","runtimeVar":"m","value":2}
        A: hello
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        ...
      """)
  }
}
