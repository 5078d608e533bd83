/// The files that a listener with TLS shows and asks for.
package struct TlsFiles: Sendable {
  let certificate: String
  let key: String
  /// Who must have signed the certificates of clients; nil: clients are not asked.
  let clientAuthority: String?
  let isClientCertificateOptional: Bool

  package init(
    certificate: String, key: String, clientAuthority: String?,
    isClientCertificateOptional: Bool
  ) {
    self.certificate = certificate
    self.key = key
    self.clientAuthority = clientAuthority
    self.isClientCertificateOptional = isClientCertificateOptional
  }
}
