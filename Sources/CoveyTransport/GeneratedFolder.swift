package import CoveyCore

/// A folder that generated files are kept in.
package struct GeneratedFolder {
  private let path: String

  package init(_ path: String) {
    self.path = path
  }

  package func path(of file: GeneratedFile) -> String {
    path.hasSuffix("/") ? path + file.name : path + "/" + file.name
  }

  /// The text of a file as it is; nil when there is none.
  package func current(_ file: GeneratedFile) throws(Failure) -> String? {
    let path = path(of: file)
    guard let bytes = try UvFiles.read(path) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .system("file \(Failure.quote(path)) is not utf-8")
    }
    return text
  }

  /// Writes a file beside its place, and puts it there.
  package func write(_ file: GeneratedFile) throws(Failure) {
    let path = path(of: file)
    try UvFiles.makeFolders(above: path)
    let beside = "\(path).\(UvSystem.randomToken).new"
    do throws(Failure) {
      try UvFiles.write(Array(file.text.utf8), to: beside)
      try UvFiles.move(beside, to: path)
    } catch {
      UvFiles.remove(beside)
      throw error
    }
  }
}
