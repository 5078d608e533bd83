/// What a log line is about: a name that stays the same while its words may change.
package enum LogEvent: String, Sendable, CaseIterable {
  // What the host's program did.
  case callFailed = "call.failed"
  case eventUnhandled = "event.unhandled"
  case loadFailed = "load.failed"

  // What clients did.
  case connectionProxyHeader = "connection.proxy_header"
  case connectionRefused = "connection.refused"
  case connectionTlsFailed = "connection.tls_failed"
  case connectionUnjoinable = "connection.unjoinable"
  case consumerNonsense = "consumer.nonsense"
  case consumerSlow = "consumer.slow"

  // A limit was reached.
  case limitConnections = "limit.connections"
  case limitAddress = "limit.address"
  case limitAddressRate = "limit.address_rate"
  case limitMessageRate = "limit.message_rate"
  case limitByteRate = "limit.byte_rate"
  case limitMemory = "limit.memory"
  case limitMessage = "limit.message"
  case limitGroups = "limit.groups"
  case limitMailbox = "limit.mailbox"
  case limitCalls = "limit.calls"

  // The layer.
  case layerConnected = "layer.connected"
  case layerDisconnected = "layer.disconnected"
  case layerGap = "layer.gap"
  case layerForeign = "layer.foreign"
  case layerRefused = "layer.refused"

  // The server and its machine.
  case drainBegan = "drain.began"
  case drainEnded = "drain.ended"
  case descriptorsMany = "descriptors.many"
}
