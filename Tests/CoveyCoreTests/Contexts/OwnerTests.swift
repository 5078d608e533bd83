import Testing

/// Rows with an owner, which nobody else may hear of (architecture section 5).
struct OwnerTests {
  private static let board = """
    put Project {"id":1,"title":"P"}
    put Note {"id":1,"project":1,"owner":"ann","text":"hers"}
    put Note {"id":2,"project":1,"owner":"bob","text":"his"}
    put Note {"id":3,"project":1,"owner":null,"text":"all"}
    A opens /project/1/ ann own
    B opens /project/1/ bob own
    """

  @Test func `each user is shown what is everybody's, and their own`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      put Note {"id":1,"project":1,"owner":"ann","text":"hers"}
      put Note {"id":2,"project":1,"owner":"bob","text":"his"}
      put Note {"id":3,"project":1,"owner":null,"text":"all"}
      A opens /project/1/ ann own
        ...
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[1,3],Project,@0,initial,vT1}
          ,{"id":1,"project":1,"owner":"ann","text":"hers",Note,@0,initial,vT2}
          ,{"id":3,"project":1,"owner":null,"text":"all",Note,@0,initial,vT1}]
        ...
      C opens /public/1/ own
        ...
        C: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[3],Project,@0,initial,vT1}
          ,{"id":3,"project":1,"owner":null,"text":"all",Note,@0,initial,vT1}]
        ...
      """)
  }

  @Test func `a change of a row is told to its owner alone`() {
    checkContext(
      """
      \(Self.board)
      merge Note {"id":1,"text":"x"}
        A: [{"id":1,"text":"x",Note,@T4,update,live,vT4}]
      merge Note {"id":3,"text":"y"}
        A: [{"id":3,"text":"y",Note,@T5,update,live,vT5}]
        B: [{"id":3,"text":"y",Note,@T5,update,live,vT5}]
      """)
  }

  @Test func `a new owner gets the row whole, and the former one is told that it is gone`() {
    checkContext(
      """
      \(Self.board)
      merge Note {"id":1,"owner":"bob"}
        A: [{"id":1,"notes":[3],Project,@T4,update,live,vT4},{"id":1,Note,@T4,delete,dead,vT4}]
        B: [{"id":1,"project":1,"owner":"bob","text":"hers",Note,@T4,create,live,vT4}
          ,{"id":1,"notes":[1,2,3],Project,@T4,update,live,vT4}]
      """)
  }

  @Test func `a row that becomes everybody's stays with its owner, and comes to the others`() {
    checkContext(
      """
      \(Self.board)
      merge Note {"id":1,"owner":null}
        A: [{"id":1,"owner":null,Note,@T4,update,live,vT4}
          ,{"id":1,"notes":[1,3],Project,@T4,update,live,vT4}]
        B: [{"id":1,"project":1,"owner":null,"text":"hers",Note,@T4,create,live,vT4}
          ,{"id":1,"notes":[1,2,3],Project,@T4,update,live,vT4}]
      """)
  }

  @Test func `the ids of lists are filtered when a row comes and goes`() {
    checkContext(
      """
      \(Self.board)
      put Note {"id":4,"project":1,"owner":"ann","text":"new"}
        A: [{"id":4,"project":1,"owner":"ann","text":"new",Note,@T4,create,live,vT4}
          ,{"id":1,"notes":[1,3,4],Project,@T4,update,live,vT4}]
        B: [{"id":1,"notes":[2,3],Project,@T4,update,live,vT4}]
      delete Note 4
        A: [{"id":1,"notes":[1,3],Project,@T5,update,live,vT5},{"id":4,Note,@T5,delete,dead,vT5}]
        B: [{"id":1,"notes":[2,3],Project,@T5,update,live,vT5}]
      """)
  }

  @Test func `an anchor of another user's does not exist`() {
    checkContext(
      """
      put Note {"id":1,"project":null,"owner":"ann","text":"hers"}
      B opens /note/1/ bob
        ...
        B: {"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}
        B: close 1000
      A opens /note/1/ ann
        ...
        A: [{"id":1,"project":null,"owner":"ann","text":"hers",Note,@begun,initial}]
        ...
      merge Note {"id":1,"owner":"bob"}
        A: [{"id":1,Note,@T2,delete,dead}]
      """)
  }

  @Test func `who comes back is told nothing of what became somebody else's but that it is gone`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
        host: A gone lost 1006
      merge Note {"id":1,"owner":"bob"} & merge Note {"id":1,"text":"secret"}
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1",
          "retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        ...
      """)
  }
}
