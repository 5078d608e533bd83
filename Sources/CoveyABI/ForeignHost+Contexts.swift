internal import CCovey
internal import CoveyCore
internal import CoveyTransport

// The host's handlers of context channels and of the store.
extension ForeignHost {
  func authenticate(_ id: ConsumerID, channel: Int, token: [UInt8]) {
    channels[channel].context?.onAuthenticate?(
      handle, id.raw, lend(token), token.count, channels[channel].user)
    endLending()
  }

  func authorize(_ id: ConsumerID, channel: Int) {
    channels[channel].context?.onAuthorize?(handle, id.raw, channels[channel].user)
    endLending()
  }

  func open(_ id: ConsumerID, channel: Int, lastUpdate: UInt64) {
    channels[channel].context?.onOpen?(handle, id.raw, lastUpdate, channels[channel].user)
    endLending()
  }

  func list(_ id: ConsumerID, channel: Int) {
    channels[channel].context?.onList?(handle, id.raw, channels[channel].user)
    endLending()
  }

  func action(
    _ id: ConsumerID, _ call: CallID, handler: Int, _ parameters: UnsafeRawBufferPointer
  ) {
    actionHandlers[handler].function(
      handle, id.raw, call.raw, parameters.baseAddress?.assumingMemoryBound(to: CChar.self),
      parameters.count, actionHandlers[handler].user)
    endLending()
  }

  func write(_ id: ConsumerID, channel: Int, _ call: CallID, _ request: WriteRequest) {
    guard let function = channels[channel].context?.onWrite else { return }
    var foreign = covey_write()
    foreign.struct_size = UInt32(MemoryLayout<covey_write>.size)
    foreign.operation = request.operation.rawValue
    foreign.model = covey_model_id(request.model + 1)
    foreign.parent_model = request.parent.map { covey_model_id($0.model + 1) } ?? 0
    foreign.id = UnsafePointer(lend(request.id?.text ?? []))
    foreign.parent_id = UnsafePointer(lend(request.parent?.id.text ?? []))
    foreign.relation = UnsafePointer(lend(request.parent?.relationName.bytes ?? []))
    foreign.json = UnsafePointer(lend(request.json))
    foreign.size = request.json.count
    function(handle, id.raw, call.raw, &foreign, channels[channel].user)
    endLending()
  }

  func load(_ load: LoadID, model: Int, _ id: InstanceID) {
    guard let function = loaders[model].function else { return }
    function(handle, load.raw, covey_model_id(model + 1), lend(id.text), loaders[model].user)
    endLending()
  }

  func storeChanged(_ change: Store.Committed) {
    guard let onChange else { return }
    onChange(
      handle, covey_model_id(change.model + 1), lend(change.id.text),
      change.json.map { UnsafePointer(lend($0)) }, change.json?.count ?? 0, change.version,
      changeOwned?.user)
    endLending()
  }
}
