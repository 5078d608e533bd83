import CoveyCore

/// A connection of one process to the bus, with all that is on its way.
final class BusLine {
  enum Command {
    case subscribe(Int)
    case unsubscribe(Int)
    case publish(Letter, Int)
    case ask(Int, since: UInt64?, life: Int, known: Listening.Known?)

    var isOfSubscriptions: Bool {
      switch self {
      case .subscribe, .unsubscribe: true
      case .publish, .ask: false
      }
    }
  }

  enum Reply {
    case subscribed(Int)
    case published(UInt64)
    case refused(UInt64)
    case answered(Int, TopicAnswer, life: Int, last: Listening.Known?, blindAt: Int?)
    case unanswered(Int, life: Int)

    var isOfSubscriptions: Bool {
      if case .subscribed = self { true } else { false }
    }
  }

  struct Push {
    let topic: Int
    let letter: Letter
    let position: Position
    let lineage: UInt64
    /// Of a subscription that is over: it cannot come behind the confirmation of the next.
    var isOld = false
  }

  var commands: [Command] = []
  var replies: [Reply] = []
  var pushes: [Push] = []
  /// As the bus has them.
  var subscriptions: Set<Int> = []
  /// The bus hears nothing of it any more; the process does not know that yet.
  var isCut = false

  /// Subscriptions are a line of their own: one kind of things overtakes the other.
  func takeCommand(_ isOfSubscriptions: Bool) -> Command {
    let place = commands.firstIndex { $0.isOfSubscriptions == isOfSubscriptions }
    return commands.remove(at: place ?? 0)
  }

  func takeReply(_ isOfSubscriptions: Bool) -> Reply {
    let place = replies.firstIndex { $0.isOfSubscriptions == isOfSubscriptions }
    return replies.remove(at: place ?? 0)
  }

  var isQuiet: Bool { commands.isEmpty && replies.isEmpty && pushes.isEmpty }
}
