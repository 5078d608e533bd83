public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_server_get_metrics(
  _ server: OpaquePointer?, _ text_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
  _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let text_out else { throw .invalid("text_out is NULL") }
    let text = try host.server.metrics()
    text_out.pointee = UnsafePointer(host.lend(text))
    size_out?.pointee = text.count
  }
}

@c @implementation
public func covey_server_get_report(
  _ server: OpaquePointer?, _ json_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
  _ size_out: UnsafeMutablePointer<Int>?
) -> covey_status {
  status { () throws(Failure) in
    let host = try borrow(server)
    guard let json_out else { throw .invalid("json_out is NULL") }
    let json = try host.server.report()
    json_out.pointee = UnsafePointer(host.lend(json))
    size_out?.pointee = json.count
  }
}
