import Testing

@testable import CoveyCore

struct RequestTests {
  private func text(_ bytes: ArraySlice<UInt8>?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  private func opening() -> Opening {
    var opening = Opening()
    opening.path = Array("/ws/x/".utf8)
    opening.origin = Array("http://a".utf8)
    opening.peer = Array("10.0.0.1".utf8)
    opening.query = [("a", "1"), ("b", ""), ("a", "2")].map { (Array($0.utf8), Array($1.utf8)) }
    opening.subprotocols = ["v1", "v2"].map { Array($0.utf8) }
    return opening
  }

  @Test func `everything of the opening can be asked for`() {
    let request = Request(opening())
    #expect(text(request.pathBytes) == "/ws/x/")
    #expect(text(request.originBytes) == "http://a")
    #expect(text(request.peerBytes) == "10.0.0.1")
    #expect(text(request.query("a", 0)) == "1")
    #expect(text(request.query("a", 1)) == "2")
    #expect(text(request.query("b", 0)) == "")
    #expect(text(request.subprotocol(1)) == "v2")
    #expect(request.position(ofSubprotocol: "v2") == 1)
  }

  @Test func `what is not there is nil, whatever index is asked for`() {
    let request = Request(opening())
    for index in [2, -1, .max, .min] {
      #expect(request.query("a", index) == nil)
      #expect(request.subprotocol(index) == nil)
      #expect(request.parameter(index) == nil)
    }
    #expect(request.query("c", 0) == nil)
    #expect(request.position(ofSubprotocol: "v") == nil)
    #expect(request.chosenSubprotocolBytes == nil)
    #expect(request.header("cookie") == nil)
    #expect(Request(Opening()).originBytes == nil)
    #expect(text(Request(Opening()).pathBytes) == "")
  }

  @Test func `parameters are parts of the path`() {
    let request = Request(opening())
    request.setParameters([4..<5, 0..<6])
    #expect(text(request.parameter(0)) == "x")
    #expect(text(request.parameter(1)) == "/ws/x/")
  }

  @Test func `headers that are not kept are forgotten`() {
    let request = Request(opening())
    for (name, value) in [("cookie", "a=1"), ("user-agent", "x"), ("cookie", "b=2")] {
      request.keep(header: Array(name.utf8), value: Array(value.utf8))
    }
    #expect(text(request.header("cookie")) == "a=1")
    #expect(text(request.header("user-agent")) == "x")
    request.forgetHeaders(except: ["cookie"])
    #expect(text(request.header("cookie")) == "a=1")
    #expect(request.header("user-agent") == nil)
    #expect(text(request.pathBytes) == "/ws/x/")
  }

  @Test func `names compare by their bytes`() {
    var opening = opening()
    opening.query = [(Array("e\u{301}".utf8), [1]), (Array("\u{e9}".utf8), [2])]
    let request = Request(opening)
    #expect(request.query("\u{e9}", 0) == [2])
  }
}
