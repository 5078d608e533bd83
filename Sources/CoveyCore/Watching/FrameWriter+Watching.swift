// What metrics and reports put besides.
extension FrameWriter {
  /// Seconds with as many decimals as they need, never through a floating-point number.
  func appendSeconds(nanoseconds: UInt64) {
    append(nanoseconds / 1_000_000_000)
    var rest = nanoseconds % 1_000_000_000
    guard rest > 0 else { return }
    append(UInt8(ascii: "."))
    var unit: UInt64 = 100_000_000
    while rest > 0 {
      append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / unit))
      rest %= unit
      unit /= 10
    }
  }

  func appendSeconds(milliseconds: UInt64) {
    appendSeconds(nanoseconds: milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
  }

  /// A JSON string of bytes that may be anything: what is not UTF-8 is shown as what it is not.
  func appendQuoted(unchecked bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    if (try? UTF8Span(validating: bytes.span)) != nil {
      appendQuoted(bytes)
    } else {
      appendQuoted(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// A label's value in quotes, escaped as the text format of Prometheus wants it.
  func appendLabelValue(_ text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\n"): append("\\n")
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}
