internal import CoveyCore
import CSockets
import Glibc

/// The calls to the operating system about sockets. This is the only file that makes them.
enum Sockets {
  /// An open listening socket.
  struct Listening {
    let descriptor: Int32
    /// 0 for a Unix socket.
    let port: UInt16
    /// Of a Unix socket in the file system that is ours to remove.
    var file: UnixFile?
  }

  /// A Unix socket as a file: its path alone may be another's meanwhile.
  struct UnixFile {
    let path: String
    let device: UInt
    let inode: UInt
  }

  /// What came of accepting.
  enum Accepted {
    case connection(Int32, Peer)
    /// Nobody waits.
    case nobody
    /// Who waited has gone again.
    case gone
    /// It cannot be done just now, for want of descriptors most likely.
    case exhausted
  }

  private static let stream = Int32(SOCK_STREAM.rawValue)
  private static let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

  // MARK: listening

  /// Listens on a numeric address.
  static func listen(
    address: IPAddress, isVersion6: Bool, port: UInt16, backlog: UInt32, isShared: Bool,
    at place: String
  ) throws(Failure) -> Listening {
    let family = isVersion6 ? AF_INET6 : AF_INET
    let descriptor = socket(family, stream | flags, 0)
    guard descriptor >= 0 else { throw problem(place) }
    do throws(Failure) {
      try set(SO_REUSEADDR, on: descriptor, place)
      if isShared { try set(SO_REUSEPORT, on: descriptor, place) }
      if isVersion6 {
        try set(Int32(IPV6_V6ONLY), level: Int32(IPPROTO_IPV6), on: descriptor, place)
      }
      let isBound = withSocketAddress(address, isVersion6: isVersion6, port) {
        bind(descriptor, $0, $1) == 0
      }
      guard isBound, Glibc.listen(descriptor, Int32(clamping: backlog)) == 0 else {
        throw problem(place)
      }
      return Listening(descriptor: descriptor, port: try self.port(of: descriptor, place))
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  /// Takes a socket that listens already.
  static func adopt(_ descriptor: Int32) throws(Failure) -> Listening {
    let place = "descriptor \(descriptor)"
    var isListening: Int32 = 0
    var kind: Int32 = 0
    guard get(SO_ACCEPTCONN, of: descriptor, &isListening), get(SO_TYPE, of: descriptor, &kind)
    else { throw problem(place) }
    guard isListening != 0, kind == stream else {
      throw .system("cannot listen on \(place): it is no stream socket that listens")
    }
    let port = try self.port(of: descriptor, place)
    let status = fcntl(descriptor, F_GETFL)
    guard status >= 0, fcntl(descriptor, F_SETFL, status | O_NONBLOCK) == 0,
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else { throw problem(place) }
    return Listening(descriptor: descriptor, port: port)
  }

  private static func port(of descriptor: Int32, _ place: String) throws(Failure) -> UInt16 {
    var storage = sockaddr_storage()
    var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &count) == 0
      }
    }
    guard isKnown else { throw problem(place) }
    switch Int32(storage.ss_family) {
    case AF_INET: return withUnsafeBytes(of: storage) { port($0) }
    case AF_INET6: return withUnsafeBytes(of: storage) { port($0) }
    case AF_UNIX: return 0
    default: throw .system("cannot listen on \(place): it is no socket of IPv4, IPv6 or Unix")
    }
  }

  /// Both families have it behind the family's two bytes, in the order of the network.
  private static func port(_ address: UnsafeRawBufferPointer) -> UInt16 {
    address.count < 4 ? 0 : UInt16(address[2]) << 8 | UInt16(address[3])
  }

  // MARK: accepting

  static func accept(_ listening: Int32) -> Accepted {
    var storage = sockaddr_storage()
    var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        accept4(listening, $0, &count, flags)
      }
    }
    guard descriptor >= 0 else {
      switch errno {
      case EAGAIN, EWOULDBLOCK: return .nobody
      // These were the connection's own (accept(2)).
      case ECONNABORTED, EINTR, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
        EOPNOTSUPP, ENETUNREACH, EPERM:
        return .gone
      default: return .exhausted
      }
    }
    switch Int32(storage.ss_family) {
    case AF_INET:
      noDelay(descriptor)
      return accepted(descriptor, withUnsafeBytes(of: storage) { IPAddress(bytes: $0[4..<8]) })
    case AF_INET6:
      noDelay(descriptor)
      return accepted(descriptor, withUnsafeBytes(of: storage) { IPAddress(bytes: $0[8..<24]) })
    default: return .connection(descriptor, .unix)
    }
  }

  private static func accepted(_ descriptor: Int32, _ address: IPAddress?) -> Accepted {
    guard let address else {
      Glibc.close(descriptor)
      return .gone
    }
    return .connection(descriptor, .address(address))
  }

  private static func noDelay(_ descriptor: Int32) {
    var yes: Int32 = 1
    _ = setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  // MARK: a connection before it is libwebsockets'

  enum Read {
    case bytes(Int)
    case later
    case end
  }

  /// Reads at most so many bytes behind those that are there.
  static func read(_ descriptor: Int32, _ bytes: inout [UInt8], atMost count: Int) -> Read {
    var piece = [UInt8](repeating: 0, count: count)
    let got = recv(descriptor, &piece, count, 0)
    if got > 0 {
      bytes += piece.prefix(got)
      return .bytes(got)
    }
    return got < 0 && [EAGAIN, EWOULDBLOCK, EINTR].contains(errno) ? .later : .end
  }

  static func close(_ descriptor: Int32) { Glibc.close(descriptor) }

  // MARK: the system's own words

  static func problem(_ place: String) -> Failure {
    .system("cannot listen on \(place): \(UvSystem.text(ofError: errno))")
  }

  private static func set(
    _ option: Int32, level: Int32 = SOL_SOCKET, on descriptor: Int32, _ place: String
  ) throws(Failure) {
    var yes: Int32 = 1
    let status = setsockopt(descriptor, level, option, &yes, socklen_t(MemoryLayout<Int32>.size))
    if status != 0 { throw problem(place) }
  }

  private static func get(_ option: Int32, of descriptor: Int32, _ value: inout Int32) -> Bool {
    var count = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, option, &value, &count) == 0
  }

  private static func withSocketAddress<Result>(
    _ address: IPAddress, isVersion6: Bool, _ port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(isVersion6 ? AF_INET6 : AF_INET)
    let bytes = address.bytes
    withUnsafeMutableBytes(of: &storage) { raw in
      raw[2] = UInt8(port >> 8)
      raw[3] = UInt8(truncatingIfNeeded: port)
      let start = isVersion6 ? 8 : 4
      for (position, byte) in (isVersion6 ? bytes[...] : bytes[12...]).enumerated() {
        raw[start + position] = byte
      }
    }
    let count =
      isVersion6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    return withUnsafePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(count)) }
    }
  }
}
