import CLibssl
internal import CoveyCore

/// What a listener shows to clients with TLS and wants of theirs, read from its files once.
final class TlsIdentity {
  let files: TlsFiles
  private let context: OpaquePointer
  /// Sessions of another identity are not resumed under this one.
  private let sessionContext: UInt64

  init(_ files: TlsFiles) throws(Failure) {
    guard let context = SSL_CTX_new(TLS_server_method()) else {
      throw .system("no TLS context: \(Self.problem().reason)")
    }
    self.files = files
    self.context = context
    sessionContext = UvSystem.randomToken
    _ = covey__tls_harden(context)
    // A key that is locked cannot be asked a password for: the default asks the terminal.
    SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
    SSL_CTX_set_alpn_select_cb(
      context,
      { _, chosen, chosenCount, offers, count, _ in
        TlsIdentity.chooseProtocol(chosen, chosenCount, offers, count)
      }, nil)
    try readCertificate()
    try readKey()
    try readClientAuthority()
  }

  deinit { SSL_CTX_free(context) }

  private func readCertificate() throws(Failure) {
    ERR_clear_error()
    guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
      let file = Failure.quote(files.certificate)
      throw .system("certificate file \(file): \(Self.problem().reason)")
    }
  }

  private func readKey() throws(Failure) {
    ERR_clear_error()
    let isRead = SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1
    if isRead, SSL_CTX_check_private_key(context) == 1 { return }
    let problem = Self.problem()
    guard isRead || problem.isMismatch else {
      throw .system("key file \(Failure.quote(files.key)): \(problem.reason)")
    }
    throw .system(
      "key file \(Failure.quote(files.key)) does not belong to certificate file "
        + Failure.quote(files.certificate))
  }

  private func readClientAuthority() throws(Failure) {
    guard let authority = files.clientAuthority else { return }
    ERR_clear_error()
    guard SSL_CTX_load_verify_file(context, authority) == 1,
      let names = SSL_load_client_CA_file(authority)
    else {
      throw .system("client ca file \(Failure.quote(authority)): \(Self.problem().reason)")
    }
    SSL_CTX_set_client_CA_list(context, names)
  }

  private static func problem() -> (reason: String, isMismatch: Bool) {
    var text = [CChar](repeating: 0, count: 160)
    var isMismatch: Int32 = 0
    covey__tls_reason(&text, text.count, &isMismatch)
    return (words(text), isMismatch != 0)
  }

  /// What OpenSSL wrote, up to its NUL, in the lower case that it mostly has.
  static func words(_ text: [CChar]) -> String {
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  /// Of what a client offers, HTTP/1.1: h2 would bring connections that skip checks of ours.
  private static func chooseProtocol(
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offers: UnsafePointer<UInt8>?, _ count: UInt32
  ) -> Int32 {
    let list = UnsafeBufferPointer(start: offers, count: Int(count))
    var position = 0
    while position < list.count {
      let end = position + 1 + Int(list[position])
      guard end <= list.count else { break }
      if list[(position + 1)..<end].elementsEqual("http/1.1".utf8) {
        chosen?.pointee = list.baseAddress.map { $0 + position + 1 }
        chosenCount?.pointee = list[position]
        return SSL_TLSEXT_ERR_OK
      }
      position = end
    }
    return SSL_TLSEXT_ERR_NOACK
  }

  /// Makes a connection that is about to begin one of this identity.
  func take(_ tls: OpaquePointer) {
    SSL_set_SSL_CTX(tls, context)
    var session = sessionContext
    SSL_set_session_id_context(tls, &session, UInt32(MemoryLayout<UInt64>.size))
    guard files.clientAuthority != nil else { return }
    let mustHave = files.isClientCertificateOptional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    SSL_set_verify(tls, SSL_VERIFY_PEER | mustHave, nil)
    covey__tls_forbid_resuming(tls)
  }
}
