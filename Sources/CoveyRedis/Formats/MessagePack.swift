package import CoveyCore

/// MessagePack as Python's `msgpack` writes it by default, to and from JSON text.
///
/// Both ways are one pass from text to text, without a tree. Every input gives a result or a
/// failure; no length that an input claims is believed before the bytes are there.
package enum MessagePack {
  /// Arrays and maps inside each other, the outermost included.
  package static let depthMax = JSONScanner.depthMax

  /// Packs a JSON document.
  ///
  /// Integers of -2^63...2^64-1 take the least bytes; a number with a fraction or an exponent is
  /// a double. Members keep their order, also those that have a name twice: Python reads the last.
  ///
  /// - Throws: what the scanner says of a text that is not JSON or too deep; invalid for an integer
  ///   or a double out of range, and for a lone surrogate, which no UTF-8 text can hold.
  package static func pack(json text: Span<UInt8>) throws(Failure) -> [UInt8] {
    try JSONScanner.validate(text)
    var packer = Packer(capacity: text.count)
    try packer.document(text)
    return packer.output
  }

  package static func pack(json text: [UInt8]) throws(Failure) -> [UInt8] {
    try pack(json: text.span)
  }

  /// Writes as JSON text what was packed.
  ///
  /// What JSON lacks is written so: binary data as base64 with padding; a key that is a number,
  /// a boolean or nil as Python's `json.dumps` writes it, in quotes. Doubles have the fewest digits
  /// that read the same. A key that stands twice is written twice.
  ///
  /// - Throws: too large when nested too deep; protocol violation for binary keys, arrays and maps
  ///   as keys, extension types, infinities and NaN, text that is not UTF-8, and for bytes that
  ///   are missing or left over.
  package static func unpack(_ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
    var unpacker = Unpacker(capacity: bytes.count)
    try unpacker.document(bytes)
    return unpacker.output
  }

  package static func unpack(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    try unpack(bytes.span)
  }

  package static func unpack(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    try unpack(bytes.span)
  }
}
