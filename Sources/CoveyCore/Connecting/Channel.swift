/// What the host registered on a URL pattern, as far as the core knows it.
package final class Channel {
  package var pattern: Pattern
  package var origins: OriginRules
  package var isPublic = false
  package var isOriginRequired = false
  package var broadcastsReceived = false
  package var hasConnectHandler = false
  package var hasTextHandler = false
  package var hasBinaryHandler = false
  package var groups: [GroupName] = []
  /// What makes it a context channel.
  package var context: Context?
  /// Headers to keep past connect, in lower case.
  package var keptHeaders: [String] = []
  /// What one consumer may send; nil: as much as it likes.
  package var messageRate: Rate?
  package var byteRate: Rate?
  package var slowPolicy = SlowPolicy.close
  /// Marks of an outbox that the host is told of; nil: none.
  package var outboxHighBytes: Int?
  package var outboxLowBytes = 0
  package var hasOutboxHandler = false
  /// Position of the host's handler for each type of event.
  var eventHandlers: [Name: Int] = [:]

  package init(pattern: Pattern, origins: OriginRules) {
    self.pattern = pattern
    self.origins = origins
  }

  func takes(_ kind: MessageKind) -> Bool {
    broadcastsReceived || hasHandler(for: kind)
  }

  func hasHandler(for kind: MessageKind) -> Bool {
    kind == .text ? hasTextHandler : hasBinaryHandler
  }
}
