/// A bound that can be reached; the numbers are the header's.
package enum Limit: Int, Sendable, CaseIterable {
  case connections = 1, address, addressRate, messageRate, byteRate, outbox, memory, message
  case groups, mailbox, calls
}
