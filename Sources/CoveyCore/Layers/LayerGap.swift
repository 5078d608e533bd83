/// That a layer lost something, or may have: never in silence.
package struct LayerGap: Sendable, Equatable {
  /// Numbers as the header has them.
  package enum Kind: Int32, Sendable, CaseIterable {
    /// What others sent to these groups may not have come here.
    case missed = 1
    /// What was sent here to these groups did not leave.
    case unsent
    /// It was sent, and whether it arrived is not known.
    case unknown
    /// It left, but another process had no room for it.
    case full
  }

  package let kind: Kind
  /// Where several messages of several groups are counted, each group is named once a message.
  package let groups: [Name]
  /// Messages, as far as they can be counted; 0: unknown.
  package let count: UInt64
  /// The same for each group, when it is told.
  package let counts: [UInt64]

  package init(_ kind: Kind, _ groups: [Name], count: UInt64 = 0, counts: [UInt64] = []) {
    self.kind = kind
    self.groups = groups
    self.count = count
    self.counts = counts
  }
}
