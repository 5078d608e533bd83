internal import CoveyCore

/// Takes the text of a URL apart.
///
/// Whatever it refuses, it quotes only what can be no part of a password: somebody who forgot to
/// encode one may have put half of it where the host, the path or an option belongs.
struct RedisURLParser {
  static let bytesMax = 16_384
  static let keyBytesMax = 1024
  static let keysMax = 16
  static let prefixBytesMax = 64
  static let pathBytesMax = 107
  static let hostBytesMax = 253
  static let defaultPort: UInt16 = 6379

  let driver: RedisDriver
  private let isUnix: Bool
  private let schemeText: String
  private let credentialsPart: ArraySlice<UInt8>?
  private let hostPart: ArraySlice<UInt8>
  /// With its slash; empty when there is none.
  private let pathPart: ArraySlice<UInt8>
  private let options: [ArraySlice<UInt8>]
  /// Whether what is given as host, path and options may have been meant as a password.
  private let isDoubtful: Bool

  init(_ text: [UInt8]) throws(Failure) {
    guard text.count <= Self.bytesMax else {
      throw .invalid("redis url is \(text.count) bytes, limit \(Self.bytesMax)")
    }
    if let place = text.firstIndex(where: { $0 <= 0x20 || $0 == 0x7F }) {
      throw .invalid(
        "redis url has a blank or control character at byte \(place); encode it as %xx")
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
      text[colon...].starts(with: "://".utf8)
    else { throw .invalid("redis url does not begin with redis://") }
    (schemeText, driver, isUnix) = try Self.scheme(text[..<colon])

    let rest = text[(colon + 3)...]
    let isEnd = { (byte: UInt8) in "/?#".utf8.contains(byte) }
    let end = rest.firstIndex(where: isEnd) ?? rest.endIndex
    let tail = rest[end...]
    guard !tail.contains(UInt8(ascii: "#")) else {
      throw .invalid("redis url has a #; encode it as %23")
    }
    let authority = rest[..<end]
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      credentialsPart = authority[..<at]
      hostPart = authority[(at + 1)...]
    } else {
      credentialsPart = nil
      hostPart = authority
    }
    let mark = tail.firstIndex(of: UInt8(ascii: "?")) ?? tail.endIndex
    pathPart = tail[..<mark]
    isDoubtful = credentialsPart == nil && tail.contains(UInt8(ascii: "@"))
    if credentialsPart == nil, !isUnix, pathPart.contains(UInt8(ascii: "@")) {
      throw .invalid("redis url has a / before the @; encode it as %2F in a user or password")
    }
    // An empty list of options is none; an empty option is a mistake.
    let list = tail[mark...].dropFirst()
    options =
      list.isEmpty
      ? [] : list.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
  }

  var defaultPrefix: [UInt8] { Array((driver == .own ? "covey" : "asgi").utf8) }

  private static func scheme(
    _ bytes: ArraySlice<UInt8>
  ) throws(Failure) -> (String, RedisDriver, Bool) {
    let lowered = bytes.map {
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0
    }
    let text = String(decoding: lowered, as: UTF8.self)
    var parts = text.split(separator: "+", omittingEmptySubsequences: false)
    let name = parts.removeFirst()
    let isUnix = parts.last == "unix"
    if isUnix { parts.removeLast() }
    let dialect = parts.isEmpty ? "" : parts.joined(separator: "+")
    let drivers: [String: RedisDriver] = [
      "": .own, "django": .django, "django-pubsub": .djangoPubSub,
    ]
    guard let driver = drivers[dialect], parts.isEmpty == dialect.isEmpty else {
      throw .invalid("redis url has the unknown scheme \(Failure.quote(text))")
    }
    switch name {
    case "redis", "valkey": return (text, driver, isUnix)
    case "rediss", "valkeys":
      throw .invalid(
        "redis url has the scheme \(Failure.quote(text)), and there is no TLS to Redis yet")
    default: throw .invalid("redis url has the unknown scheme \(Failure.quote(text))")
    }
  }
}

