import CoveyCore
import Testing

/// Plays a scenario on a hub with the channels of `ContextWorld`, and compares what is seen.
///
///     put Project {"id":1,"title":"P"}         a step; what it shows is not looked at
///     A opens /project/1/ ann                  connects, and sends the first frame
///       A: {"type":"auth",...}                 indented: all that is seen, a line for each frame
///         or what the host is told; deeper lines that name nobody go on with the line before
///       ...                                    any other lines, or none
///     delete Task 9 & +5s                      `&` joins steps of one turn
///       nothing                                nothing at all is seen
///
/// Frames are exact JSON text, with what every row has put shortly: see `ContextText`. The steps
/// are those of `ContextScenario`.
func checkContext(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  let report = ContextScenario().play(text)
  if let report { Issue.record("\n\(report)", sourceLocation: sourceLocation) }
}

/// A step, and what must be seen of it.
struct ContextStep {
  private(set) var step: String
  /// Nil: anything.
  private(set) var expected: [String]?

  static func all(in text: String) -> [ContextStep] {
    var steps: [ContextStep] = []
    for line in text.split(separator: "\n") {
      let content = String(line.drop { $0 == " " })
      guard !content.isEmpty else { continue }
      if line.first != " " {
        steps.append(ContextStep(step: content))
      } else if !steps.isEmpty {
        steps[steps.count - 1].take(content)
      }
    }
    return steps
  }

  private mutating func take(_ line: String) {
    let word = line.prefix { $0 != " " }
    let isNew =
      line == "..." || line == "nothing"
      || (word.last == ":" && word.dropLast().allSatisfy(\.isLetter))
    guard isNew else {
      if var lines = expected, let last = lines.popLast() {
        expected = lines + [last + line]
      } else {
        step += line
      }
      return
    }
    expected = (expected ?? []) + (line == "nothing" ? [] : [line])
  }

  /// Whether these lines are the expected ones; `...` stands for any number of lines.
  func fits(_ seen: [String]) -> Bool {
    guard let expected else { return !seen.contains { $0.contains("PROBLEM") } }
    return Self.fits(expected[...], seen[...])
  }

  private static func fits(_ expected: ArraySlice<String>, _ seen: ArraySlice<String>) -> Bool {
    guard let first = expected.first else { return seen.isEmpty }
    if first == "..." {
      return fits(expected.dropFirst(), seen) || (!seen.isEmpty && fits(expected, seen.dropFirst()))
    }
    return first == seen.first && fits(expected.dropFirst(), seen.dropFirst())
  }
}

/// Drives a hub: the host and its clients, in words.
final class ContextScenario: FakeHost {
  var limits = Limits()
  private var loads = false
  private(set) lazy var transport: FakeTransport = {
    let transport = FakeTransport(Hub(limits: limits, token: 7, secret: Secret(1, 2)), self)
    transport.wallTime = ContextText.startOfTime
    transport.tick()
    attempt {
      transport.hub.adopt(try ContextWorld.schema(loads: loads), isToldOfChanges: isTold)
      try ContextWorld.register(on: transport.hub)
    }
    return transport
  }()
  var hub: Hub { transport.hub }
  var text = ContextText()
  private(set) var seen: [String] = []
  /// Every frame that anybody got, as it was.
  private(set) var frames: [[UInt8]] = []
  private var isTold = false
  private var hasFailed = false
  /// Of the host's last call that was refused.
  var message = ""
  /// Steps that the host takes when it is asked something.
  var handlers = ["authenticate": "authenticate me $", "authorize": "authorize me"]
  /// Who and what a handler is about.
  var me = ""
  var it = CallID(raw: 0)
  var token = ""
  var calls: [CallID] = []
  var openLoads: [LoadID] = []

  /// Returns nil, or all lines with the wrong ones marked.
  func play(_ script: String) -> String? {
    var report: [String] = []
    var isRight = true
    for step in ContextStep.all(in: script) {
      seen = []
      hasFailed = false
      perform(step.step)
      if !step.step.hasPrefix("limits"), step.step != "loads", step.step != "told" {
        transport.settle()
      }
      report.append("    " + step.step)
      guard !step.fits(seen) || (hasFailed && step.expected == nil) else {
        report += seen.map { "      " + $0 }
        continue
      }
      isRight = false
      report += (step.expected ?? ["..."]).map { "  -   " + $0 }
      report += seen.map { "  +   " + $0 }
      if step.expected?.isEmpty == true { report.append("  -   nothing") }
      if seen.isEmpty { report.append("  +   nothing") }
    }
    return isRight ? nil : report.joined(separator: "\n")
  }

  func tell(_ note: String) { seen.append(text.shown(note)) }

  func got(_ name: String, _ frames: [String]) {
    for frame in frames {
      let isText = frame.hasPrefix("text ")
      tell("\(name): \(isText ? frame.dropFirst(5) : frame[...])")
    }
  }

  func attempt(_ body: () throws -> Void) {
    do { try body() } catch let failure as Failure {
      message = failure.message
      hasFailed = true
      tell("host: \(failure.kind)")
    } catch {
      tell("PROBLEM: \(error)")
    }
  }

