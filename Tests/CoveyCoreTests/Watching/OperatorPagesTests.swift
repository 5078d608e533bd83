import Testing

@testable import CoveyCore

/// Who gets which page where.
struct OperatorPagesTests {
  private func answer(
    _ path: String, isForOperators: Bool = false, hasOperatorsListener: Bool = false
  ) -> OperatorPages.Answer {
    OperatorPages(
      health: Array("/health".utf8), ready: Array("/ready".utf8),
      metrics: Array("/metrics".utf8), report: nil
    ).answer(
      Array(path.utf8), isForOperators: isForOperators,
      hasOperatorsListener: hasOperatorsListener)
  }

  @Test func `without a listener for operators everybody gets every page`() {
    #expect(answer("/health") == .page(.health))
    #expect(answer("/ready") == .page(.ready))
    #expect(answer("/metrics") == .page(.metrics))
    #expect(answer("/") == .other)
  }

  @Test func `a path that was not asked for is no page`() {
    #expect(answer("/report") == .other)
    #expect(answer("/report", isForOperators: true, hasOperatorsListener: true) == .nothing)
    #expect(answer("/metrics/") == .other)
    #expect(answer("") == .other)
  }

  @Test func `with a listener for operators only they are told of clients`() {
    #expect(answer("/metrics", hasOperatorsListener: true) == .other)
    #expect(answer("/health", hasOperatorsListener: true) == .page(.health))
    #expect(answer("/ready", hasOperatorsListener: true) == .page(.ready))
  }

  @Test func `operators get their pages and nothing else`() {
    for path in ["/health", "/ready", "/metrics"] {
      #expect(answer(path, isForOperators: true, hasOperatorsListener: true) != .nothing)
    }
    #expect(answer("/", isForOperators: true, hasOperatorsListener: true) == .nothing)
    #expect(answer("/ws/", isForOperators: true, hasOperatorsListener: true) == .nothing)
  }
}
