/// Carries what is sent to groups to the other processes that share them.
///
/// Without one, groups are of this process alone. Everything but `carry` and `reaches` is called on
/// the loop's thread, and never from inside the hub; what a layer has to say it hands to whoever
/// opened it, also from inside these calls.
package protocol Layer: AnyObject {
  /// Makes of an event what goes over the bus; fails when it cannot be carried. From any thread.
  func carry(_ event: inout Event) throws(Failure)
  /// Whether an address of somebody elsewhere has a form that can be reached. From any thread.
  func reaches(_ address: Name) -> Bool

  /// Begins to connect.
  func open(on loop: any LayerLoop, _ report: @escaping (LayerReport) -> Void)
  func perform(_ request: LayerRequest)
  /// Writes what was asked for in this turn.
  func endTurn()
  /// Whether the bus is there, and has not said yet that it has all it was sent.
  var isBusy: Bool { get }
  /// Writes what can be written at once, and lets the bus go.
  func close()
}
