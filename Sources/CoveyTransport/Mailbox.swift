internal import CoveyCore

/// What another thread asks of the loop.
enum Command: Sendable {
  case send(ConsumerID, Frame)
  case close(ConsumerID, CloseCode, reason: [UInt8])
  case accept(ConsumerID)
  case reject(ConsumerID, status: Int, CloseCode?)
  case setUser(ConsumerID, String?)
  case add(ConsumerID, group: Name)
  case discard(ConsumerID, group: Name)
  case event(Event, group: Name)
  case broadcast(Frame, group: Name, except: ConsumerID?)
  case authenticate(ConsumerID, user: String?)
  case authorize(ConsumerID)
  case deny(ConsumerID, code: Int?, error: String?)
  case grant(ConsumerID, Name, isGranted: Bool)
  case edit(ConsumerID, AnchorEdit<[UInt8]>)
  case variable(ConsumerID, Name, [UInt8])
  case finishCall(CallID, [UInt8])
  case failCall(CallID, Int, String)
  case acceptWrite(CallID, String?, [UInt8]?)
  case put(Draft)
  case commit([Store.Change])
  case finishLoad(LoadID, [Store.Change])
  case failLoad(LoadID, isNotFound: Bool)
  case system(source: String, message: String)
  case drain(UInt64)
  case startTimer(UInt64, after: UInt64)
  case stopTimer(UInt64)
  case task(HostTask)
}

/// Carries commands from any thread to the loop, in order for each thread, within bounds.
final class Mailbox: Sendable {
  private struct Contents {
    var commands: [Command] = []
    var bytes = 0
    var refused: UInt64 = 0
    var isClosed = false
  }

  enum Outcome {
    case queued(mustWake: Bool)
    case full, closed
  }

  private let contents = UvLocked(Contents())
  private let entriesMax: Int
  private let bytesMax: Int
  /// What an entry takes besides its payload.
  private static let entryBytes = 64

  init(entriesMax: Int, bytesMax: Int) {
    self.entriesMax = entriesMax
    self.bytesMax = bytesMax
  }

  /// Adds a command with a payload of so many bytes. One that is only good to have is not counted
  /// when there is no room.
  func add(_ command: Command, bytes: Int, isOptional: Bool = false) -> Outcome {
    contents.withLock { contents in
      guard !contents.isClosed else { return .closed }
      let total = contents.bytes &+ bytes &+ Self.entryBytes
      guard contents.commands.count < entriesMax, total <= bytesMax else {
        if !isOptional { contents.refused &+= 1 }
        return .full
      }
      contents.bytes = total
      contents.commands.append(command)
      return .queued(mustWake: contents.commands.count == 1)
    }
  }

  /// Takes everything; also how many were refused since the last time.
  func takeAll() -> (commands: [Command], refused: UInt64) {
    contents.withLock { contents in
      defer {
        contents.commands = []
        contents.bytes = 0
        contents.refused = 0
      }
      return (contents.commands, contents.refused)
    }
  }

  /// Takes nothing more. What is in it is dropped by the caller, outside the lock.
  func close() -> [Command] {
    contents.withLock { contents in
      contents.isClosed = true
      defer { contents.commands = [] }
      return contents.commands
    }
  }
}
