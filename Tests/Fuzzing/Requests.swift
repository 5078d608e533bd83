/// Lines: a pattern, a path, an origin, a host, a rule for origins, a cookie header.
/// Whatever they are, a pattern matches in order and inside of the path, and a router finds what
/// its pattern does.
func fuzzRequests(_ input: [UInt8]) {
  var lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
  while lines.count < 6 { lines.append([]) }
  let path = lines[1]
  if let pattern = try? Pattern(String(decoding: lines[0], as: UTF8.self)) {
    check(pattern, path)
  }
  let origin = String(decoding: lines[2], as: UTF8.self)
  let host = String(decoding: lines[3], as: UTF8.self)
  for rules in [[], ["*"], [String(decoding: lines[4], as: UTF8.self)]] {
    guard let rules = try? OriginRules(rules) else { continue }
    let once = rules.allows(origin: origin, host: host, isOriginRequired: true)
    guard !rules.allows(origin: nil, host: host, isOriginRequired: true),
      once == rules.allows(origin: origin, host: host, isOriginRequired: false)
    else { fatalError("an origin is allowed that is not there") }
  }
  if let value = Cookies.value(of: "sessionid", in: lines[5]) {
    guard !value.contains(UInt8(ascii: ";")) else { fatalError("a cookie holds another one") }
  }
}

private func check(_ pattern: Pattern, _ path: [UInt8]) {
  let matched = pattern.match(path)
  var router = Router<Int>()
  guard (try? router.add(pattern, 1)) != nil, (try? router.add(pattern, 2)) == nil else {
    fatalError("pattern \(pattern.text) is registered twice, or not once")
  }
  guard router.match(path)?.parameters == matched else {
    fatalError("the router does not find what pattern \(pattern.text) matches")
  }
  guard let ranges = matched else { return }
  guard ranges.count == pattern.parameterNames.count else {
    fatalError("\(pattern.text) has \(ranges.count) parameters")
  }
  var position = 0
  let isText = (try? UTF8Span(validating: path.span)) != nil
  for range in ranges {
    guard range.lowerBound >= position, range.upperBound <= path.count, !range.isEmpty else {
      fatalError("\(pattern.text) matches \(range) of \(path.count) bytes")
    }
    if isText {
      guard (try? UTF8Span(validating: path.span.extracting(range))) != nil else {
        fatalError("\(pattern.text) cuts a character")
      }
    }
    position = range.upperBound
  }
}
