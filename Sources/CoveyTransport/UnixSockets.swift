internal import CoveyCore
import CSockets
import Glibc

// Unix sockets in the file system: made without a moment in which somebody else could connect,
// and only ever removed when nobody answers on them, or they are our own.
extension Sockets {
  /// Listens on a path.
  static func listen(
    path: String, owner: String?, mode: UInt32, backlog: UInt32
  ) throws(Failure) -> Listening {
    let ids = try owner.map(Self.ids)
    let place = Failure.quote(path)
    // Or of two that come at once one takes the other's for dead: bound, and not listening yet.
    let lock = FolderLock(of: path)
    defer { lock?.release() }
    try removeDead(path, place)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | cloexec, 0)
    guard descriptor >= 0 else { throw problem(place) }
    var made: UnixFile?
    do throws(Failure) {
      // Its file has no more rights than these from its first moment; and nobody gets through
      // before listen.
      guard fchmod(descriptor, 0o600) == 0,
        withUnixAddress(path, { bind(descriptor, $0, $1) == 0 })
      else { throw problem(place) }
      made = file(path)
      try setRights(path, place, mode, ids)
      guard Glibc.listen(descriptor, Int32(clamping: backlog)) == 0
      else { throw problem(place) }
      return Listening(descriptor: descriptor, port: 0, file: made)
    } catch {
      Glibc.close(descriptor)
      if let made { remove(made) }
      throw error
    }
  }

  /// Whoever may write to the folder may put something else in the socket's place: what gets the
  /// rights is the socket, or nothing.
  private static func setRights(
    _ path: String, _ place: String, _ mode: UInt32, _ ids: (uid_t, gid_t)?
  ) throws(Failure) {
    let descriptor = covey__open_path(path)
    guard descriptor >= 0 else { throw problem(place) }
    defer { Glibc.close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0 else { throw problem(place) }
    guard found.st_mode & S_IFMT == S_IFSOCK else {
      throw .system("cannot listen on \(place): it is there, and no socket")
    }
    // In this order: who gives a file away may not change its mode any more.
    guard covey__change_mode(descriptor, mode_t(mode)) == 0 else { throw problem(place) }
    if let (user, group) = ids, covey__change_owner(descriptor, user, group) != 0 {
      throw problem(place)
    }
  }

  /// Removes a socket's file, if it still is that socket's.
  static func remove(_ file: UnixFile) {
    guard let found = self.file(file.path), found.device == file.device,
      found.inode == file.inode
    else { return }
    unlink(file.path)
  }

  private static let cloexec = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

  /// Makes room where a server once was; throws when somebody answers, or it is no socket.
  private static func removeDead(_ path: String, _ place: String) throws(Failure) {
    var found = stat()
    guard lstat(path, &found) == 0 else {
      if errno == ENOENT { return }
      throw problem(place)
    }
    guard found.st_mode & S_IFMT == S_IFSOCK else {
      throw .system("cannot listen on \(place): it is there, and no socket")
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | cloexec, 0)
    guard descriptor >= 0 else { throw problem(place) }
    let isRefused = withUnixAddress(path) {
      connect(descriptor, $0, $1) != 0 && errno == ECONNREFUSED
    }
    Glibc.close(descriptor)
    guard isRefused else {
      throw .system("cannot listen on \(place): address already in use")
    }
    remove(UnixFile(path: path, device: UInt(found.st_dev), inode: UInt(found.st_ino)))
  }

  private static func file(_ path: String) -> UnixFile? {
    var found = stat()
    guard lstat(path, &found) == 0, found.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return UnixFile(path: path, device: UInt(found.st_dev), inode: UInt(found.st_ino))
  }

  private static func withUnixAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      // The last byte stays the NUL.
      for (position, byte) in path.utf8.prefix(room.count - 1).enumerated() {
        room[position] = byte
      }
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  // MARK: owners

  /// The ids of "user", "user:group" and ":group", by name or number; one that is not named stays.
  private static func ids(_ owner: String) throws(Failure) -> (uid_t, gid_t) {
    let colon = owner.utf8.firstIndex(of: UInt8(ascii: ":"))
    let user = owner[..<(colon ?? owner.endIndex)]
    let group = colon.map { owner[owner.utf8.index(after: $0)...] }
    guard !user.isEmpty || !(group ?? "").isEmpty, group.map({ !$0.isEmpty }) ?? true else {
      throw .invalid("owner \(Failure.quote(owner)) is none of user, user:group and :group")
    }
    let kept = UInt32.max
    return (
      try user.isEmpty ? kept : userID(String(user)),
      try group.map { (name) throws(Failure) in try groupID(String(name)) } ?? kept
    )
  }

  private static let entryBytesMax = 1 << 20

  private static func userID(_ name: String) throws(Failure) -> uid_t {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    let status = withEntryBuffer { getpwnam_r(name, &entry, $0, $1, &found) }
    if found != nil { return entry.pw_uid }
    // As chown(1) does: a name first, then a number.
    if let number = UInt32(name), number != .max { return number }
    throw .system("user \(Failure.quote(name)): \(status == 0 ? "no such user" : text(status))")
  }

  private static func groupID(_ name: String) throws(Failure) -> gid_t {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    let status = withEntryBuffer { getgrnam_r(name, &entry, $0, $1, &found) }
    if found != nil { return entry.gr_gid }
    if let number = UInt32(name), number != .max { return number }
    throw .system("group \(Failure.quote(name)): \(status == 0 ? "no such group" : text(status))")
  }

  private static func text(_ status: Int32) -> String { UvSystem.text(ofError: status) }

  /// Calls with more and more room, as long as it is too little.
  private static func withEntryBuffer(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> Int32
  ) -> Int32 {
    var count = 1024
    while true {
      var buffer = [CChar](repeating: 0, count: count)
      let status = body(&buffer, count)
      guard status == ERANGE, count < entryBytesMax else { return status }
      count *= 4
    }
  }
}
