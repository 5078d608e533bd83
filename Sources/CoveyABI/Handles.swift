internal import CCovey
internal import CoveyCore
internal import CoveyTransport

// Turns what C hands over into safe values, or refuses it. The only place where ownership of a
// handle can be wrong.

/// Makes the handle of a server, which keeps it alive.
func retain(_ host: ForeignHost) -> OpaquePointer {
  OpaquePointer(Unmanaged.passRetained(host).toOpaque())
}

/// The server of a handle, for the length of a call.
@inline(__always)
func borrow(_ server: OpaquePointer?) throws(Failure) -> ForeignHost {
  guard let server else { throw .invalid("server is NULL") }
  return Unmanaged<ForeignHost>.fromOpaque(UnsafeRawPointer(server)).takeUnretainedValue()
}

/// The same for the calls that come by the million: the host keeps the handle for their length, so
/// nothing is counted.
@inline(__always)
func lending(
  _ server: OpaquePointer?, _ body: (ForeignHost) throws(Failure) -> Void
) throws(Failure) {
  guard let server else { throw .invalid("server is NULL") }
  var failure: Failure?
  Unmanaged<ForeignHost>.fromOpaque(UnsafeRawPointer(server))._withUnsafeGuaranteedRef { host in
    do { try body(host) } catch let error as Failure { failure = error } catch {}
  }
  if let failure { throw failure }
}

/// Takes back what `retain` gave.
func release(_ server: OpaquePointer) {
  Unmanaged<ForeignHost>.fromOpaque(UnsafeRawPointer(server)).release()
}

/// A NUL-terminated text; nil for NULL.
func optionalText(
  _ pointer: UnsafePointer<CChar>?, _ what: StaticString
) throws(Failure) -> String? {
  guard let pointer else { return nil }
  guard let text = String(validatingCString: pointer) else {
    throw .invalid("\(what) is not utf-8")
  }
  return text
}

func text(_ pointer: UnsafePointer<CChar>?, _ what: StaticString) throws(Failure) -> String {
  guard let text = try optionalText(pointer, what) else { throw .invalid("\(what) is NULL") }
  return text
}

/// A list of texts that ends with a NULL.
func texts(
  _ list: UnsafePointer<UnsafePointer<CChar>?>?, _ what: StaticString
) throws(Failure) -> [String] {
  guard let list else { return [] }
  var texts: [String] = []
  while let pointer = list[texts.count] { texts.append(try text(pointer, what)) }
  return texts
}

