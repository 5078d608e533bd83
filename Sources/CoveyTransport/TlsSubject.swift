import CLibssl

/// Who a client with a certificate is.
enum TlsSubject {
  /// The subject of the certificate that the client has shown, as RFC 4514 writes it; nil: none.
  static func of(_ tls: OpaquePointer?) -> [UInt8]? {
    guard let tls, SSL_get_verify_result(tls) == X509_V_OK,
      let certificate = SSL_get1_peer_certificate(tls)
    else { return nil }
    defer { X509_free(certificate) }
    guard let text = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(text) }
    guard
      X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, covey__rfc2253) >= 0
    else { return nil }
    let count = BIO_ctrl_pending(text)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(0, Int(BIO_read(text, buffer.baseAddress, Int32(clamping: count))))
    }
  }
}
