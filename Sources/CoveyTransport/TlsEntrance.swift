import CLibssl

/// Where every connection with TLS begins: the one context that libwebsockets has for all of them.
/// Before a byte is read it becomes one of its listener's identity, so that there can be many, and
/// others after a while.
final class TlsEntrance {
  /// Whose connection libwebsockets is being given just now, and what is told of it.
  var arriving: (identity: TlsIdentity, handshake: TlsHandshake)?
  /// libwebsockets would make one with all authorities of the system, were it not given one.
  let clientContext: OpaquePointer

  init?() {
    guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
    clientContext = context
  }

  deinit { SSL_CTX_free(clientContext) }

  /// Prepares the context that libwebsockets has made.
  func prepare(_ context: UnsafeMutableRawPointer?) {
    let context = OpaquePointer(context)
    _ = covey__tls_harden(context)
    // Its own would choose among virtual hosts by what the client calls us.
    covey__tls_ignore_server_names(context)
    SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
    SSL_CTX_set_info_callback(context) { tls, place, _ in
      guard let tls else { return }
      // The call that began it goes on here, whosever callback it has now.
      guard place == SSL_CB_HANDSHAKE_START,
        let data = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), 0)
      else { return TlsHandshake.happened(tls, at: place) }
      // The entrance outlives the context.
      Unmanaged<TlsEntrance>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.begin(tls) }
    }
  }

  private func begin(_ tls: OpaquePointer) {
    arriving?.identity.take(tls)
    arriving?.handshake.follow(tls)
  }
}
