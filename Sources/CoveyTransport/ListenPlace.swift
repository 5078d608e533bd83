/// Where a server can listen.
package enum ListenPlace: Sendable {
  /// A numeric address; port 0 lets the system choose.
  case address(String, port: UInt16, isShared: Bool)
  /// A Unix socket in the file system.
  case path(String, owner: String?, mode: UInt32)
  /// A socket that listens already.
  case descriptor(Int32)

  /// The longest path that a socket address holds, its NUL aside.
  package static let pathBytesMax = 107
  package static let backlog: UInt32 = 4096
}
