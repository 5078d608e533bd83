internal import CoveyCore

/// Files served over HTTP: single ones at URL patterns, and directories at prefixes.
struct Files {
  private var pages = Router<String>()
  private var directories: [(prefix: [UInt8], root: String)] = []

  enum Answer: Equatable {
    case notFound
    /// To the same address with a slash at its end.
    case redirect(String)
    case file(path: String, mediaType: String, entityTag: String)
  }

  mutating func add(page file: String, at pattern: Pattern) throws(Failure) {
    guard let path = UvSystem.realPath(file), UvSystem.file(path)?.isRegular ?? false else {
      throw .system("no file \(Failure.quote(file))")
    }
    try pages.add(pattern, path)
  }

  mutating func add(directory: String, at prefix: String) throws(Failure) {
    let bytes = Array(prefix.utf8)
    guard prefix.hasPrefix("/"), prefix.hasSuffix("/"), bytes.count <= Pattern.bytesMax else {
      throw .invalid("prefix \(Failure.quote(prefix)) does not begin and end with a slash")
    }
    guard !directories.contains(where: { $0.prefix == bytes }) else {
      throw .exists("prefix \(Failure.quote(prefix)) is taken")
    }
    guard let root = UvSystem.realPath(directory), UvSystem.file(root)?.isDirectory ?? false else {
      throw .system("no directory \(Failure.quote(directory))")
    }
    directories.append((bytes, root))
    directories.sort { $0.prefix.count > $1.prefix.count }
  }

  /// The single file at a path, decoded and with its leading slash; nil when no pattern matches.
  func page(_ path: [UInt8]) -> Answer? {
    pages.match(path).map { answer($0.target, below: nil) }
  }

  /// What a path means in the directories.
  func find(_ path: [UInt8]) -> Answer {
    for directory in directories where path.starts(with: directory.prefix) {
      return find(path.dropFirst(directory.prefix.count), of: path, below: directory.root)
    }
    return .notFound
  }

  private func find(_ rest: ArraySlice<UInt8>, of path: [UInt8], below root: String) -> Answer {
    var found = root
    let segments = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
    for segment in segments {
      // Dot files, and with them `..`, do not exist.
      guard segment.first != UInt8(ascii: "."), !segment.contains(0),
        let name = String(validating: segment, as: UTF8.self)
      else { return .notFound }
      found += "/" + name
    }
    guard let file = UvSystem.file(found) else { return .notFound }
    guard file.isDirectory else {
      // `page.html/` is not the page.
      return path.last == UInt8(ascii: "/") ? .notFound : answer(found, below: root)
    }
    guard path.last == UInt8(ascii: "/") else {
      guard let text = String(validating: path, as: UTF8.self) else { return .notFound }
      return .redirect(Self.encoded(text) + "/")
    }
    return answer(found + "/index.html", below: root)
  }

  private func answer(_ path: String, below root: String?) -> Answer {
    guard let real = UvSystem.realPath(path), let file = UvSystem.file(real), file.isRegular else {
      return .notFound
    }
    // Links may lead anywhere; what is served lies below the root.
    if let root, root != "/", !real.utf8.starts(with: (root + "/").utf8) { return .notFound }
    let tag =
      "\"" + String(file.size, radix: 16) + "-"
      + String(file.modifiedSeconds, radix: 16) + "-"
      + String(file.modifiedNanoseconds, radix: 16) + "\""
    return .file(path: real, mediaType: MediaType.of(path), entityTag: tag)
  }

  /// Percent-encodes all but what is plain in a path (RFC 3986 section 3.3).
  private static func encoded(_ path: String) -> String {
    var text = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        text += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }
    return text
  }
}
