// Movement, with the lock held: one look at every peer, or a read from one.

extension Progress {
  /// One look at every peer, waiting for something to happen until the deadline at most. Returns whether
  /// anything has.
  @discardableResult func round(_ poller: Poller, until deadline: Int) -> Bool {
    let start = Monitor.now()
    lastRound = start
    // A round that comes late: this process was stopped, and with it whoever shares its terminal. Their silence
    // does not count while nobody here could listen.
    let lateness = start - nextRoundDue
    if lateness >= limits.heartbeatInterval.nanoseconds {
      for case let connection? in connections { connection.excuse(lateness, now: start) }
    }
    var timeout = max(0, deadline == .max ? Int.max : deadline - start)
    poller.clear()
    for case let connection? in connections where !connection.isClosed {
      connection.beat(now: start)
      let isWanted = isWanted(connection, inbox)
      connection.listen(isWanted, now: start)
      if isWanted, connection.link.hasBufferedInput { timeout = 0 }
      if connection.nextDue < .max { timeout = min(timeout, max(0, connection.nextDue - start)) }
      let needsRoom = !connection.outgoing.isEmpty
      if isWanted || needsRoom {
        poller.add(connection.link.descriptor, rank: connection.rank, input: isWanted, room: needsRoom)
      }
    }
    nextRoundDue = timeout < .max - start ? start + timeout : .max
    poller.wait(timeout, monitor)
    var hasMoved = false
    poller.forEach { peer, input, room in
      guard let connection = connections[peer], !connection.isClosed else { return }
      if room {
        connection.flush(now: Monitor.now())
        hasMoved = true
      }
      // Input that brings no bytes, of a record that has not come whole, say, is no sign of life.
      if input || connection.link.hasBufferedInput, read(connection) {
        hasMoved = true
      } else if connection.isSilent(at: start) {
        lose(connection, "nothing has been heard from it for \(limits.silenceLimit)")
        hasMoved = true
      }
    }
    if hasMoved { wakeCallers() }
    return hasMoved
  }

  /// Writes to every peer what its socket takes. Returns whether any took something.
  func flushAll() -> Bool {
    var hasMoved = false
    for case let connection? in connections where !connection.outgoing.isEmpty {
      if connection.flush(now: Monitor.now()) { hasMoved = true }
    }
    return hasMoved
  }

  /// Reads from one peer, and sees to what its bytes say. Returns whether anything came, be it the end: somebody
  /// who waits may wait no more.
  @discardableResult func read(_ connection: PeerConnection) -> Bool {
    let (bytes, news) = connection.read(
      into: &inbox, staging: staging, now: Monitor.now(), isWanted: { self.isWanted(connection, $0) })
    switch news {
    case nil: break
    case .closed(let reason): shut(reason)
    case .left:
      connection.leave()
      forgetReceives(from: connection)
    case .ended(let reason):
      if connection.state == .open, closedReason == nil {
        lose(connection, reason)
      } else {
        connection.close()
      }
    }
    return bytes > 0 || news != nil
  }
}
