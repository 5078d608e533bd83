/// Where a letter stands in its topic.
///
/// A chain is one life of a topic's numbering on the bus, a number that differs whenever numbering
/// began anew; within it letters count from 1.
package struct Position: Sendable, Equatable {
  package let chain: UInt64
  package let number: UInt64

  package init(chain: UInt64, number: UInt64) {
    self.chain = chain
    self.number = number
  }
}
