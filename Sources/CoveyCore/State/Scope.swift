/// What can be reached from one anchor, kept up to date while somebody follows it.
///
/// Its members lie in layers: what everybody may see, and for each owner what only that user may
/// see besides. A row is seen by a user when it is in the common layer or in the user's own.
final class Scope {
  let anchor: Int32
  let common: Int32
  /// Layers by owner.
  var owned: [Int32: Int32] = [:]
  var views: ContiguousArray<View> = []
  /// Something in it changed since the last delta.
  var isDirty = false
  /// The history of its layers is complete from here on.
  let since: UInt64
  /// Nobody has followed it since; nil: somebody does.
  var leftAt: UInt64?
  /// Whole snapshots, by layer of the user and dialect; valid until something changes.
  var snapshots: [SnapshotKey: Snapshot] = [:]

  init(anchor: Int32, common: Int32, since: UInt64) {
    self.anchor = anchor
    self.common = common
    self.since = since
  }
}

struct SnapshotKey: Hashable {
  /// The layer of the user's own rows; -1 where there is none.
  let owned: Int32
  let dialect: Dialect
}

/// A scope's rows as frames for one audience.
final class Snapshot {
  let frames: ContiguousArray<Frame>
  let bytes: Int

  init(_ frames: ContiguousArray<Frame>) {
    self.frames = frames
    bytes = frames.reduce(0) { $0 &+ $1.count }
  }
}

/// One layer of a scope.
struct ScopeLayer {
  unowned(unsafe) var scope: Scope?
  /// Whose rows it has; 0: everybody's.
  var owner: Int32
  /// Members that changed, came or went since the last delta.
  var pending: ContiguousArray<Int32> = []
  /// Its newest entry in the change log.
  var lastEntry: UInt64 = 0
  /// The rendering under way is for this layer.
  var stamp: UInt32 = 0
}

/// Whose client it is, and what it needs.
package enum Dialect: UInt8, Hashable, Sendable {
  /// RxDjango's, showing one anchor or a list.
  case single, many
  /// Covey's own.
  case own
}
