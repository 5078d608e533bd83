internal import CoveyCore

/// What is known of a connection before it has said a word of its own.
struct Arrival {
  let listener: Listener
  /// By its socket, or by the PROXY protocol.
  let peer: Peer
  /// nil: in plain.
  let handshake: TlsHandshake?
}
