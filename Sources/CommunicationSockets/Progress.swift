// Movement between one worker and its peers. There is no event loop that every message would have to go
// through, at a thread's wake-up each way: whoever waits, polls. A caller that sends writes to the socket
// itself; a caller that waits reads its peer's socket, looks again a few times (a message on its way comes
// within microseconds, a wake-up costs more), and then blocks in poll on all of them. One caller polls at a
// time; others wait until it has done something or leaves. While it looks, what is to go out goes out: two
// workers that send each other more than the kernel holds keep both directions busy.
//
// A background thread polls when no caller has been here for a millisecond: heartbeats go out and come in,
// posted sends get on, and peers are not held up while this worker computes. It sleeps as long as a
// caller waits here, and blocks in poll as long as none comes: when nothing happens nothing ticks but a look
// once a second, should a wake-up have been lost.
//
// All state is behind one lock, which nobody holds while blocked.

import Glibc
import Synchronization
import TesseraCommunication

/// The connections of one worker, and everything on its way over them.
///
/// `@unchecked Sendable`: every access to mutable state holds the monitor's lock; the exception, the poller's
/// list, belongs to the one thread that polls.
final class Progress: @unchecked Sendable {
  let rank: Int
  let limits: SocketLimits
  let monitor = Monitor()
  var connections: [PeerConnection?]
  /// The number of workers: of `connections`, for those who do not hold the lock.
  let count: Atomic<Int>
  /// Whether receives from anyone wait also when no peer is left: for what this worker sends itself, or for
  /// workers that may join.
  var keepsListening = false
  var inbox: Inbox
  var closedReason: String?
  var hasFinished = false
  /// Whether this worker has left the group before it was closed.
  var hasLeft = false
  let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 15, alignment: 64)

  // Callers.
  var callersInside = 0
  /// How many callers have left. Read without the lock by the background thread.
  let visits = Atomic(0)
  var anySourceWaiters = 0
  /// For how long a caller looks at its peer's socket before it blocks.
  var patience = Patience()
  let poller = Poller()
  var isPolledByCaller = false
  var bystanders = 0
  let somethingHappened: Monitor.Condition
  var lastRound = Monitor.now()
  /// When the round after the last one is due at the latest.
  var nextRoundDue = Int.max

  // The background thread.
  let backgroundPoller = Poller()
  let calm: Monitor.Condition
  var isStandingBy = false
  var backgroundThread: pthread_t?
  var hasEnded = false

  // Losses not told yet.
  var losses: [(rank: Int, reason: String)] = []
  var toldLosses: [(rank: Int, reason: String)] = []
  var lossHandler: (@Sendable (Int, String) -> Void)?
  /// The lost workers that receives from anyone have been told of.
  var told: [Channel: Set<Int>] = [:]

  /// How long callers must have been away before the background thread polls.
  static let calmMicroseconds: UInt32 = 1000
  /// How often the background thread sees callers come and go before it takes the lock, to see whether they
  /// neglect a peer.
  static let mostTicks = 50
  /// After so long without a look at every peer the background thread looks, though callers come and go.
  static let longestNeglect = 100_000_000

  init(rank: Int, size: Int, links: [Int: any Link], limits: SocketLimits) {
    self.rank = rank
    self.limits = limits
    let now = Monitor.now()
    connections = (0..<size).map { peer in
      links[peer].map { PeerConnection(rank: peer, link: $0, limits: limits, now: now) }
    }
    count = Atomic(size)
    inbox = Inbox(size: size)
    for case let connection? in connections where connection.link is AbsentLink {
      connection.lose(reason: AbsentLink.reason)
    }
    somethingHappened = Monitor.Condition(monitor)
    calm = Monitor.Condition(monitor)
    startBackgroundThread()
  }

  deinit { staging.deallocate() }
}
