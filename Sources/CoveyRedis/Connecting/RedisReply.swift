/// What Redis answers.
package enum RedisReply: Sendable, Equatable {
  case nothing
  case number(Int64)
  /// A status such as OK is bytes as well.
  case bytes([UInt8])
  case list([RedisReply])
  case error(String)

  var bytes: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// A number, also one that is written as text.
  var number: UInt64? {
    switch self {
    case .number(let number): UInt64(exactly: number)
    case .bytes(let bytes): UInt64(String(decoding: bytes, as: UTF8.self))
    case .nothing, .list, .error: nil
    }
  }

  var list: [RedisReply]? {
    if case .list(let list) = self { list } else { nil }
  }
}
