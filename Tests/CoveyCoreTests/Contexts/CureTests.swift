import Testing

/// What RxDjango's clients need so as not to go wrong (wire 1.14), as far as frames show it; that
/// they do not is for the simulation to prove.
struct CureTests {
  private static let board = """
    put Member {"id":3,"name":"Mia","files":[]} & put Member {"id":4,"name":"Noe","files":[]}
    put Project {"id":1,"title":"P","lead":3}
    put Task {"id":5,"project":1,"title":"a","who":3}
    put Task {"id":6,"project":1,"title":"b","who":3}
    A opens /project/1/ ann
    """

  @Test func `a target that loses a referrer is made anew, and referred to again`() {
    checkContext(
      """
      \(Self.board)
      merge Task {"id":5,"who":4}
        A: [{"id":3,Member,update},{"id":3,Member,@T2,delete,dead},{"id":3,Member,update}
          ,{"id":4,"name":"Noe","files":[],Member,@T2,create,live}
          ,{"id":3,"name":"Mia","files":[],Member,@T2,create,live}
          ,{"id":5,"who":4,Task,@T2,update,live},{"id":1,"lead":3,Project,@T2,update,live}
          ,{"id":6,"who":3,Task,@T2,update,live}]
      """)
  }

  @Test func `a relation that becomes null is followed by a deletion of nothing`() {
    checkContext(
      """
      \(Self.board)
      merge Task {"id":5,"who":null}
        A: [{"id":3,Member,update},{"id":3,Member,@T2,delete,dead},{"id":3,Member,update}
          ,{"id":3,"name":"Mia","files":[],Member,@T2,create,live}
          ,{"id":5,"who":null,Task,@T2,update,live},{"id":1,"lead":3,Project,@T2,update,live}
          ,{"id":6,"who":3,Task,@T2,update,live},{"id":null,Member,delete}]
      """)
  }

  @Test func `what goes is stubbed before and after, leaf first, and then comes the list`() {
    checkContext(
      """
      put Member {"id":3,"name":"Mia","files":[]}
      put Project {"id":1,"title":"P"}
      put Task {"id":5,"project":1,"title":"a","who":3}
      A opens /project/1/ ann
      delete Task 5
        A: [{"id":3,Member,update},{"id":3,Member,@T2,delete,dead},{"id":3,Member,update}
          ,{"id":5,Task,update},{"id":5,Task,@T2,delete,dead},{"id":5,Task,update}
          ,{"id":1,"tasks":[],Project,@T2,update,live}]
      """)
  }

  @Test func `a target that is deleted leaves null behind`() {
    checkContext(
      """
      \(Self.board)
      transaction delete Member 3
        A: [{"id":3,Member,update},{"id":3,Member,@T2,delete,dead},{"id":3,Member,update}
          ,{"id":1,"lead":null,Project,@T2,update,live},{"id":5,"who":null,Task,@T2,update,live}
          ,{"id":6,"who":null,Task,@T2,update,live},{"id":null,Member,delete}]
      """)
  }

  @Test func `the only anchor is no stub once it is gone, and is one before it comes again`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann
      delete Project 1
        A: [{"id":1,Project,@T2,delete,dead}]
      put Project {"id":1,"title":"Q"}
        A: [{"id":1,Project,update}
          ,{"id":1,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@T3,create,live}
          ,{"id":null,Member,delete}]
      """)
  }

  @Test func `an anchor that is deleted from a list leaves a stub for what referred to it`() {
    checkContext(
      """
      put Node {"id":1,"next":2} & put Node {"id":2,"next":null}
      on list replace me 1 2
      A opens /nodes/ ann
      delete Node 2
        A: [{"id":2,Node,@T2,delete,dead},{"id":2,Node,update}
          ,{"id":1,"next":null,Node,@T2,update,live},{"id":null,Node,delete}]
      anchors A
        host: [1]
      """)
  }

  @Test func `our own client is spared all of it`() {
    checkContext(
      """
      \(Self.board)
      B opens /project/1/ ann own
      merge Task {"id":5,"who":4}
        ...
        B: [{"id":4,"name":"Noe","files":[],Member,@T4,create,live,vT5}
          ,{"id":5,"who":4,Task,@T4,update,live,vT4}]
      merge Task {"id":6,"who":null}
        ...
        B: [{"id":6,"who":null,Task,@T6,update,live,vT6}]
      """)
  }
}
