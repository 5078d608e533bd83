import CLibuv
import CoveyCore

/// Files that are read and written whole, by calls that wait.
enum UvFiles {
  /// Makes a call of libuv's; a negative answer is what the system says.
  private static func call(_ make: (inout uv_fs_t) -> Int32) -> (result: Int, text: String) {
    var request = uv_fs_t()
    defer { uv_fs_req_cleanup(&request) }
    let result = Int(make(&request))
    return (result, result < 0 ? String(cString: uv_strerror(Int32(result))) : "")
  }

  @discardableResult
  private static func done(
    _ path: String, _ make: (inout uv_fs_t) -> Int32
  ) throws(Failure) -> Int {
    let (result, text) = call(make)
    guard result >= 0 else { throw .system("\(Failure.quote(path)): \(text)") }
    return result
  }

  /// Makes the folders that a path lies in.
  static func makeFolders(above path: String) throws(Failure) {
    var position = path.index(path.startIndex, offsetBy: 1, limitedBy: path.endIndex)
    while let from = position, let slash = path[from...].firstIndex(of: "/") {
      let folder = String(path[..<slash])
      let (result, text) = call { uv_fs_mkdir(nil, &$0, folder, 0o777, nil) }
      guard result >= 0 || UvSystem.file(folder)?.isDirectory ?? false else {
        throw .system("\(Failure.quote(folder)): \(text)")
      }
      position = path.index(after: slash)
    }
  }

  /// The bytes of a file; nil when there is none.
  static func read(_ path: String) throws(Failure) -> [UInt8]? {
    let (file, text) = call { uv_fs_open(nil, &$0, path, 0, 0, nil) }
    if file == Int(UV_ENOENT.rawValue) { return nil }
    guard file >= 0 else { throw .system("\(Failure.quote(path)): \(text)") }
    defer { _ = call { uv_fs_close(nil, &$0, uv_file(file), nil) } }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try piece.withUnsafeMutableBytes { buffer -> Result<Int, Failure> in
        var view = uv_buf_init(
          buffer.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(buffer.count))
        do throws(Failure) {
          return .success(
            try done(path) { uv_fs_read(nil, &$0, uv_file(file), &view, 1, -1, nil) })
        } catch { return .failure(error) }
      }.get()
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
      guard bytes.count <= Limits.messageBytesCeiling else {
        throw .system("file \(Failure.quote(path)) is too large to be generated")
      }
    }
  }

  /// Writes a file that is not there yet.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let flags = UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL
    let file = try done(path) { uv_fs_open(nil, &$0, path, flags, 0o666, nil) }
    defer { _ = call { uv_fs_close(nil, &$0, uv_file(file), nil) } }
    var bytes = bytes
    var written = 0
    while written < bytes.count {
      let rest = written
      written += try bytes.withUnsafeMutableBytes { buffer -> Result<Int, Failure> in
        var view = uv_buf_init(
          buffer.baseAddress.map { ($0 + rest).assumingMemoryBound(to: CChar.self) },
          UInt32(truncatingIfNeeded: buffer.count - rest))
        do throws(Failure) {
          return .success(
            try done(path) { uv_fs_write(nil, &$0, uv_file(file), &view, 1, -1, nil) })
        } catch { return .failure(error) }
      }.get()
    }
  }

  static func move(_ from: String, to path: String) throws(Failure) {
    try done(path) { uv_fs_rename(nil, &$0, from, path, nil) }
  }

  static func remove(_ path: String) {
    _ = call { uv_fs_unlink(nil, &$0, path, nil) }
  }
}
