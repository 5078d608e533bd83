import Testing

/// Lists of anchors, as the host edits them (wire 1.5, 1.14, 1.16).
struct AnchorTests {
  private static let list = """
    put Project {"id":1,"title":"P","lead":9} & put Project {"id":2,"title":"Q","lead":9}
    put Project {"id":3,"title":"R","lead":9} & put Member {"id":9,"name":"M","files":[]}
    on list replace me 1
    A opens /projects/ ann
    B opens /projects/ ann own
    """

  @Test func `one that is appended is sent whole, and has no end for RxDjango's client`() {
    checkContext(
      """
      \(Self.list)
      append A 2 & append B 2
        A: [{"id":2,Project,@0,delete,dead}]
        A: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
        B: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@0,initial,vT1}
          ,{"id":9,"name":"M","files":[],Member,@0,initial,vT1}]
        B: [{"_instance_type":"",@T2,end,"id":0}]
      anchors A & anchors B
        host: [1,2]
        host: [1,2]
      """)
  }

  @Test func `one that is put first is announced`() {
    checkContext(
      """
      \(Self.list)
      prepend A 2 & prepend B 2
        A: {"type":"prependAnchor","anchorId":2,"prependAnchor":2}
        A: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
        B: {"type":"prependAnchor","anchorId":2,"prependAnchor":2}
        B: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@0,initial,vT1}
          ,{"id":9,"name":"M","files":[],Member,@0,initial,vT1}]
        B: [{"_instance_type":"",@T2,end,"id":0}]
      anchors A & anchors B
        host: [2,1]
        host: [2,1]
      """)
  }

  @Test func `one that is there keeps its place, and one that does not exist is left out`() {
    checkContext(
      """
      \(Self.list)
      append A 1 & prepend A 1 & append A 77 & prepend A 77 & remove A 2
        nothing
      anchors A
        host: [1]
      """)
  }

  @Test func `one that is removed is deleted, and what is seen through others stays`() {
    checkContext(
      """
      \(Self.list)
      append A 2 & append B 2
      remove A 1 & remove B 1
        A: [{"id":1,Project,@0,delete,dead},{"id":1,Project,update},{"id":9,Member,update}
          ,{"id":9,Member,@0,delete,dead},{"id":9,Member,update}
          ,{"id":9,"name":"M","files":[],Member,@0,create,live}
          ,{"id":2,"lead":9,Project,@0,update,live}]
        B: [{"id":1,Project,@0,delete,dead,vT3}]
        B: [{"_instance_type":"",@T4,end,"id":0}]
      merge Project {"id":1,"title":"unseen"}
        nothing
      """)
  }

  @Test func `with the last one goes everything`() {
    checkContext(
      """
      \(Self.list)
      clear A & clear B
        A: [{"id":9,Member,update},{"id":9,Member,@0,delete,dead},{"id":9,Member,update}
          ,{"id":1,Project,@0,delete,dead},{"id":1,Project,update}]
        B: [{"id":9,Member,@0,delete,dead,vT2},{"id":1,Project,@0,delete,dead,vT2}]
        B: [{"_instance_type":"",@T3,end,"id":0}]
      anchors A & clear A
        host: []
      append A 2
        ...
        A: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
      """)
  }

  @Test func `a search replaces them all: what goes, the new order, what comes`() {
    checkContext(
      """
      \(Self.list)
      replace A 3 1 & replace B 3 1
        A: {"type":"initialAnchors","anchorIds":[3,1],"initialAnchors":[3,1]}
        A: [{"id":3,"title":"R","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
        B: {"type":"initialAnchors","anchorIds":[3,1],"initialAnchors":[3,1]}
        B: [{"id":3,"title":"R","lead":9,"tasks":[],"notes":[],Project,@0,initial,vT1}
          ,{"id":9,"name":"M","files":[],Member,@0,initial,vT1}]
        B: [{"_instance_type":"",@T2,end,"id":0}]
      replace A 2 1
        A: [{"id":3,Project,@0,delete,dead},{"id":3,Project,update},{"id":9,Member,update}
          ,{"id":9,Member,@0,delete,dead},{"id":9,Member,update}
          ,{"id":9,"name":"M","files":[],Member,@0,create,live}
          ,{"id":1,"lead":9,Project,@0,update,live},{"id":2,"lead":9,Project,@0,update,live}]
        A: {"type":"initialAnchors","anchorIds":[2,1],"initialAnchors":[2,1]}
        A: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
      replace A 1 2
        A: {"type":"initialAnchors","anchorIds":[1,2],"initialAnchors":[1,2]}
      replace A 1 2
        nothing
      """)
  }

