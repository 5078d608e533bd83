/// What happens to who reads too slowly; the numbers are the header's.
package enum SlowPolicy: UInt32, Sendable {
  case close = 0, dropOldest, dropNewest
}
