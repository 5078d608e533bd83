import Testing

/// Clients of our own come back to what they had (wire 3).
struct SessionTests {
  private static let board = """
    put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
    put Task {"id":5,"project":1,"title":"t5"}
    A opens /project/1/ ann own
    """

  @Test func `what changed is sent, and neither anchors nor a snapshot`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      merge Task {"id":5,"title":"x"}
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        A: [{"id":5,"project":1,"title":"x","who":null,"rank":null,Task,@0,create,live,vT2}]
        A: [{"_instance_type":"",@T2,end,"id":0}]
      merge Task {"id":5,"title":"y"}
        A: [{"id":5,"title":"y",Task,@T3,update,live,vT3}]
      """)
  }

  @Test func `deletions are told, with a version`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      delete Task 5
      A opens /project/1/ ann own T1 S1
        ...
        A: [{"id":5,Task,@0,delete,dead,vT2}
          ,{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@0,update,live,vT2}]
        A: [{"_instance_type":"",@T2,end,"id":0}]
      """)
  }

  @Test func `variables are kept, and sent again`() {
    checkContext(
      """
      \(Self.board)
      variable A n 7
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":7}
      A vanishes
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":7}
        A: [{"_instance_type":"",@T1,end,"id":0}]
      value A n
        host: 7
      """)
  }

  @Test func `what the host said before it let a client in counts more than what was kept`() {
    checkContext(
      """
      \(Self.board)
      variable A role "admin"
      A vanishes
      on authorize variable me role "guest" then authorize me
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        A: {"type":"runtimeVar","var":"role","runtimeVar":"role","value":"guest"}
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `a session is its user's, and its channel's`() {
    checkContext(
      """
      \(Self.board)
      variable A secret 1
      A vanishes
      B opens /project/1/ bob own T1 S1
        host: B opened T1
        B: {"type":"auth","statusCode":200,"status_code":200,"session":"S2"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        B: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        ...
      on list replace me 1
      C opens /projects/ ann own T1 S1
        host: C opened T1
        C: {"type":"auth","statusCode":200,"status_code":200,"session":"S3"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        ...
      D opens /project/1/ ann own T1 nonsense
        host: D opened T1
        D: {"type":"auth","statusCode":200,"status_code":200,"session":"S4"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        ...
      """)
  }

  @Test func `on another anchor the session goes on, and its rows do not`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      A opens /project/2/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        A: {"type":"initialAnchors","anchorIds":[2],"initialAnchors":[2],"reset":true}
        ...
      """)
  }

  @Test func `a session waits for two minutes, and no longer`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      +119s
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        ...
      A vanishes
      +120s
      A opens /project/1/ ann own T1 S1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S2"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        ...
      """)
  }

  @Test func `a session that runs out while the host still thinks is good again afterwards`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      +115s
      off authenticate
      A opens /project/1/ ann own T1 S1
      +10s & authenticate A ann
      A vanishes
      on authenticate authenticate me $
      A opens /project/1/ ann own T2 S1
        host: A opened T2
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        ...
      """)
  }

  @Test func `whoever comes back first takes it from the connection that nobody missed yet`() {
    checkContext(
      """
      \(Self.board)
      B opens /project/1/ ann own T1 S1
        host: B opened T1
        B: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        B: [{"_instance_type":"",@T1,end,"id":0}]
        A: dropped
        host: A gone lost 1006
      merge Task {"id":5,"title":"x"}
        B: [{"id":5,"title":"x",Task,@T2,update,live,vT2}]
      """)
  }

  @Test func `a list is resumed as it was edited`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 1
      A opens /projects/ ann own
      append A 2
      A vanishes
      merge Project {"id":2,"title":"R"}
      A opens /projects/ ann own T3 S1
        host: A opened T3
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":true}
        ...
      anchors A
        host: [1,2]
      A vanishes
      B opens /projects/ ann own T2 S1
        host: B opened T2
        B: {"type":"auth","statusCode":200,"status_code":200,"session":"S1"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        B: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        ...
      """)
  }

  @Test func `one that was cut off before it saw its new list does not resume with that`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 2
      A opens /projects/ ann own
      on list replace me 1
      B opens /projects/ ann own
      append B 2
      B vanishes
      on list replace me 2
      B opens /projects/ ann own T1 S2
        host: B opened T1
        B: {"type":"auth","statusCode":200,"status_code":200,"session":"S2"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        ...
      B vanishes
      B opens /projects/ ann own T1 S2
        host: B opened T1
        B: {"type":"auth","statusCode":200,"status_code":200,"session":"S2"
          ,"retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        B: {"type":"initialAnchors","anchorIds":[2],"initialAnchors":[2],"reset":true}
        ...
      """)
  }

  @Test func `RxDjango's client has no session, whatever it says`() {
    checkContext(
      """
      \(Self.board)
      A vanishes
      B opens /project/1/ bob T1 S1
        host: B opened T1
        B: {"type":"auth","statusCode":200,"status_code":200}
        ...
      """)
  }

  @Test func `an anchor that was deleted meanwhile is no more in the list`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 1 2
      A opens /projects/ ann own
      A vanishes
      delete Project 2
      A opens /projects/ ann own T2 S1
        ...
        A: [{"id":2,Project,@0,delete,dead,vT3}]
        A: [{"_instance_type":"",@T3,end,"id":0}]
      anchors A
        host: [1]
      merge Project {"id":1,"title":"Z"}
        A: [{"id":1,"title":"Z",Project,@T4,update,live,vT4}]
      """)
  }
}
