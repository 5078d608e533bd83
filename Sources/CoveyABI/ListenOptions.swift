internal import CCovey
internal import CoveyCore
internal import CoveyTransport

extension ListenOptions {
  /// Takes a host's options, and refuses those that exclude each other.
  init(_ options: covey_listen_options) throws(Failure) {
    guard options.reserved == 0 else {
      throw .invalid("a reserved field of covey_listen_options is not zero")
    }
    let known =
      COVEY_LISTEN_REUSE_PORT | COVEY_LISTEN_PROXY_PROTOCOL | COVEY_LISTEN_CERTIFICATE_OPTIONAL
      | COVEY_LISTEN_OPERATORS
    guard options.flags & ~UInt32(known) == 0 else {
      throw .invalid("flags is \(options.flags), which has bits that mean nothing")
    }
    func has(_ flag: Int) -> Bool { options.flags & UInt32(flag) != 0 }
    self.init(
      trustedProxies: try TrustedProxies(try texts(options.trusted_proxies, "trusted_proxies")))
    place = try Self.place(options, isShared: has(COVEY_LISTEN_REUSE_PORT))
    if options.backlog != 0 { backlog = options.backlog }
    tls = try Self.tls(options, isOptional: has(COVEY_LISTEN_CERTIFICATE_OPTIONAL))
    expectsProxyHeader = has(COVEY_LISTEN_PROXY_PROTOCOL)
    isForOperators = has(COVEY_LISTEN_OPERATORS)
    guard !expectsProxyHeader || !trustedProxies.isEmpty else {
      throw .invalid("COVEY_LISTEN_PROXY_PROTOCOL without trusted_proxies would let nobody in")
    }
    if case .path = place, !trustedProxies.isEmpty, !trustedProxies.contains(.unix) {
      throw .invalid("trusted_proxies of a path without \"unix\" would believe nobody")
    }
  }

  private static func place(
    _ options: covey_listen_options, isShared: Bool
  ) throws(Failure) -> ListenPlace {
    let address = try optionalText(options.address, "address")
    let path = try optionalText(options.path, "path")
    let owner = try optionalText(options.owner, "owner")
    let kinds = [address != nil || options.port != 0, path != nil, options.descriptor != 0]
    guard kinds.count(where: { $0 }) <= 1 else {
      throw .invalid("address and port, path, and descriptor exclude each other")
    }
    guard path != nil || owner == nil && options.mode == 0 else {
      throw .invalid("owner and mode are of a path, and there is none")
    }
    if let path {
      let size = path.utf8.count
      guard (1...ListenPlace.pathBytesMax).contains(size) else {
        throw .invalid("path is \(size) bytes, limits 1 to \(ListenPlace.pathBytesMax)")
      }
      guard options.mode <= 0o777 else {
        throw .invalid("mode is 0\(String(options.mode, radix: 8)), limit 0777")
      }
      guard !isShared else { throw .invalid("COVEY_LISTEN_REUSE_PORT is of a port, not of a path") }
      return .path(path, owner: owner, mode: options.mode == 0 ? 0o600 : options.mode)
    }
    if options.descriptor != 0 {
      guard options.descriptor > 0 else {
        throw .invalid("descriptor is \(options.descriptor)")
      }
      guard !isShared, options.backlog == 0 else {
        throw .invalid("COVEY_LISTEN_REUSE_PORT and backlog are not of a descriptor")
      }
      return .descriptor(options.descriptor)
    }
    return .address(address ?? "127.0.0.1", port: options.port, isShared: isShared)
  }

  private static func tls(
    _ options: covey_listen_options, isOptional: Bool
  ) throws(Failure) -> TlsFiles? {
    let certificate = try optionalText(options.certificate_file, "certificate_file")
    let key = try optionalText(options.key_file, "key_file")
    let authority = try optionalText(options.client_ca_file, "client_ca_file")
    guard authority != nil || !isOptional else {
      throw .invalid("COVEY_LISTEN_CERTIFICATE_OPTIONAL without client_ca_file")
    }
    guard let certificate, let key else {
      guard certificate == nil, key == nil else {
        throw .invalid("certificate_file and key_file go together, and one is NULL")
      }
      guard authority == nil else {
        throw .invalid("client_ca_file without certificate_file and key_file")
      }
      return nil
    }
    return TlsFiles(
      certificate: certificate, key: key, clientAuthority: authority,
      isClientCertificateOptional: isOptional)
  }
}
