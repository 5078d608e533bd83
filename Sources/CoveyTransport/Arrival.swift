internal import CoveyCore

/// A connection that is no consumer yet.
final class Arrival {
  enum Stage {
    /// Its proxy has yet to say whose it is.
    case introduction(ProxyIntroduction)
    /// It has yet to ask for something.
    case connection(LwsConnection)
    /// It has asked, or gone.
    case over
  }

  let listener: Listener
  /// By its socket, or by the PROXY protocol.
  var peer: Peer
  /// When it must have asked for something.
  let dueAt: UInt64
  /// Changed by the doorstep alone once it is over.
  var stage = Stage.over
  /// Of TLS; nil: in plain, or not begun.
  var handshake: TlsHandshake?
  var isLate = false

  init(_ peer: Peer, at listener: Listener, dueAt: UInt64) {
    self.listener = listener
    self.peer = peer
    self.dueAt = dueAt
  }
}
