// Callers: one polls at a time, for all; others wait until it has done something or leaves.

import Glibc
import Synchronization
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
    visits.add(1, ordering: .relaxed)
    let isToBeWatched = isStandingBy
    isStandingBy = false
    monitor.unlock()
    if isToBeWatched { calm.signal() }
  }

  /// Moves messages until `isDone`, or until the deadline. Returns the nanoseconds that have gone by.
  @discardableResult
  func wait(preferring peer: PeerConnection?, until deadline: Int = .max, _ isDone: () -> Bool) -> Int {
    guard !isDone() else { return 0 }
    let begin = MonotonicClock.now()
    // Since when nothing has moved; nil when something just has. The longest time that looks have given way for.
    var (now, start, longestPause) = (begin, Optional(begin), 0)
    while Monitor.now() < deadline {
      if isPolledByCaller {
        bystanders += 1
        somethingHappened.wait(until: deadline)
        bystanders -= 1
      } else {
        isPolledByCaller = true
        let mayLook = start.map { patience.lasts(now - $0) } ?? patience.isThere
        if look(at: peer, isBrief: mayLook) {
          patience.learn(waited: start.map { now - $0 } ?? 0, longestPause: longestPause)
          (start, longestPause) = (nil, 0)
          // A long message from one peer is no reason to be silent to the others, or deaf.
          if Monitor.now() - lastRound > Self.longestNeglect { round(poller, until: 0) }
        } else if mayLook {
          let before = start == nil ? MonotonicClock.now() : now
          start = start ?? before
          monitor.unlock()
          sched_yield()
          now = MonotonicClock.now()
          longestPause = max(longestPause, now - before)
          monitor.lock()
        } else {
          let before = start ?? MonotonicClock.now()
          backgroundPoller.wake()
          round(poller, until: deadline)
          now = MonotonicClock.now()
          patience.learn(waited: now - before, longestPause: longestPause)
          (start, longestPause) = (nil, 0)
        }
        isPolledByCaller = false
        tellLosses()
        if bystanders > 0 { somethingHappened.broadcast() }
      }
      if isDone() { break }
    }
    return MonotonicClock.now() - begin
  }

  /// Reads what a peer has sent, and writes what is to go to anyone, without waiting; whether anything has moved.
  /// Without a peer, looks at all of them if that `isBrief`.
  private func look(at peer: PeerConnection?, isBrief: Bool) -> Bool {
    guard let peer else {
      backgroundPoller.wake()
      return isBrief && round(poller, until: 0)
    }
    let hasCome = !peer.isClosed && isWanted(peer, inbox) && read(peer)
    return flushAll() || hasCome
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
