/// What a process puts on the bus for the members of a group in other processes.
package struct Letter: Sendable, Equatable {
  /// Random, of one process's life.
  package let sender: UInt64
  /// Counts the sender's letters over all topics, from 1.
  package let number: UInt64
  package let contents: [UInt8]

  package init(sender: UInt64, number: UInt64, contents: [UInt8]) {
    self.sender = sender
    self.number = number
    self.contents = contents
  }
}
