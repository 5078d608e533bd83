// Anchors that the store does not hold: one load, however many wait for it.

/// Names a load that the host was asked for.
package struct LoadID: Hashable, Sendable {
  package let raw: UInt64

  package init(raw: UInt64) { self.raw = raw }
}

/// A load that the host was asked for.
struct Load {
  let model: Int
  let id: InstanceID
  var waiting: [ConsumerID]
}

extension Hub {
  /// Asks for an instance on behalf of a consumer, unless it is asked for already.
  func load(_ model: Int, _ id: InstanceID, for consumer: ConsumerID) {
    let key = LoadKey(model: model, id: id)
    if let known = loadIDs[key] {
      loads[known]?.waiting.append(consumer)
      return
    }
    loadCount &+= 1
    let load = LoadID(raw: loadCount)
    loadIDs[key] = load
    loads[load] = Load(model: model, id: id, waiting: [consumer])
    deadlines.add(.load(load), at: now &+ 2 &* limits.authenticationTimeoutMilliseconds)
    effects.append(.load(load, model: model, id))
  }

  /// The host loaded what it was asked for; what it put is in these changes.
  package func finish(_ load: LoadID, _ changes: [Store.Change]) throws(Failure) {
    guard loads[load] != nil else { throw .gone("load \(load.raw) is gone") }
    do {
      tell(try store.commit(changes, isLoad: true))
    } catch {
      end(load, isFailed: true)
      throw error
    }
    end(load, isFailed: false)
    sweepLater()
  }

  /// The host did not load what it was asked for.
  package func fail(_ load: LoadID, isNotFound: Bool) throws(Failure) {
    guard loads[load] != nil else { throw .gone("load \(load.raw) is gone") }
    end(load, isFailed: !isNotFound)
  }

  func loadIsDue(_ load: LoadID) {
    if loads[load] != nil { end(load, isFailed: true) }
  }

  private func end(_ load: LoadID, isFailed: Bool) {
    guard let over = loads.removeValue(forKey: load) else { return }
    loadIDs[LoadKey(model: over.model, id: over.id)] = nil
    effects.append(.loadOver(load))
    if isFailed {
      counters.loadsFailed &+= 1
      let name = store.schema.entries[over.model].model.name.text
      log(
        .warning, .loadFailed, "load of \(name) \(InstanceID.quote(over.id.text)) failed",
        ["model": .text(name), "id": .text(String(decoding: over.id.text, as: UTF8.self))])
    }
    for id in over.waiting {
      guard let slot = slot(id), consumers[slot].isReachable,
        let follower = consumers[slot].follower
      else { continue }
      loaded(slot, follower, over.id, isFailed: isFailed)
    }
  }

  // MARK: sweeping

  /// Looks, some time from now, for what nobody follows any more.
  func sweepLater() {
    guard !isSweepArmed else { return }
    isSweepArmed = true
    deadlines.add(.sweep, at: now &+ limits.unfollowedTimeoutMilliseconds / 2 &+ 1)
  }

  func sweepIsDue() {
    isSweepArmed = false
    settle()
    store.sweep(now)
    if store.hasUnfollowed { sweepLater() }
  }
}

struct LoadKey: Hashable {
  let model: Int
  let id: InstanceID
}
