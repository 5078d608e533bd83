import CoveyCore

/// What scenarios show of frames: the exact text, in which these are put shortly.
///
///     T1 T2 ...                versions, as seconds or microseconds, in order of appearance
///     S1 S2 ...                names of sessions, likewise
///     Task                     "_instance_type":"b.Task"
///     @T1                      "_tstamp":T1
///     @begun                   "_tstamp":0.000001
///     initial create update delete end          "_operation":"initial_state" and so on
///     live dead                "_deleted":false, and true
///     vT1                      "_version":T1
///
/// None of these can be JSON, so that nothing is lost.
struct ContextText {
  /// Microseconds of wall time when a scenario begins.
  static let startOfTime: UInt64 = 1_795_000_000_000_000

  private(set) var versions: [UInt64] = []
  private(set) var sessions: [String] = []

  private static let short: [(long: [UInt8], short: [UInt8])] =
    (ContextWorld.models.map { ("\"_instance_type\":\"b.\($0)\"", $0) } + [
      ("\"_tstamp\":0.000001", "@begun"), ("\"_tstamp\":", "@"), ("\"_version\":", "v"),
      ("\"_operation\":\"initial_state\"", "initial"),
      ("\"_operation\":\"end_initial_state\"", "end"),
      ("\"_operation\":\"create\"", "create"), ("\"_operation\":\"update\"", "update"),
      ("\"_operation\":\"delete\"", "delete"),
      ("\"_deleted\":false", "live"), ("\"_deleted\":true", "dead"),
    ]).map { (Array($0.0.utf8), Array($0.1.utf8)) }

  /// Shortens what was seen.
  mutating func shown(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var shown: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let rest = bytes[position...]
      if let known = Self.short.first(where: { rest.starts(with: $0.long) }) {
        shown += known.short
        position += known.long.count
      } else if let (version, count) = Self.version(rest) {
        shown += Array(name(of: version).utf8)
        position += count
      } else if shown.last == UInt8(ascii: "\""), let session = Self.session(rest) {
        shown += Array(name(of: session).utf8)
        position += 32
      } else {
        shown.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Sixteen digits of this time, perhaps with a point after the tenth.
  private static func version(_ text: ArraySlice<UInt8>) -> (UInt64, count: Int)? {
    guard text.starts(with: Array("1795".utf8)) || text.starts(with: Array("1794".utf8)) else {
      return nil
    }
    let run = text.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
    let digits = run.filter(isDigit)
    guard digits.count == 16, run.count == 16 || run.firstIndex(of: 0x2E) == run.startIndex + 10,
      let version = UInt64(String(decoding: digits, as: UTF8.self))
    else { return nil }
    return (version, run.count)
  }

  private static func session(_ text: ArraySlice<UInt8>) -> String? {
    let run = text.prefix { isDigit($0) || (0x61...0x66).contains($0) }
    return run.count == 32 ? String(decoding: run, as: UTF8.self) : nil
  }

  private mutating func name(of version: UInt64) -> String {
    if let known = versions.firstIndex(of: version) { return "T\(known + 1)" }
    versions.append(version)
    return "T\(versions.count)"
  }

  private mutating func name(of session: String) -> String {
    if let known = sessions.firstIndex(of: session) { return "S\(known + 1)" }
    sessions.append(session)
    return "S\(sessions.count)"
  }

  // MARK: what clients send

  /// A version in seconds: `T2`, or as it stands.
  func seconds(_ word: String) -> String {
    guard word.first == "T", let number = Int(word.dropFirst()), number > 0,
      number <= versions.count
    else { return word }
    let version = versions[number - 1]
    let fraction = String(version % 1_000_000)
    return "\(version / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  /// The session that `S1` stands for, or the word.
  func session(_ word: String) -> String {
    guard word.first == "S", let number = Int(word.dropFirst()), number > 0,
      number <= sessions.count
    else { return word }
    return sessions[number - 1]
  }
}
