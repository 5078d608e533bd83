/// One row of the store, or the place of one that others refer to before it is there.
struct Instance {
  let id: InstanceID
  /// Nil: not there, only referred to.
  var row: Row?
  /// How it is tied to others; nil while it is not.
  var links: Links?
  /// When it was changed last, or a relation of it came to show something else.
  var version: UInt64 = 0
  let model: Int32
  /// Whose it is: a number of the store's for each owner, 0 for everybody.
  var owner: Int32 = 0
  /// For walks: whatever the walk under way has seen has its number.
  var mark: UInt32 = 0
  /// It came through a load only, and may be dropped.
  var isLoaded = false
  /// It is among what the commit under way has changed.
  var isTold = false
}

/// How an instance is tied to others and to scopes.
final class Links {
  /// A reference to another instance.
  struct Edge {
    var target: Int32
    /// Where the target knows of it.
    var back: Int32
  }

  /// A reference from another instance.
  struct Referrer {
    var source: Int32
    var relation: Int32
    /// Where it stands in the source's list.
    var place: Int32
  }

  /// That an instance is in a layer of a scope.
  struct Membership {
    let layer: Int32
    /// References from members that lead here, plus one for an anchor; 0: it has left.
    var count: Int32
    /// One of those that refer to it, such that the way over these leads to the anchor.
    var parent: Int32
    /// It is among what the next delta looks at; then, whether clients hold it.
    var isPending = false
    var wasMember = false
  }

  /// By relation; that of one instance has one edge or none.
  var lists: ContiguousArray<ContiguousArray<Edge>> = []
  var referrers: ContiguousArray<Referrer> = []
  var memberships: ContiguousArray<Membership> = []
  /// The targets as clients know them, once they changed since the last delta.
  var former: ContiguousArray<ContiguousArray<Int32>>?
  /// Fields that changed since the last delta.
  var changed = FieldMask()
  var isChangeListed = false
  /// The scope it is the anchor of.
  var scope: Scope?

  func membership(in layer: Int32) -> Int? {
    for position in memberships.indices where memberships[position].layer == layer {
      return position
    }
    return nil
  }
}
