import Testing

/// Who reads slowly misses state for a while, and nothing else (architecture section 5).
struct SlowReaderTests {
  private static let board = """
    limits state=200 other=200 ping=0 silence=0
    put Project {"id":1,"title":"P"} & put Task {"id":5,"project":1,"title":"t"}
    """

  @Test func `state past its bound is dropped, and caught up with`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann own
      A blocks
      merge Task {"id":5,"title":"a"} & +1ms & merge Task {"id":5,"title":"b"}
        nothing
      merge Task {"id":5,"title":"c"} & +1ms & merge Task {"id":5,"title":"d"}
        nothing
      statistics fallsBehind
        host: fallsBehind 1
      A drains
        A: [{"id":5,"title":"a",Task,@T2,update,live,vT2}]
        A: [{"id":5,"project":1,"title":"d","who":null,"rank":null,Task,@0,create,live,vT3}]
        A: [{"_instance_type":"",@T3,end,"id":0}]
      merge Task {"id":5,"title":"e"}
        A: [{"id":5,"title":"e",Task,@T4,update,live,vT4}]
      statistics catchUps snapshots
        host: snapshots 1
        host: catchUps 1
      """)
  }

  @Test func `RxDjango's client as well`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      A blocks
      merge Task {"id":5,"title":"a"} & +1ms & merge Task {"id":5,"title":"b"}
      merge Task {"id":5,"title":"c"} & +1ms & delete Task 5
        nothing
      A drains
        A: [{"id":5,"title":"a",Task,@T2,update,live}]
        ...
        A: [{"_instance_type":"",@T3,end,"id":0}]
      """)
  }

  @Test func `past the log it starts anew`() {
    checkContext(
      """
      limits state=200 changes=1 ping=0 silence=0
      put Project {"id":1,"title":"P"} & put Task {"id":5,"project":1,"title":"t"}
      A opens /project/1/ ann own
      A blocks
      merge Task {"id":5,"title":"a"}
      merge Task {"id":5,"title":"b"}
      merge Task {"id":5,"title":"c"}
      merge Project {"id":1,"title":"Q"}
      A drains
        A: [{"id":5,"title":"a",Task,@T2,update,live,vT2}]
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        A: [{"id":1,"title":"Q","lead":null,"tasks":[5],"notes":[],Project,@0,initial,vT3}
          ,{"id":5,"project":1,"title":"c","who":null,"rank":null,Task,@0,initial,vT4}]
        A: [{"_instance_type":"",@T3,end,"id":0}]
      """)
  }

  @Test func `a snapshot goes out as there is room, and what changes meanwhile waits behind it`() {
    checkContext(
      """
      limits state=200 piece=50 ping=0 silence=0
      put Project {"id":1,"title":"P"}
      put Task {"id":5,"project":1,"title":"a"} & put Task {"id":6,"project":1,"title":"b"}
      A connects /project/1/
      A blocks
      A sends {"token":"ann","lastUpdate":null,"covey":1}
        host: A opened 0
      merge Task {"id":5,"title":"x"} & delete Task 6
        nothing
      A drains
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1","retry":{"min_ms":500,
          "max_ms":10000},"resumed":false}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        ...
        A: [{"_instance_type":"",@T1,end,"id":0}]
        ...
        A: [{"_instance_type":"",@T3,end,"id":0}]
      """)
  }

  @Test func `messages past their bound close the connection`() {
    let text = String(repeating: "x", count: 90)
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann own
      B opens /project/1/ ann
      A blocks & B blocks
      send A first & send B first
        nothing
      send A \(text) & send B \(text) & send A \(text) & send B \(text)
        nothing
      send A \(text) & send B \(text)
        nothing
      statistics slow
      A drains & B drains
        A: first
        B: first
        A: close 1013 "too slow"
        B: dropped
        host: B gone slow 1013
      """)
  }

  @Test func `state counts for nothing against the bound of messages, nor the other way round`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann own
      A blocks & send A first
      merge Task {"id":5,"title":"a"} & +1ms & send A second & send A third
        nothing
      A drains
        A: first
        A: [{"id":5,"title":"a",Task,@T2,update,live,vT2}]
        A: second
        A: third
      """)
  }

  @Test func `edits of its list are taken into account when it starts anew`() {
    checkContext(
      """
      limits state=100 ping=0 silence=0
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 1
      A opens /projects/ ann own
      A blocks & send A first
      merge Project {"id":1,"title":"a"} & +1ms & merge Project {"id":1,"title":"b"}
      append A 2 & +1ms & remove A 1
        nothing
      A drains
        A: first
        ...
        A: {"type":"initialAnchors","anchorIds":[2],"initialAnchors":[2],"reset":true}
        A: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT2}]
        ...
      """)
  }
}
