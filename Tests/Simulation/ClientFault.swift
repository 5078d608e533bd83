/// What makes a client fail at a frame.
enum ClientFault: Error, Hashable {
  /// The text is not JSON.
  case unparsable
  /// An array holds, or is, something else than rows.
  case notRows
  /// A frame that is not an array is not an object either, or lacks what its type needs.
  case malformed(String)
  /// The first row of a single channel without anchors is not of the root type.
  case expectedRootType(String)
  /// A row was deleted that nothing is known of.
  case deletedUnknown(String)
  /// A row that referred to this one is gone.
  case referrerGone(String)
  /// A row changed that an anchor once referred to which was deleted and is listed again.
  case deletedAnchor(String)
  /// A list holds a row that is gone.
  case listedRowGone(String)
  /// Rows refer to each other in a circle, which is followed until the stack is full.
  case endlessRecursion(String)
  /// A single row that the application follows is gone.
  case followedRowGone(String)
}
