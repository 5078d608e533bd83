import CCovey
import Glibc
import Testing

/// A folder of files for one test, removed with it.
private final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/covey-wire-XXXXXX".utf8CString)
    // swift-format-ignore: NeverForceUnwrap
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    mkdir(path + "/sub", 0o755)
    mkdir(path + "/empty", 0o755)
    write("index.html", "<h1>root</h1>")
    write("sub/index.html", "<h1>sub</h1>")
    write("app.mjs", "export {}")
    write("code.wasm", "\0asm")
    write("unknown.zzz", "?")
    write("a b.txt", "blank")
    write(".secret", "hidden")
    symlink("/etc/hostname", path + "/out.txt")
    symlink("/etc", path + "/outside")
    symlink("app.mjs", path + "/alias.mjs")
  }

  deinit {
    for name in [
      "index.html", "sub/index.html", "app.mjs", "code.wasm", "unknown.zzz", "a b.txt", ".secret",
      "out.txt", "outside", "alias.mjs", "long.txt",
    ] { unlink(path + "/" + name) }
    for name in ["/sub", "/empty", ""] { rmdir(path + name) }
  }

  func write(_ name: String, _ text: String) {
    let descriptor = open(path + "/" + name, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    let bytes = Array(text.utf8)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }
}

extension Wire {
  @Suite struct DirectoryTests {
    private let folder = Folder()

    private func server() throws -> TestServer {
      try TestServer(
        TestChannel(), options: { $0.health_path = nil },
        setUp: { server in
          #expect(covey_directory_register(server, "/static/", folder.path, nil) == COVEY_OK)
          let page = folder.path + "/sub/index.html"
          #expect(covey_file_register(server, "chat/<str:room>/", page, nil) == COVEY_OK)
        })
    }

    @Test func `a file comes with its length and its type`() throws {
      let response = try server().get("/static/app.mjs")
      #expect(response.status == 200)
      #expect(response.body == Array("export {}".utf8))
      #expect(response["content-type"]?.hasPrefix("text/javascript") == true)
    }

    @Test(arguments: [
      ("app.mjs", "text/javascript"), ("code.wasm", "application/wasm"),
      ("index.html", "text/html"), ("unknown.zzz", "application/octet-stream"),
      ("a%20b.txt", "text/plain"),
    ])
    func `media types`(name: String, type: String) throws {
      let response = try server().get("/static/" + name)
      #expect(response.status == 200)
      #expect(response["content-type"]?.hasPrefix(type) == true)
    }

    @Test func `a directory is its index, and without the slash a redirect`() throws {
      let server = try server()
      #expect(try server.get("/static/").body == Array("<h1>root</h1>".utf8))
      #expect(try server.get("/static/sub/").body == Array("<h1>sub</h1>".utf8))
      let redirect = try server.get("/static/sub")
      #expect(redirect.status == 301 && redirect["location"] == "/static/sub/")
      #expect(try server.get("/static/empty/").status == 404)
    }

    @Test func `a tag that is known is 304, one that is not is 200`() throws {
      let server = try server()
      let tag = try #require(try server.get("/static/app.mjs")["etag"])
      let known = try server.get("/static/app.mjs", "If-None-Match: \(tag)")
      #expect(known.status == 304 && known.body.isEmpty && known["etag"] == tag)
      #expect(try server.get("/static/app.mjs", "If-None-Match: \"x\"").status == 200)
      folder.write("app.mjs", "export {}; // changed")
      #expect(try server.get("/static/app.mjs", "If-None-Match: \(tag)").status == 200)
    }

