/// What operators ask for over HTTP, beside channels and files.
package enum OperatorPage: Sendable {
  case health, ready, metrics, report
}

/// Where these pages are, and who gets them.
package struct OperatorPages: Sendable {
  package enum Answer: Equatable, Sendable {
    case page(OperatorPage)
    /// Nothing of the kind: channels and files are asked next.
    case other
    /// A listener for operators has nothing else.
    case nothing
  }

  private let paths: [(path: [UInt8], page: OperatorPage)]

  package init(health: [UInt8]?, ready: [UInt8]?, metrics: [UInt8]?, report: [UInt8]?) {
    let all: [([UInt8]?, OperatorPage)] = [
      (health, .health), (ready, .ready), (metrics, .metrics), (report, .report),
    ]
    paths = all.compactMap { path, page in path.map { ($0, page) } }
  }

  /// Whether a connection came by a listener for operators, and whether there is one at all: then
  /// what tells of the clients is told there alone.
  package func answer(
    _ path: [UInt8], isForOperators: Bool, hasOperatorsListener: Bool
  ) -> Answer {
    guard let page = paths.first(where: { $0.path == path })?.page else {
      return isForOperators ? .nothing : .other
    }
    switch page {
    case .health, .ready: return .page(page)
    case .metrics, .report:
      return isForOperators || !hasOperatorsListener ? .page(page) : .other
    }
  }
}
