import Foundation
import Testing

/// The rules of the house that a machine can check, on every Swift file of the repository.
struct TidyTests {
  private struct File {
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    /// The same lines without comments and the contents of strings.
    var code: [Substring] {
      SwiftCode.only(text).split(separator: "\n", omittingEmptySubsequences: false)
    }
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func files(_ folders: String...) throws -> [File] {
    var paths: [String] = []
    for folder in folders {
      let all = FileManager.default.enumerator(atPath: Self.root.path + "/" + folder)
      for case let path as String in try #require(all) where path.hasSuffix(".swift") {
        paths.append(folder + "/" + path)
      }
    }
    #expect(!paths.isEmpty)
    return try paths.sorted().map { path in
      let url = Self.root.appendingPathComponent(path)
      return File(path: path, text: try String(contentsOf: url, encoding: .utf8))
    }
  }

  /// Fails once for each line that a rule has something to say about.
  private func report(_ path: String, _ lines: [Substring], _ rule: (Substring) -> String?) {
    for (index, line) in lines.enumerated() {
      guard let problem = rule(line) else { continue }
      Issue.record("\(path):\(index + 1): error: \(problem)")
    }
  }

  // MARK: who may import what

  private static let mayImport: [String: Set<String>] = [
    "CoveyCore": [],
    "CoveyTransport": [
      "CoveyCore", "CLibwebsockets", "CLibuv", "CLibssl", "CSockets", "Glibc", "Synchronization",
    ],
    "CoveyRedis": ["CoveyCore", "CHiredis", "CLibcrypto"],
    "CoveyABI": ["CCovey", "CoveyTransport", "CoveyCore", "CoveyRedis"],
  ]

  /// Modules that one file alone may know.
  private static let onlyIn = [
    "CLibwebsockets": ["Sources/CoveyTransport/Lws.swift"],
    "CLibuv": ["Uv", "UvFiles", "UvResolver", "UvTimer", "UvWatch"].map(inTransport),
    "CLibssl": ["TlsEntrance", "TlsHandshake", "TlsIdentity", "TlsSubject"].map(inTransport),
    "CSockets": ["FolderLock", "Sockets", "UnixSockets"].map(inTransport),
    "Glibc": ["FolderLock", "Sockets", "UnixSockets"].map(inTransport),
    "CHiredis": ["Sources/CoveyRedis/Connecting/RedisConnection.swift"],
    "CLibcrypto": ["Fernet", "Digest"].map { "Sources/CoveyRedis/Formats/\($0).swift" },
  ]

  private static func inTransport(_ name: String) -> String {
    "Sources/CoveyTransport/\(name).swift"
  }

  private func imported(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(of: "import"), place + 1 < words.count else { return nil }
    return words[place + 1].split(separator: ".").first.map(String.init)
  }

  @Test func `each target imports what the design allows it, and no more`() throws {
    for file in try files("Sources") {
      let target = String(file.path.split(separator: "/")[1])
      report(file.path, file.code) { line in
        guard let module = imported(line) else { return nil }
        guard Self.mayImport[target]?.contains(module) == true else {
          return "\(target) may not import \(module)"
        }
        guard let only = Self.onlyIn[module], !only.contains(file.path) else { return nil }
        return "\(module) is imported in \(only.joined(separator: ", ")) alone"
      }
    }
  }

  @Test func `every target is in the table of imports`() throws {
    let targets = Set(try files("Sources").map { String($0.path.split(separator: "/")[1]) })
    #expect(targets == Set(Self.mayImport.keys))
  }

  // MARK: no traps

  @Test func `nothing in Sources traps on purpose or unwraps by force`() throws {
    let banned = [
      "try!": "try, or a Failure", "as!": "as?", "fatalError(": "a Failure",
      "preconditionFailure(": "a Failure", "precondition(": "guard", "assertionFailure(": "guard",
      "assert(": "guard", "unsafeBitCast(": "a checked conversion",
    ]
    for file in try files("Sources") {
      report(file.path, file.code) { code in
        for (word, instead) in banned where contains(code, word) {
          return "\(word) is banned; use \(instead)"
        }
        return isUnwrapping(code) ? "unwrapped by force; use guard let" : nil
      }
    }
  }

  /// Whether a word occurs that is not part of a longer one.
  private func contains(_ line: Substring, _ word: String) -> Bool {
    let (line, word) = (Array(line.utf8), Array(word.utf8))
    guard line.count >= word.count else { return false }
    return (0...(line.count - word.count)).contains { start in
      line[start] == word[0] && line[start...].starts(with: word)
        && !(start > 0 && isInName(line[start - 1]))
        && !(isInName(word[word.count - 1])
          && line[(start + word.count)...].first.map(isInName) == true)
    }
  }

  /// An exclamation mark behind a value, which is neither `!=` nor the prefix `!`.
  private func isUnwrapping(_ code: Substring) -> Bool {
    let bytes = Array(code.utf8)
    return bytes.indices.dropFirst().contains {
      bytes[$0] == UInt8(ascii: "!")
        && (isInName(bytes[$0 - 1]) || ")]\"?>`".utf8.contains(bytes[$0 - 1]))
        && bytes[($0 + 1)...].first != UInt8(ascii: "=")
    }
  }

  private func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  @Test(arguments: [
    ("a!", true), ("a()!.b", true), ("a[0]! + b", true), ("var a: Int!", true), ("a?.b!", true),
    ("!a", false), ("a != b", false), ("(!a)", false), ("a && !b", false), ("a!=b", false),
    ("// a!", false), ("\"a!\"", false), ("\"\\(a!)\"", true), ("\"\\(f(\"x!\"))!\"", false),
    ("/* a! */ b", false), ("/* /* */ a! */", false), ("#\"a!\"#", false),
    ("#\"\\#(a!)\"#", true), ("#\"\\(a!)\"#", false), ("\"\"\"\na!\n\"\"\"", false),
    ("\"\\\"a!\"", false), ("\"\" + a!", true),
  ])
  func `the scan sees unwrapping in code alone`(_ text: String, _ isFound: Bool) {
    let lines = SwiftCode.only(text).split(separator: "\n")
    #expect(lines.contains(where: isUnwrapping) == isFound, "\(text)")
  }

  // MARK: form

  @Test func `no line is longer than 100 columns, and none ends in a blank`() throws {
    for file in try files("Sources", "Tests") {
      report(file.path, file.lines) { line in
        if line.utf8.count > 100, line.count > 100 {
          return "line has \(line.count) columns, limit 100"
        }
        let last = line.utf8.last
        return last == 0x20 || last == 0x09 ? "line ends in a blank" : nil
      }
    }
  }

  @Test func `no file is longer than 450 lines`() throws {
    for file in try files("Sources", "Tests") {
      let count = file.lines.count - 1
      if count > 450 { Issue.record("\(file.path):451: error: file has \(count) lines, limit 450") }
    }
  }

  @Test func `nothing is left to do later`() throws {
    // Put together, so that this file passes.
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    for file in try files("Sources", "Tests") {
      report(file.path, file.lines) { line in
        marks.first { contains(line, $0) }.map { "\($0): do it or open an issue" }
      }
    }
  }
}
