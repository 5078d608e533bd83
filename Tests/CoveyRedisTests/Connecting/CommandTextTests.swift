#if Redis
  import Testing

  @testable import CoveyRedis

  struct CommandTextTests {
    private func text(_ command: [String], behind: String = "") -> String {
      var text = Array(behind.utf8)
      CommandText.append(command.map { Array($0.utf8) }, to: &text)
      return String(decoding: text, as: UTF8.self)
    }

    @Test func `each part stands behind its length`() {
      #expect(text(["GET", "key"]) == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n")
    }

    @Test func `a part may be empty and hold line ends`() {
      #expect(text(["ECHO", "", "\r\n"]) == "*3\r\n$4\r\nECHO\r\n$0\r\n\r\n$2\r\n\r\n\r\n")
    }

    @Test func `lengths are bytes, with as many digits as they need`() {
      let long = String(repeating: "x", count: 1_000)
      #expect(text(["é", long]) == "*2\r\n$2\r\né\r\n$1000\r\n\(long)\r\n")
    }

    @Test func `a command comes behind what is there`() {
      let ping = "*1\r\n$4\r\nPING\r\n"
      #expect(text(["QUIT"], behind: ping) == ping + "*1\r\n$4\r\nQUIT\r\n")
    }
  }
#endif
