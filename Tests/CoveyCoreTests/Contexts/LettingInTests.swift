import Testing

/// From the first frame to the anchors (wire 1.2, 1.16).
struct LettingInTests {
  @Test func `a client is let in, told so, and shown its anchor`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A connects /project/1/
        nothing
      A sends {"token":"ann","lastUpdate":null}
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1]}
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@begun,initial}
          ,{"id":null,Member,delete}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  @Test func `a client of our own gets a session, and no cures`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann own
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200,"session":"S1",
          "retry":{"min_ms":500,"max_ms":10000},"resumed":false}
        A: {"type":"initialAnchors","anchorIds":[1],"initialAnchors":[1],"reset":true}
        A: [{"id":1,"title":"P","lead":null,"tasks":[],"notes":[],Project,@0,initial,vT1}]
        A: [{"_instance_type":"",@T1,end,"id":0}]
      """)
  }

  // MARK: the table of failures

  @Test(arguments: ["{}", #"{"lastUpdate":null}"#, #"{"token":null}"#, #"{"token":7}"#])
  func `without a token it is 400`(frame: String) {
    checkContext(
      """
      A connects /project/1/
      A sends \(frame)
        A: {"type":"auth","statusCode":400,"status_code":400,"error":"error/missing-token"}
        A: close 1000
      """)
  }

  @Test func `an unknown token is 401`() {
    checkContext(
      """
      on authenticate deny me
      A opens /project/1/ nonsense
        A: {"type":"auth","statusCode":401,"status_code":401,"error":"error/unauthorized"}
        A: close 1000
      """)
  }

  @Test func `who may not see it gets 403`() {
    checkContext(
      """
      on authorize deny me
      A opens /project/1/ ann
        A: {"type":"auth","statusCode":403,"status_code":403,"error":"error/forbidden"}
        A: close 1000
      """)
  }

  @Test func `the host chooses code and error of its own`() {
    checkContext(
      """
      on authorize deny me 418 error/"teapot"
      A opens /project/1/ ann
        A: {"type":"auth","statusCode":418,"status_code":418,"error":"error/\\"teapot\\""}
        A: close 1000
      on authorize deny me 404
      B opens /project/1/ ann
        B: {"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}
        B: close 1000
      on authorize deny me 500
      C opens /project/1/ ann
        C: {"type":"auth","statusCode":500,"status_code":500,"error":"error/refused"}
        C: close 1000
      """)
  }

  @Test func `an anchor that does not exist is 404 after its id`() {
    checkContext(
      """
      A opens /project/999/ ann
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        A: {"type":"initialAnchors","anchorIds":[999],"initialAnchors":[999]}
        A: {"type":"auth","statusCode":404,"status_code":404,"error":"error/not-found"}
        A: close 1000
      """)
  }

  @Test func `text that does not parse, and unknown messages, are counted and ignored`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A connects /project/1/
      A sends {"token":
        nothing
      A sends [1,2]
        nothing
      A sends 7
        nothing
      A sends {"token":"ann","lastUpdate":null}
        ...
        A: [{"_instance_type":"",@T1,end,"id":0}]
      A sends {"type":"unheard-of"}
        nothing
      A sends }
        nothing
      statistics framesIgnored
        host: framesIgnored 5
      """)
  }

  @Test func `a path of no channel, or with an id that is none, is 404 before the upgrade`() {
    checkContext(
      """
      A connects /nowhere/
        A: 404
      A connects /project/x/
        A: 404
      A connects /note/x/
        A: 404
      A connects /note/9223372036854775808/
        A: 404
      A connects /note/-9223372036854775808/
        nothing
      A connects /note/007/
        nothing
      """)
  }

  @Test func `ids of a URL are canonical inside, and shown as their kind`() {
    checkContext(
      """
      put Project {"id":7,"title":"P"}
      put File {"id":"7","name":"F"}
      A opens /project/007/ ann
        ...
        A: {"type":"initialAnchors","anchorIds":[7],"initialAnchors":[7]}
        ...
      B opens /file/7/ ann
        ...
        B: {"type":"initialAnchors","anchorIds":["7"],"initialAnchors":["7"]}
        B: [{"id":"7","name":"F",File,@begun,initial}]
        ...
      """)
  }

  @Test func `a channel without authorisation lets nobody in unless it is public`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A opens /closed/1/ ann
        A: {"type":"auth","statusCode":401,"status_code":401,"error":"error/unauthorized"}
        A: close 1000
      B opens /closed/1/
        B: {"type":"auth","statusCode":400,"status_code":400,"error":"error/missing-token"}
        B: close 1000
      C opens /public/1/
        host: C opened 0
        C: {"type":"auth","statusCode":200,"status_code":200}
        ...
      D opens /public/1/ whoever
        host: D opened 0
        D: {"type":"auth","statusCode":200,"status_code":200}
        ...
      """)
  }

  @Test func `who is known before the first frame needs no token, and still sends one`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A connects /project/1/ & name A ann
        nothing
      A sends {"token":null,"lastUpdate":null}
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        ...
      B connects /closed/1/ & name B ann
        nothing
      B sends {"token":null}
        B: {"type":"auth","statusCode":403,"status_code":403,"error":"error/forbidden"}
        B: close 1000
      """)
  }

  // MARK: time, order and excess

  @Test func `who does not say who it is in time is closed with 4408`() {
    checkContext(
      """
      A connects /project/1/
      +14999ms
        nothing
      +1ms
        A: close 4408
      """)
  }

  @Test func `the deadline holds for the host's answers as well`() {
    checkContext(
      """
      off authorize
      off authenticate
      A opens /project/1/ ann
        nothing
      B opens /project/1/ ann
      authenticate B ann
        nothing
      +15s
        A: close 4408
        B: close 4408
      authenticate A ann
        host: gone
      authorize B
        host: gone
      """)
  }

  @Test func `it is over with the answer`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A opens /project/1/ ann
      authenticate A ann
        host: exists
      authorize A
        host: exists
      deny A 403
        host: exists
      +15s
        nothing
      """)
  }

  @Test func `sixteen frames wait for the answer, and are taken in order`() {
    let frames = (1...16).map { "A sends {\"callId\":\($0),\"action\":\"echo\",\"params\":[]}" }
    let calls = (1...16).map { "  host: A calls C\($0) echo []" }
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      off authenticate
      A opens /project/1/ ann
      \(frames.joined(separator: " & "))
        nothing
      authenticate A ann
        host: A opened 0
      \(calls.joined(separator: "\n"))
        A: {"type":"auth","statusCode":200,"status_code":200}
        ...
      """)
  }

  @Test func `at the seventeenth the connection is over`() {
    let frames = (1...17).map { "A sends {\"callId\":\($0),\"action\":\"echo\",\"params\":[]}" }
    checkContext(
      """
      off authenticate
      A opens /project/1/ ann
      \(frames.joined(separator: " & "))
        A: dropped
        host: A gone tooLarge 1008
      authenticate A ann
        host: gone
      """)
  }

  @Test func `a second token is ignored, and is no nonsense`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      off authenticate
      A opens /project/1/ ann
      A sends {"token":"bob","lastUpdate":null}
        nothing
      authenticate A ann
      A sends {"token":"bob","lastUpdate":null}
        nothing
      statistics framesIgnored
        host: framesIgnored 0
      """)
  }

  @Test func `a binary frame ends the connection`() {
    checkContext(
      """
      put Project {"id":1,"title":"P"}
      A connects /project/1/
      A sends-binary
        A: dropped
        host: A gone badKind 1003
      B opens /project/1/ ann
      B sends-binary
        B: dropped
        host: B gone badKind 1003
      C opens /project/1/ ann own
      C sends-binary
        C: close 1003
      """)
  }

  @Test func `frames in pieces, and with escapes in their names, are the same frames`() {
    checkContext(
      #"""
      put Project {"id":1,"title":"P"}
      A connects /project/1/
      A splits {"token":"\u0061nn","lastUpdate":null}
        host: A opened 0
        A: {"type":"auth","statusCode":200,"status_code":200}
        ...
      A splits {"callId":1,"action":"\u0065cho","params":[1,2]}
        host: A calls C1 echo [1,2]
      """#)
  }

  @Test func `a client that leaves while the host thinks is gone`() {
    checkContext(
      """
      off authenticate
      A opens /project/1/ ann
      A vanishes
        host: A gone lost 1006
      authenticate A ann
        host: gone
      """)
  }
}
