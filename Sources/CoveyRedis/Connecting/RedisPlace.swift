/// Where to connect to.
enum RedisPlace: Equatable {
  /// A numeric address.
  case address(String, port: UInt16)
  case path(String)
}
