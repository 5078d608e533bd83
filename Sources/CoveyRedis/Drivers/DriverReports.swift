internal import CoveyCore

/// Counts and logs what a bus is not expected to say; the log at most once in a while.
struct DriverReports {
  private var refusedLog = RareLog()
  private var foreignLog = RareLog()

  /// Redis refused a command.
  mutating func refused(_ text: String, _ outputs: inout [DriverOutput], _ now: DriverTime) {
    outputs.append(.report(.counted(.errors, 1)))
    guard let count = refusedLog.happened(at: now.milliseconds) else { return }
    outputs.append(
      .report(
        .log(
          LogRecord(
            .warning, .layerRefused, "redis refused a command: \(text)",
            ["error": .text(text), "count": .number(count)]))))
  }

  /// Somebody wrote what is no message of ours.
  mutating func foreign(
    _ outputs: inout [DriverOutput], _ now: DriverTime, _ why: String = "not of this format"
  ) {
    outputs.append(.report(.counted(.foreign, 1)))
    guard let count = foreignLog.happened(at: now.milliseconds) else { return }
    outputs.append(
      .report(
        .log(
          LogRecord(
            .warning, .layerForeign, "a message on the bus was dropped: \(why)",
            ["reason": .text(why), "count": .number(count)]))))
  }
}
