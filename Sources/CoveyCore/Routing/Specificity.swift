/// How specific a pattern is: of two patterns that match a path, the smaller one is tried first.
///
/// Both patterns are read from the left, one literal byte or one parameter at a time; the first
/// difference decides. A literal comes before any parameter (hence of `ws/chat/<x>` and `ws/<x>`
/// the longer literal prefix first), int before uuid before slug before str before path. Two
/// different literal bytes cannot match the same path; their order only makes the order total, and
/// so does the end of a pattern, which comes before everything else.
///
/// Two patterns are equal when they have the same literals and converters, whatever the names of
/// their parameters: they match the same paths.
///
///     ws/chat/lobby/  <  ws/chat/<int:id>/  <  ws/chat/<str:room>/  <  ws/<path:rest>
package struct Specificity: Comparable, Sendable {
  /// Literal bytes as they are, parameters as the raw values of their converters.
  private let symbols: [UInt16]

  init(_ segments: [Pattern.Segment]) {
    var symbols: [UInt16] = []
    for segment in segments {
      switch segment {
      case .literal(let bytes): symbols += bytes.map(UInt16.init)
      case .parameter(let converter): symbols.append(converter.rawValue)
      }
    }
    self.symbols = symbols
  }

  package static func < (one: Specificity, other: Specificity) -> Bool {
    one.symbols.lexicographicallyPrecedes(other.symbols)
  }
}