    @Test func `HEAD has the length and no body`() throws {
      let client = try server().connection()
      client.send(Array("HEAD /static/app.mjs HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      let head = client.response(hasBody: false)
      #expect(head.status == 200)
      #expect(head["content-length"] == "9")
      client.send(Array("GET /static/unknown.zzz HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      let next = client.response()
      #expect(next.status == 200 && next.body == [63], "no body of the first in between")
    }

    @Test(arguments: [
      ".secret", "out.txt", "outside/hostname", "none.txt", "../static/.secret",
      "%2e%2e/etc/passwd",
      "..%2f..%2fetc/passwd", "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd", "sub/%2e%2e/.secret",
      "index.html/", "....//etc/passwd", "..\\..\\etc", "%2esecret", "%ff",
    ])
    func `what leads out, or hides, is 404`(name: String) throws {
      let response = try server().get("/static/" + name)
      #expect([404, 403, 400, 301].contains(response.status))
      #expect(response.status != 301 || response["location"]?.hasPrefix("/static/") == true)
      #expect(!response.body.contains(Array("hidden".utf8)))
    }

    @Test func `a path with a NUL is dropped, by libwebsockets`() throws {
      #expect(try server().get("/static/app.mjs%00.html").status == 0)
    }

    @Test func `a link that stays inside is served`() throws {
      #expect(try server().get("/static/alias.mjs").body == Array("export {}".utf8))
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS"])
    func `another method is 405`(method: String) throws {
      let request = "\(method) /static/app.mjs HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
      let response = try server().answer(request: request)
      #expect(response.status == 405 && response["allow"] == "GET, HEAD")
    }

    @Test func `a path longer than libwebsockets' buffer is answered`() throws {
      let server = try server()
      #expect(try server.get("/static/" + String(repeating: "x", count: 600)).status == 404)
      let deep = "/static/" + String(repeating: "sub/", count: 100) + "index.html"
      #expect(try server.get(deep).status == 404)
      let slashes = "/static/" + String(repeating: "/", count: 300) + "app.mjs"
      #expect([200, 404].contains(try server.get(slashes).status))
      #expect(try server.client().echoes("still there"))
    }

    @Test func `a file whose own path is longer than that is served`() throws {
      let long = folder.path + "/" + String(repeating: "d", count: 250)
      mkdir(long, 0o755)
      let file = "/" + String(repeating: "f", count: 200) + ".txt"
      defer {
        unlink(long + file)
        rmdir(long)
      }
      folder.write(String(repeating: "d", count: 250) + file, "far")
      let target = "/static/" + String(repeating: "d", count: 250) + file
      #expect(try server().get(target).body == Array("far".utf8))
    }

    @Test func `a large file arrives whole`() throws {
      let text = String(repeating: "0123456789", count: 300_000)
      folder.write("long.txt", text)
      let response = try server().get("/static/long.txt")
      #expect(response.status == 200 && response.body.count == 3_000_000)
    }

    @Test func `a page at a pattern goes before the channel's 426`() throws {
      let server = try server()
      #expect(try server.get("/chat/lobby/").body == Array("<h1>sub</h1>".utf8))
      #expect(try server.get("/chat/").status == 404)
      #expect(try server.get("/ws/lobby/").status == 426)
    }

    @Test func `several requests on one connection`() throws {
      let client = try server().connection()
      for _ in 0..<3 {
        client.send(Array("GET /static/app.mjs HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(client.response().body.count == 9)
        client.send(Array("GET /static/none HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(client.response().status == 404)
      }
      #expect(client.upgrade().status == 101)
      #expect(client.echoes("hello"))
    }
  }

  @Suite struct HealthTests {
    @Test func `health is 200 while it runs and 503 while it stops`() throws {
      let path = strdup("/health")
      defer { free(path) }
      let server = try TestServer(options: { $0.health_path = UnsafePointer(path) })
      #expect(try server.get("/health").status == 200)
      #expect(try server.get("/other").status == 404)
      let client = try server.client()
      let waiting = try server.connection()
      server.stop()
      #expect(client.receive() == .close(1001, ""))
      waiting.send(Array("GET /health HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      #expect(waiting.response().status == 503)
    }
  }
}
