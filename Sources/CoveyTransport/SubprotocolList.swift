internal import CoveyCore

/// The subprotocols of a request: `a, b` (RFC 6455 section 11.3.4).
struct SubprotocolList {
  private(set) var offers: [[UInt8]] = []
  /// Too long, or not a list of tokens: libwebsockets would drop the connection for it.
  private(set) var isBad = false

  init(_ header: [UInt8]?) {
    guard let header else { return }
    guard header.count <= Limits.subprotocolListBytesMax else {
      isBad = true
      return
    }
    for part in header.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let offer = Array(part.trimmingBlanks())
      guard !offer.isEmpty, offer.count <= Limits.subprotocolBytesMax,
        offer.allSatisfy(Self.isPlain)
      else {
        isBad = true
        return
      }
      offers.append(offer)
    }
  }

  /// The characters of a token (RFC 9110 section 5.6.2) that libwebsockets' tokenizer leaves whole.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension ArraySlice<UInt8> {
  /// Without spaces and tabs around it.
  func trimmingBlanks() -> ArraySlice<UInt8> {
    var rest = self
    while let first = rest.first, first == 32 || first == 9 { rest = rest.dropFirst() }
    while let last = rest.last, last == 32 || last == 9 { rest = rest.dropLast() }
    return rest
  }
}

extension SubprotocolList {
  /// Whether a comma-separated header has this token, in whatever case.
  static func names(_ token: String, in header: [UInt8]?) -> Bool {
    guard let header else { return false }
    return header.split(separator: UInt8(ascii: ",")).contains {
      String(decoding: $0.trimmingBlanks(), as: UTF8.self).lowercased() == token
    }
  }
}
