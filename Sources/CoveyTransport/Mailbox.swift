internal import CoveyCore

/// What another thread asks of the loop.
enum Command: Sendable {
  case send(ConsumerID, Frame)
  case close(ConsumerID, CloseCode, reason: [UInt8])
  case accept(ConsumerID)
  case reject(ConsumerID, status: Int, CloseCode?)
  case setUser(ConsumerID, String?)
  case setExpiry(ConsumerID, after: UInt32?)
  case disconnectUser(String, CloseCode, reason: [UInt8])
  case add(ConsumerID, group: Name)
  case discard(ConsumerID, group: Name)
  case event(Event, group: Name)
  case addressed(Event, Name)
  case broadcast(Frame, group: Name, except: ConsumerID?)
  case authenticate(ConsumerID, user: String?)
  case authorize(ConsumerID)
  case reauthorize(ConsumerID)
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
    var refused: Refused?
    var isClosed = false
  }

  /// How many were refused, and the bound that the last of them met.
  struct Refused {
    var count: UInt64
    var maximum: Int
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
        if !isOptional {
          contents.refused = Refused(
            count: (contents.refused?.count ?? 0) &+ 1,
            maximum: total > bytesMax ? bytesMax : entriesMax)
        }
        return .full
      }
      contents.bytes = total
      contents.commands.append(command)
      return .queued(mustWake: contents.commands.count == 1)
    }
  }

  /// Takes everything; also how many were refused since the last time.
  func takeAll() -> (commands: [Command], refused: Refused?) {
    contents.withLock { contents in
      defer {
        contents.commands = []
        contents.bytes = 0
        contents.refused = nil
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