  @Test func `a search that finds nothing empties the list`() {
    checkContext(
      """
      \(Self.list)
      replace A & replace B 77
        A: [{"id":9,Member,update},{"id":9,Member,@0,delete,dead},{"id":9,Member,update}
          ,{"id":1,Project,@0,delete,dead},{"id":1,Project,update}]
        A: {"type":"initialAnchors","anchorIds":[0],"initialAnchors":[0]}
        A: [{"id":0,Project,delete}]
        B: [{"id":9,Member,@0,delete,dead,vT2},{"id":1,Project,@0,delete,dead,vT2}]
        B: {"type":"initialAnchors","anchorIds":[],"initialAnchors":[]}
        B: [{"_instance_type":"",@T3,end,"id":0}]
      """)
  }

  @Test func `one that is deleted leaves the list for good, and may be appended again`() {
    checkContext(
      """
      \(Self.list)
      append A 2
      delete Project 2
        A: [{"id":2,Project,@T2,delete,dead},{"id":2,Project,update},{"id":9,Member,update}
          ,{"id":9,Member,@T2,delete,dead},{"id":9,Member,update}
          ,{"id":9,"name":"M","files":[],Member,@T2,create,live}
          ,{"id":1,"lead":9,Project,@T2,update,live}]
      anchors A
        host: [1]
      put Project {"id":2,"title":"new","lead":null}
        nothing
      append A 2
        A: [{"id":2,Project,@0,delete,dead}]
        A: [{"id":2,"title":"new","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
      """)
  }

  @Test func `who comes back from a list that it never had whole is appended what was in it`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      on list replace me 1 2
      A opens /projects/ ann
      A vanishes
      on list replace me 1
      A opens /projects/ ann
      append A 2
        A: [{"id":2,Project,@0,delete,dead}]
        A: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
      """)
  }

  @Test func `who came back hears of an anchor's deletion before it is appended`() {
    checkContext(
      """
      \(Self.list)
      A vanishes
      A opens /projects/ ann T1
      append A 2
        A: [{"id":2,Project,@0,delete,dead}]
        ...
        A: [{"id":2,"title":"Q","lead":9,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":9,"name":"M","files":[],Member,@0,initial}]
      """)
  }

  @Test func `what cannot be is refused, and changes nothing`() {
    checkContext(
      """
      \(Self.list)
      append A x
        host: invalid
      replace A 1 99999999999999999999
        host: invalid
      C opens /project/1/ ann
      append C 2
        host: invalid
      replace C 2
        host: invalid
      off authorize
      D opens /projects/ ann
      append D 1
        host: busy
      E connects /projects/ & E vanishes & append E 1
        ...
        host: gone
      anchors A
        host: [1]
      """)
  }

  @Test func `the host says once which anchor a channel without one in its path shows`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"} & put Project {"id":2,"title":"Q"}
      A opens /mine/ ann
      append A 1
        host: invalid
      replace A 1 2
        host: invalid
      replace A 2
        A: {"type":"initialAnchors","anchorIds":[2],"initialAnchors":[2]}
        A: [{"id":2,"title":"Q","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      replace A 1
        host: exists
      B opens /mine/ ann
      deny B
        B: {"type":"auth","statusCode":403,"status_code":403,"error":"error/forbidden"}
        B: close 1000
      """)
  }

  @Test func `a list that nobody answers for is given up`() {
    checkContext(
      """
      A opens /projects/ ann
      +29999ms
      +1ms
        A: {"type":"auth","statusCode":500,"status_code":500,"error":"error/load-failed"}
        A: close 1000
      """)
  }

  @Test func `followers are counted by anchor`() {
    checkContext(
      """
      \(Self.list)
      C opens /project/1/ ann
      followers Project 1
        host: 3
      followers Project 2
        host: 0
      A vanishes & followers Project 1
        host: A gone lost 1006
        host: 2
      """)
  }
}
