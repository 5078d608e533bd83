/// A name by its bytes: two texts that only look alike are two names.
package struct Name: Hashable, Sendable {
  package let bytes: [UInt8]

  /// Takes bytes that are known to be UTF-8.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  package init(_ text: String) { bytes = Array(text.utf8) }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