/// Who somebody is; nil for nobody.
func userName(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> String? {
  let user = try optionalText(pointer, "user")
  let size = user?.utf8.count ?? 0
  guard size <= Limits.nameBytesMax else {
    throw .tooLarge("user is \(size) bytes, limit \(Limits.nameBytesMax)")
  }
  return user
}

/// A group's name, or a consumer's address where that is allowed.
func target(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> Name {
  let name = Name(try text(pointer, "group name"))
  let size = name.bytes.count
  guard size > 0 else { throw .invalid("group name is empty") }
  guard size <= Limits.nameBytesMax else {
    throw .invalid("group name is \(size) bytes, limit \(Limits.nameBytesMax)")
  }
  return name
}

/// A payload, checked before a byte of it is read.
@inline(__always)
func payload(
  _ data: UnsafeRawPointer?, _ size: Int, atMost limit: Int
) throws(Failure) -> UnsafeBufferPointer<UInt8> {
  guard size >= 0, size <= limit else {
    throw .tooLarge("payload is \(UInt(bitPattern: size)) bytes, limit \(limit)")
  }
  guard size > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
  guard let data else { throw .invalid("data is NULL, size is \(size)") }
  return UnsafeBufferPointer(start: data.assumingMemoryBound(to: UInt8.self), count: size)
}

/// A whole message, checked.
@inline(__always)
func message(
  _ kind: covey_kind, _ data: UnsafeRawPointer?, _ size: Int, atMost limit: Int
) throws(Failure) -> (MessageKind, UnsafeBufferPointer<UInt8>) {
  let bytes = try payload(data, size, atMost: limit)
  if kind == covey_kind(COVEY_TEXT) {
    guard (try? UTF8Span(validating: bytes.span)) != nil else {
      throw .invalid("text is not utf-8")
    }
    return (.text, bytes)
  }
  guard kind == covey_kind(COVEY_BINARY) else { throw .invalid("kind is \(kind)") }
  return (.binary, bytes)
}

func closeCode(_ code: UInt16, or fallback: CloseCode) throws(Failure) -> CloseCode {
  guard code != 0 else { return fallback }
  let closeCode = CloseCode(rawValue: code)
  guard closeCode.isValidToSend else { throw .invalid("close code \(code) cannot be sent") }
  return closeCode
}

/// What the host gives with a function, and takes back once.
final class Owned: @unchecked Sendable {
  let user: UnsafeMutableRawPointer?
  private let destroy: covey_destroy_fn?

  init(_ user: UnsafeMutableRawPointer?, _ destroy: covey_destroy_fn?) {
    self.user = user
    self.destroy = destroy
  }

  deinit { destroy?(user) }
}

/// Structs that tell their own size, and grow at their end.
enum ForeignStruct {
  /// No struct of ours ever comes near; a larger size is garbage.
  static let bytesMax = 4096

  /// Reads as much as the caller's size says; the rest is zero. Call `check` next: it is apart, so
  /// that what is in the struct can be given back when the call fails for another reason.
  static func read<Value>(_ pointer: UnsafePointer<Value>?, into zero: Value) -> Value {
    guard let pointer else { return zero }
    let raw = UnsafeRawPointer(pointer)
    let size = Int(raw.loadUnaligned(as: UInt32.self))
    guard size >= 4, size <= bytesMax else { return zero }
    var value = zero
    withUnsafeMutableBytes(of: &value) { bytes in
      let count = min(size, bytes.count)
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: count))
    }
    return value
  }

  /// Refuses a size that is none, and fields that this version does not know.
  static func check<Value>(
    _ pointer: UnsafePointer<Value>?, _ what: StaticString
  ) throws(Failure) {
    guard let pointer else { return }
    let raw = UnsafeRawPointer(pointer)
    let size = Int(raw.loadUnaligned(as: UInt32.self))
    let known = MemoryLayout<Value>.size
    guard size >= 4, size <= bytesMax else {
      throw .invalid("\(what).struct_size is \(size), expected \(known)")
    }
    for position in known..<max(known, size) {
      guard raw.load(fromByteOffset: position, as: UInt8.self) == 0 else {
        throw .invalid("\(what) is \(size) bytes and not zero beyond \(known): a newer version's")
      }
    }
  }

  /// Writes as much as the caller's size allows, leaving the size as it is.
  static func write<Value>(
    _ value: Value, to pointer: UnsafeMutablePointer<Value>, _ what: StaticString
  ) throws(Failure) {
    let raw = UnsafeMutableRawPointer(pointer)
    let size = Int(raw.loadUnaligned(as: UInt32.self))
    guard size >= 4, size <= bytesMax else {
      throw .invalid("\(what).struct_size is \(size), expected \(MemoryLayout<Value>.size)")
    }
    withUnsafeBytes(of: value) { bytes in
      let count = min(size, bytes.count)
      UnsafeMutableRawBufferPointer(start: raw + 4, count: count - 4)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[4..<count]))
    }
  }

  /// Zeroes a struct and sets its size, for languages without macros.
  static func initialise<Value>(_ pointer: UnsafeMutablePointer<Value>?, _ size: Int) {
    guard let pointer, size >= 4, size <= bytesMax else { return }
    let raw = UnsafeMutableRawPointer(pointer)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    raw.storeBytes(of: UInt32(size), as: UInt32.self)
  }
}
