extension Hub {
  /// Adds a consumer to a group; a member already is no error.
  package func add(_ id: ConsumerID, to group: Name) throws(Failure) {
    try join(try reachable(id), group)
  }

  private func join(_ slot: Int, _ group: Name) throws(Failure) {
    guard membership(slot, group) == nil else { return }
    let count = consumers[slot].memberships.count
    guard count < limits.groupsPerConsumerMax else {
      refuseToJoin(slot)
      throw .full("consumer is in \(count) groups, limit \(limits.groupsPerConsumerMax)")
    }
    if hasLayer, groups.position(of: group) == nil { opened(group) }
    consumers[slot].memberships.append(groups.add(consumers[slot].id, to: group))
  }

  /// Joins the groups a channel declares, all of them or none.
  func join(_ slot: Int, _ names: [GroupName]) throws(Failure) {
    guard !names.isEmpty else { return }
    guard let request = consumers[slot].request else { return }
    var filled: [Name] = []
    for name in names {
      let group = try name.filled(from: request)
      if !filled.contains(group) { filled.append(group) }
    }
    let new = filled.filter { membership(slot, $0) == nil }
    let count = consumers[slot].memberships.count &+ new.count
    guard count <= limits.groupsPerConsumerMax else {
      refuseToJoin(slot)
      throw .full("consumer would be in \(count) groups, limit \(limits.groupsPerConsumerMax)")
    }
    for name in new { try join(slot, name) }
    if channels[consumers[slot].channel].broadcastsReceived {
      consumers[slot].channelGroups = filled
    }
  }

  private func refuseToJoin(_ slot: Int) {
    counters.dropsGroupsFull &+= 1
    reached(.groups, UInt64(clamping: limits.groupsPerConsumerMax), slot: slot)
  }

  /// Takes a consumer out of a group; not a member is no error.
  package func discard(_ id: ConsumerID, from group: Name) throws(Failure) {
    let slot = try reachable(id)
    guard let position = membership(slot, group) else { return }
    let membership = consumers[slot].memberships.remove(at: position)
    leave(membership)
  }

  func leaveAll(_ slot: Int) {
    var left: ContiguousArray<Membership> = []
    swap(&left, &consumers[slot].memberships)
    for membership in left { leave(membership) }
    consumers[slot].channelGroups = []
  }

  /// Leaves, and tells the member that took the place where it stands now.
  private func leave(_ membership: Membership) {
    if hasLayer, let group = groups.closed(by: membership) { closed(group) }
    guard let moved = groups.remove(membership) else { return }
    let slot = moved.slot
    guard
      let position = consumers[slot].memberships.firstIndex(where: { $0.group == membership.group })
    else { return }
    consumers[slot].memberships[position].place = membership.place
  }

  private func membership(_ slot: Int, _ group: Name) -> Int? {
    guard let position = groups.position(of: group) else { return nil }
    return consumers[slot].memberships.firstIndex { $0.group == position }
  }

  /// Who a name means: the members of a group, or the one consumer it is the address of.
  private func members(of name: Name) -> ContiguousArray<ConsumerID> {
    guard let id = Address.consumer(name, server: token) else { return groups.members(of: name) }
    return isReachable(id) ? [id] : []
  }

  /// Sends an event: handlers run for the members of this moment.
  package func send(_ event: Event, toGroup name: Name) {
    let members = members(of: name)
    if !members.isEmpty { effects.append(.event(event, members)) }
    if hasLayer { publish(.event(event), to: name) }
  }

  /// Sends one finished frame to every member.
  package func broadcast(_ frame: Frame, toGroup name: Name, except: ConsumerID?) {
    queue(frame, to: members(of: name), except: except)
    if hasLayer { publish(frame.asParcel, to: name) }
  }

  /// The handler for an event on a member's channel, counted; nil when there is nothing to call.
  ///
  /// Members of one group mostly share a channel, so the last answer is remembered by the caller.
  package func handler(
    for event: Event, _ id: ConsumerID, remembering last: inout EventTarget
  ) -> Int? {
    guard let slot = slot(id), consumers[slot].isReachable else { return nil }
    let channel = consumers[slot].channel
    if last.channel != channel {
      let handler = channels[channel].eventHandlers[Name(event.type)]
      last = EventTarget(channel: channel, handler: handler)
    }
    guard let handler = last.handler else {
      counters.eventsUnhandled &+= 1
      // Logged at 1, 2, 4, 8 ...: a flood of them must not flood the log.
      if counters.eventsUnhandled.nonzeroBitCount == 1 {
        let pattern = channels[channel].pattern.text
        log(
          .warning, .eventUnhandled,
          "channel \(Failure.quote(pattern)) has no handler for event type "
            + "\(Failure.quote(event.type)); \(counters.eventsUnhandled) unhandled so far",
          [
            "channel": .text(pattern), "type": .text(event.type),
            "count": .number(counters.eventsUnhandled),
          ])
      }
      return nil
    }
    counters.eventsHandled &+= 1
    return handler
  }

  package func memberCount(of name: Name) -> Int { members(of: name).count }
  package func memberList(of name: Name) -> ContiguousArray<ConsumerID> { members(of: name) }
}

/// Which handler the events of one sending get on one channel.
package struct EventTarget {
  var channel = -1
  var handler: Int?

  package init() {}

  init(channel: Int, handler: Int?) {
    self.channel = channel
    self.handler = handler
  }
}
