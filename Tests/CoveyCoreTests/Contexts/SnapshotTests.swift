import Testing

/// What a client that begins is sent (wire 1.3, 1.5, 1.14).
struct SnapshotTests {
  private static let rows = """
    put Member {"id":3,"name":"Mia","files":["b","a"]}
    put File {"id":"a","name":"A"} & put File {"id":"b","name":"B"}
    put Project {"id":1,"title":"P","lead":3}
    put Task {"id":5,"project":1,"title":"t5","who":3,"rank":12345678901234567890}
    put Task {"id":6,"project":1,"title":"t6"}
    put Project {"id":2,"title":"Q"}
    """

  @Test func `the anchor comes first, then what it refers to, each row once and whole`() {
    checkContext(
      """
      \(Self.rows)
      A opens /project/1/ ann
        ...
        A: [{"id":1,"title":"P","lead":3,"tasks":[5,6],"notes":[],Project,@begun,initial}
          ,{"id":3,"name":"Mia","files":["b","a"],Member,@0,initial}
          ,{"id":5,"project":1,"title":"t5","who":3,"rank":12345678901234567890,Task,@0,initial}
          ,{"id":6,"project":1,"title":"t6","who":null,"rank":null,Task,@0,initial}
          ,{"id":"b","name":"B",File,@0,initial},{"id":"a","name":"A",File,@0,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `our own client is told versions, and null is null`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      +1s & put Task {"id":6,"project":1,"title":"t6"}
      B opens /project/1/ ann own
        ...
        B: [{"id":1,"title":"P","lead":null,"tasks":[6],"notes":[],Project,@0,initial,vT1}
          ,{"id":6,"project":1,"title":"t6","who":null,"rank":null,Task,@0,initial,vT1}]
        B: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `a list has an end for each anchor, and only the last one says how far it reaches`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 2 1
      A opens /projects/ ann
        ...
        A: {"type":"initialAnchors","anchorIds":[2,1],"initialAnchors":[2,1]}
        A: [{"id":0,Project,delete}]
        A: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@0,end,"id":0}]
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      B opens /projects/ ann own
        ...
        B: {"type":"initialAnchors","anchorIds":[2,1],"initialAnchors":[2,1],"reset":true}
        B: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT1}]
        B: [{"_instance_type":"",@0,end,"id":0}]
        B: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT2}]
        B: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `an anchor that is named twice, or is not there, is left out of a list`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 2 9 2 1 1
      A opens /projects/ ann
        ...
        A: {"type":"initialAnchors","anchorIds":[2,1],"initialAnchors":[2,1]}
        ...
      anchors A
        host: [2,1]
      """)
  }

  @Test func `an empty list is told by an anchor that is gone`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      on list replace me
      A opens /projects/ ann
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"initialAnchors","anchorIds":[0],"initialAnchors":[0]}
        A: [{"id":0,Project,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      B opens /projects/ ann own
        host: B opened 0
        ...
        B: {"type":"initialAnchors","anchorIds":[],"initialAnchors":[],"reset":true}
        B: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `a large one goes out in pieces, and each says what is null in it`() {
    checkContext(
      """
      limits piece=100
      put Project {"id":1,"title":"P"}
      put Task {"id":5,"project":1,"title":"t5"} & put Task {"id":6,"project":1,"title":"t6"}
      A opens /project/1/ ann
        ...
        A: [{"id":1,"title":"P","lead":null,"tasks":[5,6],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"id":5,"project":1,"title":"t5","who":null,"rank":null,Task,@0,initial}
          ,{"id":null,Member,delete}]
        A: [{"id":6,"project":1,"title":"t6","who":null,"rank":null,Task,@0,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `what is referred to and not there is null, and in no list, until it comes`() {
    checkContext(
      """
      put Project {"id":1,"title":"P","lead":3}
      A opens /project/1/ ann own
        ...
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT1}]
        ...
      put Member {"id":3,"name":"Mia","files":["x"]}
        A: [{"id":3,"name":"Mia","files":[],Member,@T2,create,live,vT2}
          ,{"id":1,"lead":3,Project,@T2,update,live,vT2}]
      put File {"id":"x","name":"X"}
        A: [{"id":"x","name":"X",File,@T3,create,live,vT3}
          ,{"id":3,"files":["x"],Member,@T3,update,live,vT3}]
      """)
  }

  @Test func `a row of the anchors' type that is none is sent as a creation`() {
    checkContext(
      """
      put Node {"id":1,"next":2} & put Node {"id":2,"next":null}
      on list replace me 1
      A opens /nodes/ ann
        ...
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        A: [{"id":0,Node,delete}]
        A: [{"id":1,"next":2,Node,@begun,initial},{"id":2,"next":null,Node,@0,create}
          ,{"id":null,Node,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `whoever joins within a turn gets what was changed before it, once`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      put Project {"id":1,"title":"Q"} & A opens /project/1/ ann & put Project {"id":1,"title":"R"}
        ...
        A: [{"id":1,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
        A: [{"id":1,"title":"R",Project,@T2,update,live}]
      """)
  }
}
