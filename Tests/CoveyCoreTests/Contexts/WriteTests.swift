import Testing

/// Writes of clients (wire 1.7): checked in this order, decided by the host, answered before they
/// are seen.
struct WriteTests {
  private static let board = """
    limits ping=0 silence=0
    put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
    put Task {"id":5,"project":1,"title":"t"} & put Task {"id":6,"project":2,"title":"other"}
    put Member {"id":3,"name":"M","files":[]}
    A opens /project/1/ ann
    B opens /project/1/ ann own
    """

  @Test func `a save is asked for, made, answered, and then seen by everybody`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":9,"operation":"save","instanceType":"b.Task"
        ,"instanceId":5,"data":{"title":"x","who":3}}
        host: A writes C1 save Task 5 {"title":"x","who":3}
      accept C1
        A: {"type":"writeResponse","writeId":9,"success":true,"instanceId":5}
        A: [{"id":3,"name":"M","files":[],Member,@T3,create,live}
          ,{"id":5,"title":"x","who":3,Task,@T3,update,live}]
        B: [{"id":3,"name":"M","files":[],Member,@T3,create,live,vT1}
          ,{"id":5,"title":"x","who":3,Task,@T3,update,live,vT3}]
      accept C1
        host: gone
      """#)
  }

  @Test func `unknown and read-only fields are left out`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":9,"operation":"save","instanceType":"b.Task"
        ,"instanceId":5,"data":{"id":7,"title":"x","project":2,"rank":1,"nonsense":[]}}
        host: A writes C1 save Task 5 {"title":"x"}
      """#)
  }

  @Test func `a create gets an id, its parent, and its place`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":9,"operation":"create","instanceType":"b.Task"
        ,"parentType":"b.Project","parentId":1,"relationName":"tasks","data":{"title":"n"}}
        host: A writes C1 create Task in Project 1 tasks {"title":"n"}
      accept C1
        A: {"type":"writeResponse","writeId":9,"success":true,"instanceId":7}
        A: [{"id":7,"project":1,"title":"n","who":null,"rank":null,Task,@T3,create,live}
          ,{"id":1,"tasks":[5,7],Project,@T3,update,live},{"id":null,Member,delete}]
        ...
      A sends {"type":"write","writeId":10,"operation":"create","instanceType":"b.Task"
        ,"parentType":"b.Project","parentId":1,"relationName":"tasks","data":{"title":"n"}}
      accept C2 id=50 {"title":"the host's","rank":4}
        A: {"type":"writeResponse","writeId":10,"success":true,"instanceId":50}
        A: [{"id":50,"project":1,"title":"the host's","who":null,"rank":4,Task,@T4,create,live}
          ,{"id":1,"tasks":[5,7,50],Project,@T4,update,live},{"id":null,Member,delete}]
        ...
      """#)
  }

  @Test func `a create in a list without an inverse field is appended to it`() {
    checkContext(
      #"""
      put Member {"id":3,"name":"M","files":["a"]} & put File {"id":"a","name":"A"}
      A opens /member/3/ ann
      A sends {"type":"write","writeId":1,"operation":"create","instanceType":"b.File"
        ,"parentType":"b.Member","parentId":3,"relationName":"files","data":{"name":"N"}}
        host: A writes C1 create File in Member 3 files {"name":"N"}
      accept C1
        host: invalid
      accept C1 id=b
        A: {"type":"writeResponse","writeId":1,"success":true,"instanceId":"b"}
        A: [{"id":"b","name":"N",File,@T2,create,live}
          ,{"id":3,"files":["a","b"],Member,@T2,update,live}]
      """#)
  }

  @Test func `what is created belongs to whom it was created by`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":1,"operation":"create","instanceType":"b.Note"
        ,"parentType":"b.Project","parentId":1,"relationName":"notes","data":{"owner":"bob"
        ,"text":"n"}}
        host: A writes C1 create Note in Project 1 notes {"owner":"ann","text":"n"}
      """#)
  }

  @Test func `a deletion is answered and then seen, with what the client needs`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":9,"operation":"delete","instanceType":"b.Task"
        ,"instanceId":5}
        host: A writes C1 delete Task 5 {}
      accept C1
        A: {"type":"writeResponse","writeId":9,"success":true,"instanceId":5}
        A: [{"id":5,Task,update},{"id":5,Task,@T3,delete,dead},{"id":5,Task,update}
          ,{"id":1,"tasks":[],Project,@T3,update,live}]
        ...
      """#)
  }

  // MARK: the order of checks

  private func checkRefused(
    _ frame: String, _ code: Int, _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    checkContext(
      """
      \(Self.board)
      A sends {"type":"write","writeId":1,\(frame)}
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":\(code),"message":"\(message)"}}
      A sends {"callId":2,"action":"echo","params":[]}
        host: A calls C1 echo []
      """, sourceLocation: sourceLocation)
  }

  @Test func `each check has its turn, and none closes anything`() {
    checkRefused(#""operation":"burn""#, 400, #"unknown operation \"burn\""#)
    checkRefused(#""operation":7"#, 400, "unknown operation 7")
    checkRefused(#""operation":"save","instanceType":"b.X""#, 400, "unknown instance type")
    checkRefused(#""operation":"save""#, 400, "unknown instance type")
    checkRefused(
      #""operation":"save","instanceType":"b.Member","data":7"#, 403, "b.Member is not writable so")
    checkRefused(
      #""operation":"delete","instanceType":"b.Note","instanceId":1"#, 403,
      "b.Note is not writable so")
    checkRefused(#""operation":"save","instanceType":"b.Task""#, 400, "data is no object")
    checkRefused(
      #""operation":"save","instanceType":"b.Task","data":{"title":7}"#, 400,
      #"field \"title\" is 7, not a string"#)
    checkRefused(
      #""operation":"save","instanceType":"b.Task","data":{"title":"a","title":"b"}"#, 400,
      #"field \"title\" is there twice"#)
    checkRefused(
      #""operation":"save","instanceType":"b.Task","data":{"who":99}"#, 400,
      #"there is no b.Member \"99\""#)
    checkRefused(
      #""operation":"create","instanceType":"b.Task","data":{}"#, 400,
      #"field \"title\" is missing"#)
    checkRefused(
      #""operation":"create","instanceType":"b.Task","data":{"title":"x"}"#, 400,
      "unknown instance type")
  }

  @Test func `parents and instances are looked for last`() {
    let create = #""operation":"create","instanceType":"b.Task","data":{"title":"x"},"#
    checkRefused(
      create + #""parentType":"b.Project","relationName":"notes","parentId":1"#, 400,
      "no such relation of the parent to this type")
    checkRefused(
      create + #""parentType":"b.Project","parentId":1"#, 400,
      "no such relation of the parent to this type")
    checkRefused(
      create + #""parentType":"b.Project","relationName":"tasks","parentId":"1""#, 400,
      "parentId is missing or is no id")
    checkRefused(
      create + #""parentType":"b.Project","relationName":"tasks","parentId":2"#, 400,
      "the parent is not in this context")
    let save = #""operation":"save","instanceType":"b.Task","data":{"title":"x"}"#
    checkRefused(save, 400, "instanceId is missing or is no id")
    checkRefused(save + #","instanceId":-1e0"#, 400, "instanceId is missing or is no id")
    checkRefused(save + #","instanceId":-1"#, 400, "not in this context")
    checkRefused(save + #","instanceId":6"#, 400, "not in this context")
  }

  @Test func `what is not the client's it cannot even find out about`() {
    checkContext(
      #"""
      put Project {"id":1,"title":"P"} & put Note {"id":1,"project":1,"owner":"bob","text":"his"}
      A opens /project/1/ ann
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Note"
        ,"instanceId":1,"data":{}}
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":400,"message":"not in this context"}}
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Note"
        ,"instanceId":9,"data":{}}
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":400,"message":"not in this context"}}
      """#)
  }

  @Test func `our own client is told with 404 what it is not shown`() {
    checkContext(
      #"""
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann own
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Task"
        ,"instanceId":6,"data":{}}
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":404,"message":"not in this context"}}
      A sends {"type":"write","writeId":2,"operation":"create","instanceType":"b.Task"
        ,"data":{"title":"x"},"parentType":"b.Project","relationName":"tasks","parentId":2}
        A: {"type":"writeResponse","writeId":2,"success":false
          ,"error":{"code":404,"message":"the parent is not in this context"}}
      """#)
  }

  @Test func `a write to the anchor that was deleted is 404`() {
    checkContext(
      #"""
      put File {"id":"f","name":"F"}
      A opens /file/f/ ann
      delete File f
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.File"
        ,"instanceId":"f","data":{"name":"x"}}
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":404,"message":"b.File is gone"}}
      """#)
  }

  @Test func `without a handler every write is 403`() {
    checkContext(
      #"""
      \#(Self.board)
      C opens /public/1/ ann
      C sends {"type":"write","writeId":1,"operation":"delete","instanceType":"b.Task"
        ,"instanceId":5}
        C: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":403,"message":"not allowed"}}
      """#)
  }

  @Test func `a write without a name or an operation is ignored`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","operation":"save"}
        nothing
      A sends {"type":"write","writeId":1}
        nothing
      statistics framesIgnored writes
        host: writes 0
        host: framesIgnored 2
      """#)
  }

  // MARK: answers

  @Test func `the host refuses, or lets it be`() {
    checkContext(
      #"""
      \#(Self.board)
      on write fail it 403 no
      A sends {"type":"write","writeId":"w","operation":"delete","instanceType":"b.Task"
        ,"instanceId":5}
        A: {"type":"writeResponse","writeId":"w","success":false
          ,"error":{"code":403,"message":"no"}}
      off write
      A sends {"type":"write","writeId":2,"operation":"delete","instanceType":"b.Task"
        ,"instanceId":5}
      return C2 1
        host: invalid
      +30s
        A: {"type":"writeResponse","writeId":2,"success":false
          ,"error":{"code":504,"message":"not answered in time"}}
      """#)
  }

  @Test func `what is gone when the host accepts is 404, and an id that is taken 409`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Task"
        ,"instanceId":5,"data":{"title":"x"}}
      A sends {"type":"write","writeId":2,"operation":"create","instanceType":"b.Task"
        ,"parentType":"b.Project","parentId":1,"relationName":"tasks","data":{"title":"n"}}
      delete Task 5
      accept C1
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":404,"message":"b.Task is gone"}}
      accept C2 id=6
        A: {"type":"writeResponse","writeId":2,"success":false
          ,"error":{"code":409,"message":"b.Task is there already"}}
      """#)
  }

  @Test func `a create whose parent is gone when the host accepts is 404`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":2,"operation":"create","instanceType":"b.Task"
        ,"parentType":"b.Project","parentId":1,"relationName":"tasks","data":{"title":"n"}}
      delete Project 1
      accept C1
        A: {"type":"writeResponse","writeId":2,"success":false
          ,"error":{"code":404,"message":"b.Project is gone"}}
      """#)
  }

  @Test func `what the host accepts in place is checked, and the call waits for better`() {
    checkContext(
      #"""
      \#(Self.board)
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Task"
        ,"instanceId":5,"data":{"title":"x"}}
      accept C1 {"title":7}
        host: invalid
      accept C1 {"id":5}
        host: invalid
      accept C1 id=9 {"title":"y"}
        host: invalid
      accept C1 {"title":"y","rank":1}
        A: {"type":"writeResponse","writeId":1,"success":true,"instanceId":5}
        A: [{"id":5,"title":"y","rank":1,Task,@T3,update,live}]
        ...
      """#)
  }

  @Test func `a full store refuses, and the call waits`() {
    checkContext(
      #"""
      limits store=900
      put Project {"id":1,"title":"P"} & put Task {"id":5,"project":1,"title":"t"}
      A opens /project/1/ ann
      A sends {"type":"write","writeId":1,"operation":"save","instanceType":"b.Task"
        ,"instanceId":5,"data":{"title":"\#(String(repeating: "x", count: 900))"}}
      accept C1
        host: full
      get Task 5
        host: {"id":5,"project":1,"title":"t","who":null,"rank":null}
      fail C1 507 full
        A: {"type":"writeResponse","writeId":1,"success":false
          ,"error":{"code":507,"message":"full"}}
      """#)
  }
}