// MARK: - the parts

extension RedisURLParser {
  mutating func place() throws(Failure) -> RedisURL.Place {
    guard isUnix else { return try host() }
    guard hostPart.isEmpty else {
      throw .invalid("redis url of a unix socket has a host; the path begins with a third /")
    }
    let path = try Self.decoded(pathPart, "path")
    guard path.count > 1 else { throw .invalid("redis url of a unix socket has no path") }
    guard path.count <= Self.pathBytesMax else {
      throw .invalid(
        "redis url has a path of \(path.count) bytes, limit \(Self.pathBytesMax)")
    }
    guard (try? UTF8Span(validating: path.span)) != nil else {
      throw .invalid("redis url has a path that is not utf-8")
    }
    return .unix(String(decoding: path, as: UTF8.self))
  }

  private func host() throws(Failure) -> RedisURL.Place {
    var name = hostPart
    var port: ArraySlice<UInt8>?
    if name.first == UInt8(ascii: "[") {
      guard let end = name.firstIndex(of: UInt8(ascii: "]")) else {
        throw .invalid("redis url has a [ without ]")
      }
      let rest = name[(end + 1)...]
      guard rest.isEmpty || rest.first == UInt8(ascii: ":") else {
        throw .invalid("redis url has something other than a port behind the ]")
      }
      port = rest.isEmpty ? nil : rest.dropFirst()
      name = name[..<end].dropFirst()
      guard name.contains(UInt8(ascii: ":")), IPAddress(name) != nil else {
        throw .invalid("redis url has no ipv6 address between the brackets")
      }
    } else {
      if let colon = name.firstIndex(of: UInt8(ascii: ":")) {
        port = name[(colon + 1)...]
        name = name[..<colon]
      }
      guard !name.isEmpty else { throw .invalid("redis url has no host") }
      guard name.count <= Self.hostBytesMax else {
        throw .invalid("redis url has a host of \(name.count) bytes, limit \(Self.hostBytesMax)")
      }
      guard name.allSatisfy(Self.isHostByte) else {
        throw .invalid(
          "redis url has a host of other than letters, digits, '-', '.' and '_'; ipv6 has brackets"
        )
      }
    }
    // Not quoted: it is the password where the host was forgotten.
    let number = port.map { Self.number($0, in: 1...65_535) } ?? Int(Self.defaultPort)
    guard let number, let port = UInt16(exactly: number) else {
      throw .invalid("redis url has a port that is no number of 1...65535")
    }
    return .host(String(decoding: name, as: UTF8.self), port: port)
  }

  mutating func credentials() throws(Failure) -> (user: [UInt8]?, password: [UInt8]?) {
    guard let part = credentialsPart else { return (nil, nil) }
    guard let colon = part.firstIndex(of: UInt8(ascii: ":")) else {
      throw .invalid("redis url has a user without a password; a password alone begins with a :")
    }
    let user = try Self.decoded(part[..<colon], "user")
    let password = try Self.decoded(part[(colon + 1)...], "password")
    guard !password.isEmpty else { throw .invalid("redis url has an empty password") }
    return (user.isEmpty ? nil : user, password)
  }

