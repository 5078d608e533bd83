internal import CoveyCore

/// One format of messages in Redis: inputs and the time go in, commands and reports come out.
///
/// Commands are answered in order; those that were not when the connections end never are.
protocol Driver: AnyObject {
  /// Taken after each call, and carried out in order.
  var outputs: [DriverOutput] { get set }
  var now: DriverTime { get set }

  /// Both connections are there, and fresh.
  func connected()
  /// Both are gone.
  func disconnected()
  func perform(_ request: LayerRequest)
  /// The answer to the oldest command that has none.
  func replied(_ reply: RedisReply)
  /// What the listening connection says.
  func heard(_ reply: RedisReply)
  /// Comes every few seconds while connected; something is to be heard soon after it.
  func beat()
  /// Whether something that was to be sent is not known to have arrived.
  var isBusy: Bool { get }
  /// The server stops: says good-bye with what leaves at once.
  func close()
}

/// Both clocks, as of an input.
struct DriverTime {
  /// Never steps back.
  var milliseconds: UInt64 = 0
  /// Since 1970.
  var microseconds: UInt64 = 0
}
