import Testing

/// What a client that follows is told of changes (wire 1.4, 1.16; architecture section 5).
struct DeltaTests {
  private static let board = """
    put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
    put Task {"id":5,"project":1,"title":"t5"}
    put Member {"id":3,"name":"Mia","files":[]} & put Member {"id":4,"name":"Noe","files":[]}
    """

  @Test func `a change sends the changed fields, and none sends nothing`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      B opens /project/1/ ann own
      merge Task {"id":5,"title":"x"}
        A: [{"id":5,"title":"x",Task,@T3,update,live}]
        B: [{"id":5,"title":"x",Task,@T3,update,live,vT3}]
      merge Task {"id":5,"title":"x"}
        nothing
      put Task {"id":5,"project":1,"title":"x","who":null,"rank":null}
        nothing
      put Task {"id":5,"project":1,"title":"x","rank":7}
        A: [{"id":5,"rank":7,Task,@T4,update,live}]
        B: [{"id":5,"rank":7,Task,@T4,update,live,vT4}]
      put Task {"id":5,"project":1,"title":"x"}
        A: [{"id":5,"rank":null,Task,@T5,update,live}]
        B: [{"id":5,"rank":null,Task,@T5,update,live,vT5}]
      merge Project {"id":2,"title":"unseen"}
        nothing
      """)
  }

  @Test func `a row that comes is sent whole, and before the list it is in`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      B opens /project/1/ ann own
      put Task {"id":6,"project":1,"title":"t6"}
        A: [{"id":6,"project":1,"title":"t6","who":null,"rank":null,Task,@T3,create,live}
          ,{"id":1,"tasks":[5,6],Project,@T3,update,live},{"id":null,Member,delete}]
        B: [{"id":6,"project":1,"title":"t6","who":null,"rank":null,Task,@T3,create,live,vT3}
          ,{"id":1,"tasks":[5,6],Project,@T3,update,live,vT3}]
      """)
  }

  @Test func `with a row comes all that it refers to, leaf first`() {
    checkContext(
      """
      \(Self.board)
      merge Member {"id":3,"files":["f"]} & put File {"id":"f","name":"F"}
      A opens /project/1/ ann own
      merge Task {"id":5,"who":3}
        A: [{"id":"f","name":"F",File,@T3,create,live,vT2}
          ,{"id":3,"name":"Mia","files":["f"],Member,@T3,create,live,vT2}
          ,{"id":5,"who":3,Task,@T3,update,live,vT3}]
      """)
  }

  @Test func `a row that goes is deleted, and then its list is sent`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      B opens /project/1/ ann own
      delete Task 5
        A: [{"id":5,Task,update},{"id":5,Task,@T3,delete,dead},{"id":5,Task,update}
          ,{"id":1,"tasks":[],Project,@T3,update,live}]
        B: [{"id":1,"tasks":[],Project,@T3,update,live,vT3},{"id":5,Task,@T3,delete,dead,vT3}]
      delete Task 5
        host: notFound
      """)
  }

  @Test func `what is reached no more goes with the row that referred to it`() {
    checkContext(
      """
      \(Self.board)
      merge Task {"id":5,"who":3}
      B opens /project/1/ ann own
      delete Task 5
        B: [{"id":1,"tasks":[],Project,@T4,update,live,vT4},{"id":3,Member,@T4,delete,dead,vT4}
          ,{"id":5,Task,@T4,delete,dead,vT4}]
      merge Member {"id":3,"name":"unseen"}
        nothing
      """)
  }

  @Test func `a row that moves leaves those who follow the old place, and enters the new one`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      B opens /project/2/ ann own
      merge Task {"id":5,"project":2}
        A: [{"id":5,Task,update},{"id":5,Task,@T3,delete,dead},{"id":5,Task,update}
          ,{"id":1,"tasks":[],Project,@T3,update,live}]
        B: [{"id":5,"project":2,"title":"t5","who":null,"rank":null,Task,@T3,create,live,vT3}
          ,{"id":2,"tasks":[5],Project,@T3,update,live,vT3}]
      """)
  }

  @Test func `a row that moves between anchors of one client stays`() {
    checkContext(
      """
      \(Self.board)
      on list replace me 1 2
      B opens /projects/ ann own
      merge Task {"id":5,"project":2}
        B: [{"id":5,"project":2,Task,@T4,update,live,vT4}
          ,{"id":1,"tasks":[],Project,@T4,update,live,vT4}
          ,{"id":2,"tasks":[5],Project,@T4,update,live,vT4}]
      """)
  }

  @Test func `a list that is put orders the children, who decide whose they are`() {
    checkContext(
      """
      \(Self.board)
      put Task {"id":6,"project":1,"title":"t6"} & put Task {"id":7,"project":2,"title":"t7"}
      B opens /project/1/ ann own
      merge Project {"id":1,"tasks":[6,5]}
        B: [{"id":1,"tasks":[6,5],Project,@T4,update,live,vT4}]
      merge Project {"id":1,"tasks":[7]}
        nothing
      put Project {"id":1,"title":"P","tasks":[]}
        nothing
      """)
  }

  @Test func `all changes of a turn are one array, with the newest version`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      merge Task {"id":5,"title":"a"} & merge Task {"id":5,"rank":1} & merge Project {"id":1
        ,"title":"b"}
        A: [{"id":5,"title":"a","rank":1,Task,@T2,update,live}
          ,{"id":1,"title":"b",Project,@T2,update,live}]
      merge Task {"id":5,"title":"c"} & merge Task {"id":5,"title":"a"}
        A: [{"id":5,"title":"a",Task,@T3,update,live}]
      put Task {"id":9,"project":1,"title":"x"} & delete Task 9
        A: [{"id":1,"tasks":[5],Project,@T4,update,live}]
      """)
  }

  @Test func `a transaction has one version, and each row once`() {
    checkContext(
      """
      \(Self.board)
      B opens /project/1/ ann own
      transaction merge Task {"id":5,"title":"a"} ; merge Task {"id":5,"rank":1} ; delete Task 9
        B: [{"id":5,"title":"a","rank":1,Task,@T3,update,live,vT3}]
      transaction merge Task {"id":5,"title":"lost"} ; merge Task {"id":99,"rank":1}
        host: invalid
      """)
  }

  @Test func `past the size of a piece only the last frame says how far it reaches`() {
    checkContext(
      """
      limits piece=50
      \(Self.board)
      A opens /project/1/ ann
      transaction merge Task {"id":5,"title":"a"} ; merge Project {"id":1,"title":"b"}
        A: [{"id":5,"title":"a",Task,@0,update,live}]
        A: [{"id":1,"title":"b",Project,@0,update,live}]
        A: [{"_instance_type":"",@T2,end,"id":0}]
      merge Task {"id":5,"title":"c"}
        A: [{"id":5,"title":"c",Task,@T3,update,live}]
      """)
  }

  @Test func `versions grow also when the clock steps back`() {
    checkContext(
      """
      told
      put Project {"id":1,"title":"a"}
        host: Project 1 is {"id":1,"title":"a","lead":null,"tasks":[],"notes":[]} at T1
      clock 10s & merge Project {"id":1,"title":"b"}
        host: Project 1 is {"id":1,"title":"b","lead":null,"tasks":[],"notes":[]} at T2
      A opens /project/1/ ann own
        ...
        A: [{"id":1,"title":"b","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT2}]
        A: [{"_instance_type":"",@T2,end,"id":0}]
      merge Project {"id":1,"title":"c"}
        host: Project 1 is {"id":1,"title":"c","lead":null,"tasks":[],"notes":[]} at T3
        A: [{"id":1,"title":"c",Project,@T3,update,live,vT3}]
      """)
  }

  @Test func `the host is told of every change, of lists that follow from it too`() {
    checkContext(
      """
      told
      transaction put Project {"id":1,"title":"P"} ; put Task {"id":5,"project":1,"title":"t"}
        host: Project 1 is {"id":1,"title":"P","lead":null,"tasks":[5],"notes":[]} at T1
        host: Task 5 is {"id":5,"project":1,"title":"t","who":null,"rank":null} at T1
      delete Task 5
        host: Task 5 is null at T2
        host: Project 1 is {"id":1,"title":"P","lead":null,"tasks":[],"notes":[]} at T2
      """)
  }

  @Test func `the anchor of a single channel is deleted, and may come again`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann
      B opens /project/1/ ann own
      delete Project 1
        A: [{"id":5,Task,update},{"id":5,Task,@T3,delete,dead},{"id":5,Task,update}
          ,{"id":1,Project,@T3,delete,dead}]
        B: [{"id":5,Task,@T3,delete,dead,vT3},{"id":1,Project,@T3,delete,dead,vT3}]
      B sends {"callId":1,"action":"echo","params":[]}
        host: B calls C1 echo []
      put Project {"id":1,"title":"again"}
        ...
        B: [{"id":5,"project":1,"title":"t5","who":null,"rank":null,Task,@T4,create,live,vT2}
          ,{"id":1,"title":"again","lead":null,"tasks":[5],"notes":[],Project,@T4,create,live,
          vT4}]
      """)
  }
}
