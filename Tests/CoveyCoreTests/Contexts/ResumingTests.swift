import Testing

/// RxDjango's client comes back with what it saw last (wire 1.11, 1.16; architecture section 5).
struct ResumingTests {
  private static let board = """
    put Project {"id":1,"title":"P"} & put Task {"id":5,"project":1,"title":"t5"}
    put Task {"id":6,"project":1,"title":"t6"}
    A opens /project/1/ ann
    A vanishes
    """

  @Test func `it gets what changed, whole, and what is gone`() {
    checkContext(
      """
      \(Self.board)
      merge Task {"id":5,"title":"x"} & delete Task 6
      A opens /project/1/ ann T1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        ...
        A: [{"_instance_type":"",@T2,end,"id":0}]
      """)
  }

  @Test func `when nothing changed it gets nothing but the end`() {
    checkContext(
      """
      \(Self.board)
      A opens /project/1/ ann T1
        host: A opened T1
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        A: [{"_instance_type":"",@T1,end,"id":0}]
      statistics resumes snapshots
        host: snapshots 1
        host: resumes 1
      """)
  }

  @Test(arguments: ["/project/1/", "/projects/"], ["0.000001", "1e-6", "1E-06"])
  func `who was cut off within the first snapshot is sent all of it, and cured of what it has`(
    path: String, cursor: String
  ) {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Task {"id":5,"project":1,"title":"t5"}
      on list replace me 1
      A connects \(path)
      A sends {"token":"ann","lastUpdate":\(cursor)}
        host: A opened 1
        ...
        A: [{"id":1,Project,update},{"id":5,Task,update},{"id":5,Task,@0,delete,dead}
          ,{"id":5,Task,update}]
        ...
      """)
  }

  @Test(arguments: [
    "null", "0", "-1", "-0", "\"NaN\"", "NaN", "1e999", "-1e999", "1e15", "true", "[]", "{}",
    "9999999999.000000", "1794999999.999999", "0.1", "1E-400", "\"1795000000.000003\"",
    "1795000000.0000030000000000000000000000000000",
  ])
  func `what is no version of this store, or too old, means all of it`(cursor: String) {
    checkContext(
      """
      \(Self.board)
      A connects /project/1/
      A sends {"token":"ann","lastUpdate":\(cursor)}
      statistics resumes
        host: resumes 0
      """)
  }

  @Test(arguments: ["1795000000.0000021", "1795000000.0000019", "1.795000000000002e9"])
  func `the number is rounded to microseconds`(cursor: String) {
    checkContext(
      """
      \(Self.board)
      A connects /project/1/
      A sends {"token":"ann","lastUpdate":\(cursor)}
        host: A opened T1
        ...
      statistics resumes
        host: resumes 1
      """)
  }

  @Test func `the key of the oldest clients is read as well`() {
    checkContext(
      """
      \(Self.board)
      A connects /project/1/
      A sends {"token":"ann","last_update":1795000000.000002}
        host: A opened T1
        ...
      """)
  }

  @Test func `a list is always sent whole`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      on list replace me 1
      A opens /projects/ ann
      A vanishes
      A opens /projects/ ann T1
        host: A opened T1
        ...
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `past the log, and when nobody followed for a while, it is sent whole`() {
    checkContext(
      """
      limits changes=2
      \(Self.board)
      merge Task {"id":5,"title":"a"} & +0s & merge Task {"id":5,"title":"b"}
      merge Task {"id":5,"title":"c"}
      A opens /project/1/ ann T1
      statistics resumes
        host: resumes 0
      """)
    checkContext(
      """
      \(Self.board)
      +151s & merge Task {"id":5,"title":"x"}
      A opens /project/1/ ann T1
      statistics resumes
        host: resumes 0
      """)
  }

  @Test func `a cursor of another user's view is none`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      put Note {"id":1,"project":1,"owner":"bob","text":"his"}
      A opens /project/1/ ann
      A vanishes
      A opens /project/1/ bob T1
        ...
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[1],Project,@begun,initial}
          ,{"id":1,"project":1,"owner":"bob","text":"his",Note,@0,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }
}
