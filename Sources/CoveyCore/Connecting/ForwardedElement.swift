/// What one proxy has said of one request, in a Forwarded header (RFC 7239).
package struct ForwardedElement: Equatable, Sendable {
  /// Its client as it is written: `192.0.2.1`, `[2001:db8::1]:4711`, `unknown`, `_hidden`.
  package private(set) var node: [UInt8]?
  package private(set) var scheme: [UInt8]?
  package private(set) var host: [UInt8]?

  /// Reads all elements, the first proxy's first; nil when the header is malformed.
  package static func list(_ header: [UInt8]) -> [ForwardedElement]? {
    var reader = Reader(bytes: header[...])
    var elements: [ForwardedElement] = []
    repeat {
      guard let element = reader.element() else { return nil }
      elements.append(element)
    } while reader.takes(UInt8(ascii: ","))
    return reader.bytes.isEmpty ? elements : nil
  }

  private struct Reader {
    var bytes: ArraySlice<UInt8>

    mutating func element() -> ForwardedElement? {
      var element = ForwardedElement()
      repeat {
        skipBlanks()
        // Lists may have empty parts (RFC 9110 section 5.6.1).
        guard let first = bytes.first, first != UInt8(ascii: ","), first != UInt8(ascii: ";")
        else { continue }
        let name = token()
        guard !name.isEmpty, takes(UInt8(ascii: "=")), let value = value(),
          element.set(String(decoding: name, as: UTF8.self).lowercased(), value)
        else { return nil }
        skipBlanks()
      } while takes(UInt8(ascii: ";"))
      return element
    }

    mutating func takes(_ byte: UInt8) -> Bool {
      guard bytes.first == byte else { return false }
      bytes.removeFirst()
      return true
    }

    private mutating func skipBlanks() {
      bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    }

    private mutating func token() -> ArraySlice<UInt8> {
      let token = bytes.prefix(while: Self.isInToken)
      bytes = bytes[token.endIndex...]
      return token
    }

    private mutating func value() -> [UInt8]? {
      guard takes(UInt8(ascii: "\"")) else {
        let token = token()
        return token.isEmpty ? nil : Array(token)
      }
      var value: [UInt8] = []
      while let byte = bytes.popFirst() {
        switch byte {
        case UInt8(ascii: "\""): return value
        case UInt8(ascii: "\\"):
          guard let escaped = bytes.popFirst() else { return nil }
          value.append(escaped)
        default: value.append(byte)
        }
      }
      return nil
    }

    private static func isInToken(_ byte: UInt8) -> Bool {
      Converter.isWord(byte) || "!#$%&'*+-.^`|~".utf8.contains(byte)
    }
  }

  /// Takes one parameter; false when it is there already. Others than these may come.
  private mutating func set(_ name: String, _ value: [UInt8]) -> Bool {
    switch name {
    case "for":
      guard node == nil else { return false }
      node = value
    case "proto":
      guard scheme == nil else { return false }
      scheme = value
    case "host":
      guard host == nil else { return false }
      host = value
    default: break
    }
    return true
  }
}
