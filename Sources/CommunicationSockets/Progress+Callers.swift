// Callers: one polls at a time, for all; others wait until it has done something or leaves.

import Glibc
import TesseraCommunication
import TesseraInstrumentation

extension Progress {
  func enter() {
    monitor.lock()
    callersInside += 1
  }

  func leave() {
    tellLosses()
    callersInside -= 1
    visits &+= 1
    let isToBeWatched = isStandingBy
    isStandingBy = false
    monitor.unlock()
    if isToBeWatched { calm.signal() }
  }

  /// Moves messages until `isDone`, or until the deadline.
  func wait(preferring peer: PeerConnection?, until deadline: Int = .max, _ isDone: () -> Bool) {
    // Since when there has been nothing to read, and the longest time that looks have given way for.
    var (start, longestPause) = (MonotonicClock.now(), 0)
    while !isDone(), Monitor.now() < deadline {
      if isPolledByCaller {
        bystanders += 1
        somethingHappened.wait()
        bystanders -= 1
        continue
      }
      isPolledByCaller = true
      let now = MonotonicClock.now()
      if let peer, !peer.isClosed, isWanted(peer, inbox), read(peer) {
        patience.learn(waited: now - start, longestPause: longestPause)
        (start, longestPause) = (now, 0)
        // A long message from one peer is no reason to be silent to the others, or deaf.
        if Monitor.now() - lastRound > Self.longestNeglect { round(poller, until: 0) }
      } else if peer != nil, patience.lasts(now - start) {
        monitor.unlock()
        sched_yield()
        longestPause = max(longestPause, MonotonicClock.now() - now)
        monitor.lock()
      } else {
        backgroundPoller.wake()
        round(poller, until: deadline)
        let end = MonotonicClock.now()
        patience.learn(waited: end - start, longestPause: longestPause)
        (start, longestPause) = (end, 0)
      }
      isPolledByCaller = false
      tellLosses()
      if bystanders > 0 { somethingHappened.broadcast() }
    }
  }

  /// Makes whoever polls look again if it does not listen to a peer that has come to be wanted.
  func wakePollersForInput() {
    guard poller.isBlocked || backgroundPoller.isBlocked else { return }
    for case let peer? in connections where !peer.isListenedTo && isWanted(peer, inbox) {
      return wakePollers()
    }
  }

  func wakePollers() {
    poller.wake()
    backgroundPoller.wake()
  }

  /// Makes callers see whether what they wait for has come.
  func wakeCallers() {
    poller.wake()
    if bystanders > 0 { somethingHappened.broadcast() }
  }
}
