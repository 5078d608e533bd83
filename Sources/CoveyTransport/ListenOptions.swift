package import CoveyCore

/// Where to listen, and how whoever comes is met.
package struct ListenOptions: Sendable {
  package var place = ListenPlace.address("127.0.0.1", port: 0, isShared: false)
  package var backlog = ListenPlace.backlog
  package var tls: TlsFiles?
  /// Each connection begins with a header of the PROXY protocol.
  package var expectsProxyHeader = false
  /// Only what operators ask for is answered.
  package var isForOperators = false
  package var trustedProxies: TrustedProxies

  package init(trustedProxies: TrustedProxies) {
    self.trustedProxies = trustedProxies
  }
}