  mutating func setPath(_ url: inout RedisURL) throws(Failure) {
    guard !isUnix, pathPart.count > 1 else { return }
    let limits = 0...Int(Int32.max)
    guard let database = Self.number(pathPart.dropFirst(), in: limits) else {
      let value = shown(pathPart.dropFirst())
      throw .invalid(
        "redis url has the database \(value), must be a number of \(Self.text(limits))")
    }
    url.database = database
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

// MARK: - options

extension RedisURLParser {
  mutating func setOptions(_ url: inout RedisURL) throws(Failure) {
    var seen: Set<String> = []
    for option in options {
      guard let equals = option.firstIndex(of: UInt8(ascii: "=")) else {
        throw .invalid("redis url has an option without =")
      }
      let name = String(decoding: option[..<equals], as: UTF8.self)
      let raw = option[(equals + 1)...]
      switch name {
      case "key":
        try addKey(raw, &url)
        continue
      case "prefix": url.prefix = try prefix(raw)
      default: try setNumber(name, raw, &url)
      }
      guard seen.insert(name).inserted else {
        throw .invalid("redis url has the option \(name) twice")
      }
    }
  }

  private func setNumber(
    _ name: String, _ raw: ArraySlice<UInt8>, _ url: inout RedisURL
  ) throws(Failure) {
    switch (name, driver) {
    case ("db", _) where isUnix: url.database = try number(name, raw, 0...Int(Int32.max))
    case ("db", _):
      throw .invalid("option db is for unix sockets; a database is /1 behind the host")
    case ("log", .own): url.logMessagesMax = try number(name, raw, 0...100_000)
    case ("log_bytes", .own): url.logBytesMax = try number(name, raw, 1...(1 << 30))
    case ("log_seconds", .own): url.logSecondsMax = try number(name, raw, 1...86_400)
    case ("expiry", .django): url.expirySeconds = try number(name, raw, 1...86_400)
    case ("group_expiry", .django): url.groupExpirySeconds = try number(name, raw, 1...31_536_000)
    case ("capacity", .django): url.capacity = try number(name, raw, 1...1_000_000)
    case ("log", _), ("log_bytes", _), ("log_seconds", _), ("expiry", _), ("group_expiry", _),
      ("capacity", _):
      throw .invalid("option \(name) is not for \(Failure.quote(schemeText))")
    default:
      throw .invalid("redis url has the unknown option \(shown(ArraySlice(name.utf8)))")
    }
  }

  private func addKey(_ raw: ArraySlice<UInt8>, _ url: inout RedisURL) throws(Failure) {
    let key = try Self.decoded(raw, "key")
    guard (1...Self.keyBytesMax).contains(key.count) else {
      throw .invalid("option key is \(key.count) bytes, must be 1...\(Self.keyBytesMax)")
    }
    guard url.keys.count < Self.keysMax else {
      throw .invalid("redis url has more keys than the limit of \(Self.keysMax)")
    }
    url.keys.append(key)
  }

  private func prefix(_ raw: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    let prefix = try Self.decoded(raw, "prefix")
    guard (1...Self.prefixBytesMax).contains(prefix.count) else {
      throw .invalid("option prefix is \(prefix.count) bytes, must be 1...\(Self.prefixBytesMax)")
    }
    guard (try? UTF8Span(validating: prefix.span)) != nil,
      prefix.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      throw .invalid("option prefix has a control character, or is not utf-8")
    }
    return prefix
  }

  private func number(
    _ name: String, _ raw: ArraySlice<UInt8>, _ limits: ClosedRange<Int>
  ) throws(Failure) -> Int {
    let text = try Self.decoded(raw, name)
    guard let number = Self.number(text[...], in: limits) else {
      throw .invalid("option \(name) is \(shown(text[...])), must be \(Self.text(limits))")
    }
    return number
  }

  /// A value as an error quotes it, unless it may be part of a password.
  private func shown(_ value: ArraySlice<UInt8>) -> String {
    isDoubtful ? "***" : Failure.quote(String(decoding: value, as: UTF8.self))
  }

  private static func text(_ limits: ClosedRange<Int>) -> String {
    "\(limits.lowerBound)...\(limits.upperBound)"
  }

  /// Reads digits; nil for anything else, and for a number out of range.
  private static func number(_ digits: ArraySlice<UInt8>, in limits: ClosedRange<Int>) -> Int? {
    guard (1...10).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 & 0x0F) }
    return limits.contains(number) ? number : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func decoded(
    _ bytes: ArraySlice<UInt8>, _ what: String
  ) throws(Failure) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue),
        let low = rest.popFirst().flatMap(hexValue)
      else { throw .invalid("redis url has a % without two hexadecimal digits in its \(what)") }
      decoded.append(high << 4 | low)
    }
    guard !decoded.contains(0) else { throw .invalid("redis url has a NUL in its \(what)") }
    return decoded
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
