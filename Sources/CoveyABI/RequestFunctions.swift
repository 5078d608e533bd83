public import CCovey
internal import CoveyCore
internal import CoveyTransport

// What a consumer's request said: each function finds one text and lends it.

/// Answers a text of a consumer that still can be asked about.
private func lend(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?,
  _ find: (ForeignHost, ConsumerID, Request) throws(Failure) -> (some Collection<UInt8>)?
) -> covey_status {
  status { () throws(Failure) in
    let (host, id) = try known(server, consumer)
    guard let request = host.server.hub.request(of: id) else { throw .gone("consumer is gone") }
    guard let value = try find(host, id, request) else { throw .notFound("there is none") }
    value_out?.pointee = UnsafePointer(host.lend(value))
    size_out?.pointee = value.count
  }
}

@c @implementation
public func covey_consumer_get_path(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.pathBytes }
}

@c @implementation
public func covey_consumer_get_param(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { (host, id, _) throws(Failure) in
    host.server.hub.parameter(try text(name, "name"), of: id)
  }
}

@c @implementation
public func covey_consumer_get_query(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ index: Int, _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
  _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { (_, _, request) throws(Failure) in
    request.query(try text(name, "name"), index)
  }
}

@c @implementation
public func covey_consumer_get_query_string(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.queryString }
}

@c @implementation
public func covey_consumer_get_header(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { (host, id, _) throws(Failure) in
    host.server.header(try text(name, "name").lowercased(), of: id)
  }
}

@c @implementation
public func covey_consumer_get_cookie(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ name: UnsafePointer<CChar>?,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { (host, id, _) throws(Failure) in
    let name = try text(name, "name")
    return host.server.header("cookie", of: id).flatMap { Cookies.value(of: name, in: $0) }
  }
}

@c @implementation
public func covey_consumer_get_origin(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.originBytes }
}

@c @implementation
public func covey_consumer_get_offered_subprotocol(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id, _ index: Int,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.subprotocol(index) }
}

@c @implementation
public func covey_consumer_get_subprotocol(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.chosenSubprotocolBytes }
}

@c @implementation
public func covey_consumer_get_peer(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.peerBytes }
}

@c @implementation
public func covey_consumer_get_user(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { host, id, _ in host.server.hub.user(of: id)??.utf8 }
}

@c @implementation
public func covey_consumer_get_address(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { host, id, _ in
    Address.of(id, server: host.server.hub.token).utf8
  }
}

@c @implementation
public func covey_consumer_get_scheme(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.scheme.utf8 }
}

@c @implementation
public func covey_consumer_get_host(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.hostBytes }
}

@c @implementation
public func covey_consumer_get_certificate(
  _ server: OpaquePointer?, _ consumer: covey_consumer_id,
  _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  lend(server, consumer, value_out, size_out) { _, _, request in request.certificate }
}
