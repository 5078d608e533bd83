package import CoveyCore

extension MessagePack {
  /// What a packed string holds, without its head; nil when this is not one string.
  ///
  /// The bytes may be other than UTF-8.
  package static func string(_ packed: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var reader = PackedReader()
    guard case .string(let contents)? = try? reader.next(packed.span),
      contents.upperBound == packed.count
    else { return nil }
    let start = packed.startIndex
    return packed[(start + contents.lowerBound)..<(start + contents.upperBound)]
  }

  /// Adds a pair at the end of a packed map: an array of strings, or one string.
  ///
  /// A reader in Python believes the last pair of a key. What is packed in the map is not checked.
  ///
  /// - Returns: nil when the bytes are no map, or when it is to be one string and there is not one.
  package static func appending(
    key: String, strings: [[UInt8]], asArray: Bool, to packedMap: [UInt8]
  ) -> [UInt8]? {
    guard asArray || strings.count == 1, let map = try? OuterMap(packedMap) else { return nil }
    let added = strings.reduce(key.utf8.count) { $0 + $1.count + 5 }
    var output: [UInt8] = []
    output.reserveCapacity(packedMap.count + added + 16)
    do throws(Failure) {
      try PackedHead.put(mapOf: map.count + 1, to: &output)
      output.append(contentsOf: packedMap[map.start...])
      try put(Array(key.utf8), to: &output)
      if asArray { try PackedHead.put(arrayOf: strings.count, to: &output) }
      for string in strings { try put(string, to: &output) }
    } catch { return nil }
    return output
  }

  /// Adds a pair at the beginning of a packed map.
  ///
  /// If the map has the key already, a reader in Python believes the map. What is packed in the map
  /// is not checked.
  ///
  /// - Returns: nil when the bytes are no map.
  package static func prepending(
    key: String, string: [UInt8], to packedMap: [UInt8]
  ) -> [UInt8]? {
    guard let map = try? OuterMap(packedMap) else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(packedMap.count + key.utf8.count + string.count + 16)
    do throws(Failure) {
      try PackedHead.put(mapOf: map.count + 1, to: &output)
      try put(Array(key.utf8), to: &output)
      try put(string, to: &output)
    } catch { return nil }
    output.append(contentsOf: packedMap[map.start...])
    return output
  }

  /// Takes out every pair of a key, and returns the rest and what the last of them holds: one value
  /// for a string, several for an array of strings, none when the key is not there.
  ///
  /// The whole map is checked as far as lengths go; what is in it is not decoded.
  ///
  /// - Throws: protocol violation when the bytes are no map, or the key has another value.
  package static func taking(
    key: String, from packedMap: [UInt8]
  ) throws(Failure) -> (rest: [UInt8], values: [[UInt8]]) {
    var map = try OuterMap(packedMap)
    var count = map.count
    var kept: [Range<Int>] = []
    var start = map.start
    var found: Range<Int>?
    while let pair = try map.next() {
      guard map.hasKey(key, pair) else { continue }
      count -= 1
      kept.append(start..<pair.key.lowerBound)
      start = pair.value.upperBound
      found = pair.value
    }
    guard let found else { return (packedMap, []) }
    kept.append(start..<packedMap.count)
    let values = try strings(packedMap[found], key)
    var rest: [UInt8] = []
    rest.reserveCapacity(packedMap.count)
    try PackedHead.put(mapOf: count, to: &rest)
    for range in kept { rest.append(contentsOf: packedMap[range]) }
    return (rest, values)
  }

  /// The first value of a key, packed; nil when the map has no such key.
  ///
  /// - Throws: protocol violation when the bytes are no map, or lack what comes before the value.
  package static func firstValue(
    ofKey key: String, in packedMap: [UInt8]
  ) throws(Failure) -> ArraySlice<UInt8>? {
    var map = try OuterMap(packedMap)
    while let pair = try map.next() {
      if map.hasKey(key, pair) { return packedMap[pair.value] }
    }
    return nil
  }

  private static func put(_ string: [UInt8], to output: inout [UInt8]) throws(Failure) {
    try PackedHead.put(stringOf: string.count, to: &output)
    output.append(contentsOf: string)
  }

  /// Reads one string, or an array of them.
  private static func strings(
    _ packed: ArraySlice<UInt8>, _ key: String
  ) throws(Failure) -> [[UInt8]] {
    if let string = string(packed) { return [Array(string)] }
    var reader = PackedReader()
    var strings: [[UInt8]] = []
    if case .array(let count) = try reader.next(packed.span) {
      for _ in 0..<count {
        let item = try reader.skip(packed.span)
        guard let string = string(packed.dropFirst(item.lowerBound).prefix(item.count)) else {
          break
        }
        strings.append(Array(string))
      }
      if strings.count == count { return strings }
    }
    throw .protocolViolation("value of \(Failure.quote(key)) is neither a string nor all strings")
  }
}
