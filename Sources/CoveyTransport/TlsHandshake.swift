import CLibssl

/// What becomes of a connection's handshake of TLS, as far as OpenSSL tells.
///
/// Whoever makes one keeps it until libwebsockets has let go of the connection, or it is done.
final class TlsHandshake {
  private(set) var isDone = false
  /// Whether the client said anything at all: load balancers connect and hang up, to see who lives.
  private(set) var hasHeard = false
  /// OpenSSL's words for what went wrong, once something did.
  private(set) var problem: String?

  /// Is told of a connection that is about to begin.
  func follow(_ tls: OpaquePointer) {
    SSL_set_ex_data(tls, 0, Unmanaged.passUnretained(self).toOpaque())
    // That of the context goes with the context, once the connection is its listener's.
    SSL_set_info_callback(tls) { tls, place, _ in
      if let tls { TlsHandshake.happened(tls, at: place) }
    }
  }

  /// OpenSSL's info callback: what happens to a connection.
  static func happened(_ tls: OpaquePointer, at place: Int32) {
    guard let data = SSL_get_ex_data(tls, 0) else { return }
    Unmanaged<TlsHandshake>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.happened(tls, place) }
  }

  private func happened(_ tls: OpaquePointer, _ place: Int32) {
    if place & SSL_CB_HANDSHAKE_DONE != 0 {
      isDone = true
      SSL_set_ex_data(tls, 0, nil)
      SSL_set_info_callback(tls, nil)
      return
    }
    // It stops, for want of bytes or for good. libwebsockets throws the reason away next.
    guard place & SSL_CB_EXIT != 0 else { return }
    if let input = SSL_get_rbio(tls) { hasHeard = BIO_number_read(input) > 0 }
    // Of several the last one says what it came to.
    let error = ERR_peek_last_error()
    guard problem == nil, error != 0 else { return }
    var text = [CChar](repeating: 0, count: 160)
    covey__tls_words(error, &text, text.count)
    var words = TlsIdentity.words(text)
    let verdict = SSL_get_verify_result(tls)
    if verdict != X509_V_OK, let more = X509_verify_cert_error_string(verdict) {
      words += ": \(String(cString: more))"
    }
    problem = words
  }
}
