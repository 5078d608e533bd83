/// Checks what a client gives to an action against what the action declares.
enum Parameters {
  /// Nil when the client's own array can be handed on as it is; else an array as long as the list.
  static func check(
    _ text: Span<UInt8>, _ given: ClientFrame.Value, _ declared: [Field]
  ) throws(Failure) -> [UInt8]? {
    if given.kind == .array {
      let count = try checkInOrder(text, given.range, declared)
      if count == declared.count { return nil }
    }
    return try arrange(text, given, declared)
  }

  /// Checks an array, and answers how many it has.
  private static func checkInOrder(
    _ text: Span<UInt8>, _ range: Range<Int>, _ declared: [Field]
  ) throws(Failure) -> Int {
    var failure: Failure?
    var count = 0
    let given = text.extracting(range)
    _ = try JSONScanner.scan(given) { member in
      defer { count += 1 }
      guard failure == nil else { return }
      do throws(Failure) {
        guard count < declared.count else {
          throw .invalid("more parameters than the \(declared.count) there are")
        }
        try check(member, declared[count], given)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return count
  }

  /// Puts parameters that are fewer, or have names, in their places.
  private static func arrange(
    _ text: Span<UInt8>, _ given: ClientFrame.Value, _ declared: [Field]
  ) throws(Failure) -> [UInt8] {
    var values = [Range<Int>?](repeating: nil, count: declared.count)
    var failure: Failure?
    var count = 0
    let contents = text.extracting(given.range)
    _ = try JSONScanner.scan(contents) { member in
      defer { count += 1 }
      guard failure == nil else { return }
      guard given.kind == .object else {
        values[count] = member.value
        return
      }
      do throws(Failure) {
        guard
          let named = declared.firstIndex(where: {
            JSONScanner.isEqual(member.name, in: contents, to: $0.name.text)
          })
        else { throw .invalid("no parameter \"\(JSONText.shown(contents, member.name))\"") }
        guard values[named] == nil else {
          throw .invalid("parameter \"\(JSONText.shown(contents, member.name))\" is there twice")
        }
        try check(member, declared[named], contents)
        values[named] = member.value
      } catch { failure = error }
    }
    if let failure { throw failure }
    var array: [UInt8] = [UInt8(ascii: "[")]
    for (position, field) in declared.enumerated() {
      if position > 0 { array.append(UInt8(ascii: ",")) }
      if let value = values[position] {
        contents.extracting(value).withUnsafeBytes { array.append(contentsOf: $0) }
      } else {
        guard field.isOptional else {
          throw .invalid("parameter \(Failure.quote(field.name.text)) is missing")
        }
        array.append(contentsOf: "null".utf8)
      }
    }
    array.append(UInt8(ascii: "]"))
    return array
  }

  private static func check(
    _ member: JSONScanner.Member, _ field: Field, _ text: Span<UInt8>
  ) throws(Failure) {
    try field.checkNullable(text, member.value, member.kind)
  }
}
