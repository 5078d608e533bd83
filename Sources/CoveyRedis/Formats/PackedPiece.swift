/// One value of MessagePack, or the beginning of an array or map.
enum PackedPiece {
  case null
  case boolean(Bool)
  case unsigned(UInt64)
  /// An integer that is packed with a sign; it may still be positive.
  case signed(Int64)
  case double(Double)
  /// Where the text is; not yet known to be UTF-8.
  case string(Range<Int>)
  case binary(Range<Int>)
  /// How many elements follow.
  case array(Int)
  /// How many pairs follow.
  case map(Int)
  case extended(Int8)
}
