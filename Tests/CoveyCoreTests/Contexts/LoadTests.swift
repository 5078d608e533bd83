import Testing

/// Anchors that the store does not hold (architecture section 5).
struct LoadTests {
  @Test func `one load is asked for, however many wait, and answers all of them`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
        host: A opened 0
        host: load L1 Project 1
        A: {"type":"auth","statusCode":200,"status_code":200}
      B opens /project/1/ ann own
        host: B opened 0
        ...
      load L1 put Project {"id":1,"title":"P"} ; put Task {"id":5,"project":1,"title":"t"}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        A: [{"id":1,"title":"P","lead":null,"tasks":[5],"notes":[],Project,@begun,initial}
          ,{"id":5,"project":1,"title":"t","who":null,"rank":null,Task,@0,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
        B: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        ...
      load L1 put Project {"id":1,"title":"again"}
        host: gone
      unload L1 missing
        host: gone
      """)
  }

  @Test func `what is not there after the load does not exist`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
      load L1 put Project {"id":2,"title":"another"}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        A: {"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}
        A: close 1000
      B opens /project/1/ ann
      unload L2 missing
        B: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        B: {"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}
        B: close 1000
      """)
  }

  @Test func `a load that fails is told, and one that takes too long has failed`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
      unload L1 failed
        A: {"type":"auth","statusCode":500,"status_code":500,"error":"error/load-failed"}
        A: close 1000
      B opens /project/1/ ann
      +29999ms
      +1ms
        B: {"type":"auth","statusCode":500,"status_code":500,"error":"error/load-failed"}
        B: close 1000
      load L2 put Project {"id":1,"title":"late"}
        host: gone
      statistics loadsFailed
        host: loadsFailed 2
      """)
  }

  @Test func `changes that cannot be made fail the load`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
      load L1 put Project {"id":1,"title":"P"} ; merge Task {"id":5}
        host: invalid
        A: {"type":"auth","statusCode":500,"status_code":500,"error":"error/load-failed"}
        A: close 1000
      get Project 1
        host: none
      """)
  }

  @Test func `a list waits for all of its anchors, and does without those that fail to come`() {
    checkContext(
      """
      loads
      put Project {"id":2,"title":"Q"}
      on list replace me 1 2 3
      A opens /projects/ ann
        host: A opened 0
        host: load L1 Project 1
        host: load L2 Project 3
        A: {"type":"auth","statusCode":200,"status_code":200}
      unload L1 missing
        nothing
      load L2 put Project {"id":3,"title":"R"}
        A: {"type":"initialAnchors","anchorIds":[2,3],"initialAnchors":[2,3]}
        ...
      """)
  }

  @Test func `an anchor that is appended is loaded first, and later edits wait for it`() {
    checkContext(
      """
      loads
      put Project {"id":1,"title":"P"}
      on list replace me 1
      A opens /projects/ ann own
      append A 2 & remove A 1
        host: load L1 Project 2
      anchors A
        host: [1]
      load L1 put Project {"id":2,"title":"Q"}
        A: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT2}]
        ...
      anchors A
        host: [2]
      append A 3
        host: load L2 Project 3
      unload L2 failed
        nothing
      """)
  }

  @Test func `an edit while the first anchors are loaded is made when they are there`() {
    checkContext(
      """
      loads
      put Project {"id":2,"title":"Q"}
      on list replace me 1
      A opens /projects/ ann own
      append A 2
        nothing
      load L1 put Project {"id":1,"title":"P"}
      anchors A
        host: [1,2]
      """)
  }

  @Test func `what was loaded is dropped once nobody follows it, and what was put stays`() {
    checkContext(
      """
      limits ping=0 silence=0
      loads
      told
      put Project {"id":2,"title":"Q"}
      A opens /project/1/ ann
      load L1 put Project {"id":1,"title":"P"} ; put Task {"id":5,"project":1,"title":"t"}
      +200s
      get Task 5
        host: {"id":5,"project":1,"title":"t","who":null,"rank":null}
      A closes 1000
      +59s
      count Task
        host: 1
      +150s
        nothing
      count Task & count Project
        host: 0
        host: 1
      """)
  }

  @Test func `what is loaded and then put as well stays`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
      load L1 put Project {"id":1,"title":"P"} ; put Task {"id":5,"project":1,"title":"t"}
      merge Task {"id":5,"title":"x"}
      A closes 1000
      +200s
      count Task & count Project
        host: 1
        host: 0
      """)
  }

  @Test func `who waits for a load may call actions, and hears what is said to it`() {
    checkContext(
      """
      loads
      A opens /project/1/ ann
      A sends {"callId":1,"action":"echo","params":[]}
        host: A calls C1 echo []
      return C1 1 & system system hello & variable A n 1
        A: {"type":"actionResponse","callId":1,"result":1}
        A: {"type":"system","source":"system","message":"hello"}
        A: {"type":"runtimeVar","var":"n","runtimeVar":"n","value":1}
      stop
        A: dropped
        host: A gone stopped 1001
        ...
      """)
  }
}
