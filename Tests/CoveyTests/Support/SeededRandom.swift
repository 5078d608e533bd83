import Glibc

/// The same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// A generator for one run of a test: its seed is printed, and can be given as COVEY_SEED.
  init(_ name: String) {
    let given = getenv("COVEY_SEED").flatMap { UInt64(String(cString: $0)) }
    state = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): COVEY_SEED=\(state)")
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }
  mutating func isOneIn(_ count: Int) -> Bool { below(count) == 0 }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// How often to repeat what is done `count` times by default; COVEY_ROUNDS multiplies.
  static func rounds(_ count: Int) -> Int {
    count * (getenv("COVEY_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1)
  }
}

/// Bytes with something wrong about them.
struct Mutation {
  /// Strings that parsers trip over.
  private static let tokens = [
    "\r\n", "\n", "\r", "\0", " ", ":", "\t", "%", "%00", "%zz", "?", "#", "&", "=", "/../", "//",
    "Upgrade: h2c\r\n", "Host: \r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
    "Sec-WebSocket-Protocol: a,,b\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    "Connection: close\r\n", "Expect: 100-continue\r\n", "HTTP/1.0", "HTTP/2.0", "\u{ff}",
  ].map { Array($0.utf8) }

  static func apply(to bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(4) {
      guard !bytes.isEmpty else { return random.bytes(random.below(20)) }
      let place = random.below(bytes.count)
      let end = min(bytes.count, place + 1 + random.below(40))
      switch random.below(7) {
      case 0: bytes[place] ^= 1 << UInt8(random.below(8))
      case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 4: bytes.insert(contentsOf: random.bytes(1 + random.below(16)), at: place)
      case 5: bytes.insert(contentsOf: tokens[random.below(tokens.count)], at: place)
      default: if random.isOneIn(3) { bytes.removeSubrange(place...) }
      }
    }
    return bytes
  }
}
