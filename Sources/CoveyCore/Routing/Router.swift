/// Finds what was registered for a path, the most specific pattern first.
///
/// The order in which patterns were added does not matter. A lookup tries them one after the other,
/// once per connection; most fail at their first literal.
package struct Router<Target> {
  /// Sorted by specificity.
  private var routes: [(pattern: Pattern, target: Target)] = []

  package init() {}

  package var count: Int { routes.count }

  /// Registers a target; refused as existing when a pattern that matches the same is there.
  package mutating func add(_ pattern: Pattern, _ target: Target) throws(Failure) {
    let place =
      routes.firstIndex { $0.pattern.specificity >= pattern.specificity } ?? routes.endIndex
    if place < routes.endIndex, routes[place].pattern.specificity == pattern.specificity {
      throw .exists(
        "pattern \(Failure.quote(pattern.text)) matches the same as "
          + "\(Failure.quote(routes[place].pattern.text)), which is registered")
    }
    routes.insert((pattern, target), at: place)
  }

  /// Finds the first pattern that matches, and the bytes of its parameters in the path.
  package func match(
    _ path: [UInt8]
  ) -> (target: Target, pattern: Pattern, parameters: [Range<Int>])? {
    for route in routes {
      if let parameters = route.pattern.match(path) {
        return (route.target, route.pattern, parameters)
      }
    }
    return nil
  }
}

extension Router: Sendable where Target: Sendable {}
