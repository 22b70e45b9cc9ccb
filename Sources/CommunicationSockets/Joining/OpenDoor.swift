// A door that stays open while the job runs, so that workers may join it (SocketCommunicator+Newcomers.swift): at
// the driver's, whose doorkeeper has let in the first workers already, and at every worker's, for the newcomers
// after it.

import Foundation
import Synchronization
import TesseraCommunication

/// A doorkeeper and, once the job runs, the thread that it works on.
///
/// `@unchecked Sendable`: the doorkeeper and the book are first those of the threads that gather the first
/// workers, one after the other, then of the door's own thread; what others touch is atomic.
final class OpenDoor: @unchecked Sendable {
  private var doorkeeper: Doorkeeper
  private let descriptor: Int32
  /// Where it listens.
  let address: SocketAddress
  private let isClosed = Atomic(false)
  private let hasStarted = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)
  private let thread = Mutex<pthread_t?>(nil)
  /// The socket of the one who is being let in, while that is the door's.
  private let threshold = Mutex<Int32?>(nil)
  /// Whom newcomers are to call; the driver's alone.
  var book: MemberBook?

  init(_ doorkeeper: consuming Doorkeeper) {
    descriptor = doorkeeper.descriptor
    address = doorkeeper.address
    self.doorkeeper = doorkeeper
  }

  /// Lets in these from now on, and sends those away who came for something else.
  func expect(_ acceptance: Acceptance) {
    doorkeeper.dismissAll()
    doorkeeper.acceptance = acceptance
  }

  /// As the doorkeeper's.
  func gather(_ count: Int, within limit: Duration, whenChanged: (Int) -> Void = { _ in })
    throws(CommunicationError) -> [Arrival]
  {
    try doorkeeper.gather(count, within: limit, whenChanged: whenChanged)
  }

  /// As the doorkeeper's.
  func takeBack(_ gathered: [Arrival]) { doorkeeper.takeBack(gathered) }

  /// Greets others until the one who is being let in says something, is to be heard no longer, or the door is
  /// closed. For the function that `open` was given.
  func attend(_ arrival: Arrival, until deadline: ContinuousClock.Instant) {
    doorkeeper.attend(arrival.link.descriptor, until: deadline) { !isClosed.load(ordering: .acquiring) }
  }

  /// Hands everybody who comes from now on to `receive`, one after the other, on a thread of the door's.
  func open(_ receive: @escaping @Sendable (Arrival, inout MemberBook?) -> Void) {
    guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let thread = Thread { [self] in
      self.thread.withLock { $0 = pthread_self() }
      while let arrival = doorkeeper.next(while: { !isClosed.load(ordering: .acquiring) }) {
        threshold.withLock { $0 = arrival.link.descriptor }
        receive(arrival, &book)
        leaveThreshold()
      }
      doorkeeper.dismissAll()
      ended.signal()
    }
    thread.name = "tessera door"
    thread.start()
  }

  /// The one who is being let in is in, or has gone: its socket is no longer the door's.
  func leaveThreshold() { threshold.withLock { $0 = nil } }

  /// Lets nobody in any more, also not the one who is being let in.
  func close() {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // Wakes the thread; the port is free when the door is forgotten.
    shutdown(descriptor, Int32(SHUT_RDWR))
    threshold.withLock { if let socket = $0 { _ = shutdown(socket, Int32(SHUT_RDWR)) } }
    // The thread itself closes the door when it was the last to know the communicator.
    let isOwn = thread.withLock { $0 == pthread_self() }
    if hasStarted.load(ordering: .acquiring), !isOwn { ended.wait() }
  }
}

/// The driver's list of the members of a job.
struct MemberBook {
  let job: ClusterName
  /// From where worker 1, 2 and so on has called; nil for those who are lost.
  var peers: [SocketAddress?]
  /// Where it can be called; empty for those who are lost.
  var places: [String]
  let terms: JoiningTerms
}
