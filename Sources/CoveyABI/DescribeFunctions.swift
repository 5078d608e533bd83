public import CCovey
internal import CoveyCore
internal import CoveyTransport

@c @implementation
public func covey_server_describe(
  _ server: OpaquePointer?, _ json_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
  _ size_out: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    guard let json_out else { throw .invalid("json_out is NULL") }
    let json = try description(host).json
    json_out.pointee = UnsafePointer(host.lend(json))
    size_out?.pointee = json.count
  }
}

private func description(_ host: ForeignHost) throws(Failure) -> Description {
  try host.server.requireLoop()
  return Description(try host.server.models.described(), host.server.hub)
}

@c @implementation
public func covey_typescript_options_init(
  _ options: UnsafeMutablePointer<covey_typescript_options>?, _ size: Int
) {
  ForeignStruct.initialise(options, size)
}

@c @implementation
public func covey_server_generate_typescript(
  _ server: OpaquePointer?, _ options: UnsafePointer<covey_typescript_options>?,
  _ changed_out: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<covey_error>?
) -> covey_status {
  status(error) { () throws(Failure) in
    let host = try borrow(server)
    guard options != nil else { throw .invalid("options is NULL") }
    let given = ForeignStruct.read(options, into: covey_typescript_options())
    try ForeignStruct.check(options, "covey_typescript_options")
    let known = UInt32(COVEY_TYPESCRIPT_CHECK | COVEY_TYPESCRIPT_RXDJANGO)
    guard given.flags & ~known == 0 else {
      throw .invalid("flags are \(given.flags), known \(known)")
    }
    let module = try optionalText(given.module, "module")
    let url = try optionalText(given.url, "url")
    let path = try text(given.folder, "folder")
    guard !path.isEmpty else { throw .invalid("folder is empty") }
    let isRxDjango = given.flags & UInt32(COVEY_TYPESCRIPT_RXDJANGO) != 0
    let generator: Generator =
      isRxDjango ? .rxDjango(module: module, url: url) : .covey(module: module, url: url)
    let isCheck = given.flags & UInt32(COVEY_TYPESCRIPT_CHECK) != 0
    let folder = GeneratedFolder(path)
    var changed = 0
    for file in try generator.files(try description(host)) {
      let current = try folder.current(file)
      // Strings that look alike are equal; files are when their bytes are.
      if let current, current.utf8.elementsEqual(file.text.utf8) { continue }
      changed += 1
      let path = folder.path(of: file)
      if !isCheck { try folder.write(file) }
      tell(given, isCheck ? UnifiedDiff.of(current, file.text, path: path) : path + "\n")
    }
    changed_out?.pointee = changed
  }
}

private func tell(_ options: covey_typescript_options, _ text: String) {
  guard let tell = options.on_output else { return }
  var text = text
  text.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { tell($0.baseAddress, $0.count, options.user) }
  }
}
