// Which workers there are: those that join, those that are lost or have left, and who is told.

import Synchronization
import TesseraCommunication

extension Progress {
  /// The number of workers, this one included.
  var size: Int { count.load(ordering: .acquiring) }

  /// From now on, receives from anyone wait also when no peer is left.
  func keepListening() {
    enter()
    defer { leave() }
    keepsListening = true
  }

  /// Takes in worker `rank`, over `link`, or as one that is lost already. Ranks that have been left out in
  /// between are lost too. False, and nothing happens, when there is such a worker, or the group is closed.
  func admit(_ rank: Int, _ link: any Link) -> Bool {
    enter()
    defer { leave() }
    guard rank >= connections.count, closedReason == nil, !hasFinished else { return false }
    let now = Monitor.now()
    while connections.count <= rank {
      let link = connections.count == rank ? link : AbsentLink()
      let connection = PeerConnection(rank: connections.count, link: link, limits: limits, now: now)
      if link is AbsentLink { connection.lose(reason: AbsentLink.reason) }
      connections.append(connection)
    }
    inbox.makeRoom(for: connections.count)
    count.store(connections.count, ordering: .releasing)
    if backgroundThread == nil { startBackgroundThread() }
    wakePollers()
    return true
  }

  /// Whether worker `rank` is lost.
  func isLost(_ rank: Int) -> Bool {
    enter()
    defer { leave() }
    return connections.indices.contains(rank) && connections[rank]?.isLost == true
  }

  /// Whether worker `rank` is lost, or has left.
  func isGone(_ rank: Int) -> Bool {
    enter()
    defer { leave() }
    return connections.indices.contains(rank) && connections[rank].map { $0.state != .open } ?? false
  }

  // MARK: losses

  func lose(_ connection: PeerConnection, _ reason: String) {
    connection.lose(reason: reason)
    guard closedReason == nil else { return }
    forgetReceives(from: connection)
    losses.append((connection.rank, reason))
  }

  /// Fails the receives that no message can come for any more.
  func forgetReceives(from connection: PeerConnection) {
    guard let failure = connection.receiveFailure else { return }
    if let message = connection.takeMessage() {
      if connection.isLost, message.receiver?.source == .any {
        told[message.channel, default: []].insert(connection.rank)
      }
      inbox.forget(message, failure)
    }
    inbox.fail { self.failure(of: $0) }
  }

  /// Who is to hear of losses.
  var onLost: (@Sendable (Int, String) -> Void)? {
    get {
      enter()
      defer { leave() }
      return lossHandler
    }
    set {
      enter()
      defer { leave() }
      lossHandler = newValue
      losses = toldLosses + losses
      toldLosses = []
    }
  }

  /// Tells of losses, outside the lock.
  func tellLosses() {
    while !losses.isEmpty, let lossHandler {
      let loss = losses.removeFirst()
      toldLosses.append(loss)
      monitor.unlock()
      lossHandler(loss.rank, loss.reason)
      monitor.lock()
    }
  }
}
