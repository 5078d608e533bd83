/// A URL pattern in the syntax of Django's path(): `ws/chat/<str:room>/`.
///
/// The converters are str, int, slug, uuid and path; `<room>` is short for `<str:room>`. A pattern
/// stands for a whole path. One leading slash, in the pattern and in the path, does not matter.
///
/// A pattern matches what the regular expression that Django makes of it matches, and captures the
/// same: each parameter, from the left, takes as much as still lets the rest match. So in
/// `<a><b>`, two parameters with nothing between them, the first takes all but one character.
/// Parameters never begin or end inside a UTF-8 character.
package struct Pattern: Sendable {
  enum Segment: Sendable {
    case literal([UInt8])
    case parameter(Converter)
  }

  /// A pattern is written by a programmer, and matching costs in proportion to it.
  package static let bytesMax = 1024

  /// The pattern as it was written.
  package let text: String
  /// The names of the parameters, in the order of the ranges that a match gives.
  package let parameterNames: [String]
  package let specificity: Specificity

  private let segments: [Segment]
  /// How many leading segments can end at one place only, so that no look ahead is needed.
  private let decidedCount: Int

  package init(_ text: String) throws(Failure) {
    var parser = PatternParser(text)
    try parser.parse()
    self.text = text
    parameterNames = parser.names
    segments = parser.segments
    specificity = Specificity(parser.segments)
    decidedCount = Self.decidedCount(parser.segments)
  }

  /// Matches a whole path, percent-decoded; gives the bytes of each parameter, or nil.
  ///
  /// Costs one pass over the path and no allocation but the result, as long as every parameter is
  /// followed by something it cannot contain. Otherwise segments times path length, in time and in
  /// bytes of memory, whatever the path. The bytes of a parameter are valid UTF-8 if the path is.
  package func match(_ path: [UInt8]) -> [Range<Int>]? {
    var captures: [Range<Int>] = []
    var position = path.first == UInt8(ascii: "/") ? 1 : 0
    for segment in segments.prefix(decidedCount) {
      switch segment {
      case .literal(let bytes):
        guard Self.has(bytes, in: path, at: position) else { return nil }
        position += bytes.count
      case .parameter(let converter):
        guard let end = converter.longestEnd(in: path, from: position) else { return nil }
        if captures.isEmpty { captures.reserveCapacity(parameterNames.count) }
        captures.append(position..<end)
        position = end
      }
    }
    if decidedCount < segments.count {
      return lookAhead(path, from: position, captures)
    }
    return position == path.count ? captures : nil
  }
}

extension Pattern {
  /// A part of a pattern, for those who write URLs.
  enum Piece {
    case literal(String)
    case parameter(String, Converter)
  }

  /// The parts in their order.
  var pieces: [Piece] {
    var names = parameterNames[...]
    return segments.map { segment in
      switch segment {
      case .literal(let bytes): .literal(String(decoding: bytes, as: UTF8.self))
      case .parameter(let converter): .parameter(names.popFirst() ?? "", converter)
      }
    }
  }

  /// The parameters with what they may hold.
  var parameters: [(name: String, converter: Converter)] {
    pieces.compactMap { piece in
      if case .parameter(let name, let converter) = piece { (name, converter) } else { nil }
    }
  }
}

extension Pattern {
  /// Counts the leading segments up to the first parameter that may have to give something back.
  private static func decidedCount(_ segments: [Segment]) -> Int {
    for (index, segment) in segments.enumerated() {
      guard case .parameter(let converter) = segment, converter != .uuid,
        index + 1 < segments.count
      else { continue }
      guard case .literal(let bytes) = segments[index + 1], let first = bytes.first,
        !converter.accepts(first)
      else { return index }
    }
    return segments.count
  }

  /// Matches the segments that are not decided, from a position of the path on.
  ///
  /// First, from the last segment to the first, a table of where the rest of the pattern can begin:
  ///
  ///     row s, column p:  do the segments from s on match the path from p on?
  ///
  /// Then, from the left, each parameter goes to the furthest column that the row below allows.
  private func lookAhead(
    _ path: [UInt8], from start: Int, _ decided: [Range<Int>]
  ) -> [Range<Int>]? {
    let rest = segments[decidedCount...]
    let width = path.count - start + 1
    var canBegin = [Bool](repeating: false, count: (rest.count + 1) * width)
    canBegin[canBegin.count - 1] = true
    for (row, segment) in zip(0..., rest).reversed() {
      Self.fill(&canBegin, row * width, width, segment, path, start)
    }
    guard canBegin[0] else { return nil }

    var captures = decided
    var position = start
    for (row, segment) in zip(0..., rest) {
      let below = (row + 1) * width - start
      switch segment {
      case .literal(let bytes):
        position += bytes.count
      case .parameter(let converter):
        guard var end = converter.longestEnd(in: path, from: position) else { return nil }
        while !(canBegin[below + end] && Self.isBoundary(path, end)) {
          guard end > position + 1 else { return nil }
          end -= 1
        }
        captures.append(position..<end)
        position = end
      }
    }
    return captures
  }

  /// Fills one row of the table of the look ahead from the row below it.
  private static func fill(
    _ canBegin: inout [Bool], _ row: Int, _ width: Int, _ segment: Segment, _ path: [UInt8],
    _ start: Int
  ) {
    let below = row + width
    switch segment {
    case .literal(let bytes):
      for column in 0..<width where column + bytes.count < width {
        canBegin[row + column] =
          canBegin[below + column + bytes.count] && has(bytes, in: path, at: start + column)
      }
    case .parameter(.uuid):
      for column in 0..<width where column + Converter.uuidCount < width {
        canBegin[row + column] =
          canBegin[below + column + Converter.uuidCount]
          && Converter.isUUID(path, at: start + column)
      }
    case .parameter(let converter):
      // Going left through a run of bytes it accepts: has an end been seen in this run?
      var hasEnd = false
      for column in (0..<(width - 1)).reversed() {
        let next = start + column + 1
        hasEnd =
          converter.accepts(path[next - 1])
          && (hasEnd || (canBegin[below + column + 1] && isBoundary(path, next)))
        canBegin[row + column] = hasEnd
      }
    }
  }

  private static func has(_ bytes: [UInt8], in path: [UInt8], at start: Int) -> Bool {
    guard path.count - start >= bytes.count else { return false }
    for offset in bytes.indices where path[start + offset] != bytes[offset] { return false }
    return true
  }

  /// Tells whether a UTF-8 character may begin here, or the path ends.
  private static func isBoundary(_ path: [UInt8], _ position: Int) -> Bool {
    position >= path.count || path[position] & 0xC0 != 0x80
  }
}
