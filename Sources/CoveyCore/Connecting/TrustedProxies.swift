/// Whose word about clients is taken.
package struct TrustedProxies: Sendable {
  private var networks: [Network] = []
  private var trustsUnix = false

  /// Takes networks, and `unix` for who comes by a Unix socket.
  package init(_ texts: [String] = []) throws(Failure) {
    for text in texts {
      if text == "unix" { trustsUnix = true } else { networks.append(try Network(text)) }
    }
  }

  package var isEmpty: Bool { networks.isEmpty && !trustsUnix }

  package func contains(_ peer: Peer) -> Bool {
    switch peer {
    case .address(let address): networks.contains { $0.contains(address) }
    case .unix: trustsUnix
    case .named: false
    }
  }
}
