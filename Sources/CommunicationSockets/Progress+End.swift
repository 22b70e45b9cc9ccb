// The end of a group for all, and of this worker's part in it.

import TesseraCommunication

extension Progress {
  /// Why the group is closed; nil while it is not, and where this worker has left it first.
  var reasonForClosing: String? {
    enter()
    defer { leave() }
    return hasLeft ? nil : closedReason
  }

  /// Closes the group from here.
  func close(reason: String) {
    enter()
    defer { leave() }
    shut(reason)
    wakePollers()
    wakeCallers()
  }

  /// Ends every operation with `closed`, and tells the peers: also when a peer has said so, lest another see
  /// our end before it hears the reason.
  func shut(_ reason: String) {
    guard closedReason == nil else { return }
    closedReason = reason
    failEverything(.closed(reason: reason))
    let now = Monitor.now()
    for case let connection? in connections {
      connection.sayClosed(reason)
      connection.drain()
      connection.flush(now: now)
    }
  }

  func failEverything(_ error: CommunicationError) {
    for case let connection? in connections {
      if let message = connection.takeMessage() { inbox.forget(message, error) }
    }
    inbox.fail { _ in error }
  }

  /// Ends this worker's part: what is posted goes out, then a goodbye; then the peers' own ends are waited for,
  /// because a socket closed with unread input takes back what the peer has not read yet. After a `close`, and
  /// for the peers' ends, the linger limit holds.
  func finish() {
    enter()
    guard !hasFinished else { return leave() }
    hasFinished = true
    if closedReason == nil {
      let reason = "worker \(rank) has left the group"
      closedReason = reason
      hasLeft = true
      failEverything(.closed(reason: reason))
      for case let connection? in connections { connection.drain() }
      wakeCallers()
      waitForAll { $0.outgoing.isEmpty }
      for case let connection? in connections {
        connection.sayGoodbye()
        connection.flush(now: Monitor.now())
      }
    }
    waitForAll(until: Monitor.now() + limits.lingerLimit.nanoseconds) { _ in false }
    hasEnded = true
    wakePollers()
    leave()
    calm.signal()
    joinBackgroundThread()
    for case let connection? in connections { connection.close() }
  }

  /// Moves messages until each peer's link is closed or `isDone`.
  func waitForAll(until deadline: Int = .max, _ isDone: (PeerConnection) -> Bool) {
    wait(preferring: nil, until: deadline) {
      connections.allSatisfy { connection in
        guard let connection, !connection.isClosed else { return true }
        return isDone(connection)
      }
    }
  }
}
