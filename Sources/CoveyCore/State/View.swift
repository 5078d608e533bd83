/// Everybody who follows the same anchors as the same audience: they are sent the same bytes.
final class View {
  let key: Key
  /// In the order of the key.
  let scopes: ContiguousArray<Scope>
  var members: ContiguousArray<ConsumerID> = []
  /// The versions since which somebody of this audience has been looking.
  let since: UInt64
  var leftAt: UInt64?
  var isListed = false
  /// Nobody of this audience was here before.
  var isNew: Bool

  struct Key: Hashable {
    /// Slots of the anchors, ascending.
    let anchors: [Int32]
    /// Nil where no row has an owner.
    let user: Name?
    let dialect: Dialect
    /// Clients of RxDjango that came back, and may at some time have been sent rows anew over
    /// others that were out of date: they need more cures than the rest.
    let isStale: Bool
  }

  init(_ key: Key, _ scopes: ContiguousArray<Scope>, since: UInt64, isNew: Bool) {
    self.isNew = isNew
    self.key = key
    self.scopes = scopes
    self.since = since
  }
}
