/// The kind of a message (RFC 6455 section 5.6).
package enum MessageKind: Sendable {
  case text, binary
}