  // MARK: FakeHost

  func connect(_ name: String, _ id: ConsumerID) {}
  func message(_ name: String, _ id: ConsumerID, _ kind: MessageKind, _ bytes: [UInt8]) {
    tell("PROBLEM: \(name) sent a message")
  }
  func event(_ name: String, _ id: ConsumerID, _ event: Event) {}
  func log(_ message: String) {}
  func dropped(_ name: String) { tell("\(name): dropped") }
  func disconnect(_ name: String, _ id: ConsumerID, _ ending: Ending) {
    tell("host: \(name) gone \(ending.cause) \(ending.code.rawValue)")
  }

  func shown(_ payload: [UInt8]) -> String {
    frames.append(payload)
    return String(decoding: payload, as: UTF8.self)
  }

  func perform(_ effect: Effect) {
    switch effect {
    case .authenticate(let id, let token):
      self.token = String(decoding: token, as: UTF8.self)
      handle("authenticate", id)
    case .authorize(let id): handle("authorize", id)
    case .open(let id, let lastUpdate):
      handle("open", id) { tell("host: \(self.me) opened \(lastUpdate)") }
    case .list(let id): handle("list", id)
    case .load(let load, let model, let id):
      openLoads.append(load)
      let name = ContextWorld.models[model]
      tell("host: load L\(openLoads.count) \(name) \(String(decoding: id.text, as: UTF8.self))")
    case .write(let id, let call, let request):
      calls.append(call)
      it = call
      let name = transport.names[id] ?? "?"
      if handlers["write"] == nil { tell("host: \(name) writes C\(calls.count) \(shown(request))") }
      handle("write", id)
    case .storeChanged(let change):
      let id = String(decoding: change.id.text, as: UTF8.self)
      let json = change.json.map { String(decoding: $0, as: UTF8.self) } ?? "null"
      tell("host: \(ContextWorld.models[change.model]) \(id) is \(json) at \(change.version)")
    case .callOver, .loadOver: break
    default: tell("PROBLEM: \(effect)")
    }
  }

  private func shown(_ write: WriteRequest) -> String {
    let names = ContextWorld.models
    let json = String(decoding: write.json, as: UTF8.self)
    let id = write.id.map { " \(String(decoding: $0.text, as: UTF8.self))" } ?? ""
    let parent =
      write.parent.map {
        " in \(names[$0.model]) \(String(decoding: $0.id.text, as: UTF8.self))"
          + " \($0.relationName.text)"
      } ?? ""
    let operation = [1: "save", 2: "create", 4: "delete"][write.operation.rawValue] ?? "?"
    return "\(operation) \(names[write.model])\(id)\(parent) \(json)"
  }

  func action(
    _ name: String, _ id: ConsumerID, _ call: CallID, _ handler: Int, _ bytes: [UInt8]
  ) {
    calls.append(call)
    it = call
    let action = ContextWorld.actionNames[handler]
    if handlers[action] == nil {
      let parameters = String(decoding: bytes, as: UTF8.self)
      tell("host: \(name) calls C\(calls.count) \(action) \(parameters)")
    }
    handle(action, id)
  }

  private func handle(_ handler: String, _ id: ConsumerID, else body: () -> Void = {}) {
    let outer = me
    me = transport.names[id] ?? "?"
    if let step = handlers[handler] { perform(step) } else { body() }
    me = outer
  }

  // MARK: setup

  func prepare(_ words: [String]) {
    switch words[0] {
    case "loads": loads = true
    case "told": isTold = true
    default:
      for word in words.dropFirst() {
        let pair = word.split(separator: "=").map(String.init)
        guard let change = Self.limits[pair[0]], let value = Int(pair[1]) else {
          tell("PROBLEM: no limit \(word)")
          continue
        }
        change(&limits, value)
      }
    }
  }

  private static let limits: [String: @Sendable (inout Limits, Int) -> Void] = [
    "authentication": { $0.authenticationTimeoutMilliseconds = UInt64($1) },
    "call": { $0.callTimeoutMilliseconds = UInt64($1) },
    "calls": { $0.callsPerConsumerMax = $1 },
    "state": { $0.stateBytesMax = $1 },
    "other": { $0.contextBytesMax = $1 },
    "piece": { $0.snapshotPieceBytes = $1 },
    "anchors": { $0.anchorsPerConsumerMax = $1 },
    "unfollowed": { $0.unfollowedTimeoutMilliseconds = UInt64($1) },
    "session": { $0.sessionTimeoutMilliseconds = UInt64($1) },
    "store": { $0.storeBytesMax = $1 },
    "changes": { $0.logChangesMax = $1 },
    "log": { $0.logBytesMax = $1 },
    "age": { $0.logAgeMilliseconds = UInt64($1) },
    "depth": { $0.jsonDepthMax = $1 },
    "message": { $0.messageBytesMax = $1 },
    "ping": { $0.pingIntervalMilliseconds = $1 == 0 ? nil : UInt64($1) },
    "memory": { $0.memoryBytesMax = $1 },
    "silence": { $0.silenceTimeoutMilliseconds = $1 == 0 ? nil : UInt64($1) },
  ]
}
