import CoveyCore

/// A connection of one process to the bus, with all that is on its way.
final class BusLine {
  enum Command {
    case subscribe(Int)
    case unsubscribe(Int)
    case publish(Letter, Int)
    case ask(Int, since: UInt64?, life: Int, known: Listening.Known?)
  }

  enum Reply {
    case subscribed(Int)
    case published(UInt64)
    case refused(UInt64)
    case answered(Int, TopicAnswer, life: Int, last: Listening.Known?, blindAt: Int?)
    case unanswered(Int, life: Int)
  }

  struct Push {
    let topic: Int
    let letter: Letter
    let position: Position
    let lineage: UInt64
  }

  var commands: [Command] = []
  var replies: [Reply] = []
  var pushes: [Push] = []
  /// As the bus has them.
  var subscriptions: Set<Int> = []
  /// The bus hears nothing of it any more; the process does not know that yet.
  var isCut = false

  var isQuiet: Bool { commands.isEmpty && replies.isEmpty && pushes.isEmpty }
}
