import CSockets
import Glibc

/// Keeps other processes from listening in the same folder just now. It leaves no file behind, and
/// ends with its process.
struct FolderLock {
  /// Whoever has it needs less than a millisecond: after so many somebody holds it up for good.
  private static let patienceMilliseconds = 1000

  private let folder: Int32

  /// Locks the folder of a path; nil when that cannot be had: of a folder that cannot be read, in a
  /// file system without locks, against somebody who does not give it back.
  init?(of path: String) {
    let parts = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = parts.map { path[...$0] } ?? "."
    folder = open(String(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    for _ in 0..<Self.patienceMilliseconds {
      if covey__lock(folder) == 0 { return }
      guard errno == EWOULDBLOCK || errno == EINTR else { break }
      poll(nil, 0, 1)
    }
    Glibc.close(folder)
    return nil
  }

  func release() {
    // A child that was forked meanwhile has the descriptor, too.
    covey__unlock(folder)
    Glibc.close(folder)
  }
}
