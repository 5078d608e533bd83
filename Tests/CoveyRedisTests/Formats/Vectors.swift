#if Redis
  import Foundation

  /// The files beside `Tests/vectors/redis/make.py`, which wrote them with the packages of Python.
  enum Vectors {
    static func read<Vector: Decodable>(_ file: String, of: Vector.Type) throws -> [Vector] {
      let url = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("vectors/redis/" + file)
      return try JSONDecoder().decode([Vector].self, from: try Data(contentsOf: url))
    }
  }

  /// Bytes in hexadecimal digits; blanks between them are skipped.
  func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] * 16 + digits[$0 + 1])
    }
  }

  func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
#endif
