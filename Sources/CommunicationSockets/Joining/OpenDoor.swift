// A door that stays open while the job runs, so that workers may join it. The newcomer does what the first
// workers did: it calls the driver, gets a roster in which it is the last, calls everybody in it, and reports.
//
//   newcomer r                      driver                            worker s, for each 0 < s < r
//   call, handshake            ->
//                              <-   roster: rank r, places
//   call, handshake            ------------------------------------->  takes the link in as worker r
//   "reached all"              ->
//                              <-   "go"                               "I know r", to the driver
//                                   takes the link in as worker r;
//                                   tells the job when all have said so
//
// The group grows by one at a time: the next newcomer waits at the door. A rank is given once; a newcomer that
// fails on its way, and a worker that is lost, leave a rank whose place in rosters is empty, and which every
// later worker knows as lost. Messages: 3 with the driver beside the handshakes, 1 from every other worker.

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

  /// The numbers that claims may have from now on.
  func accept(_ numbers: ClosedRange<UInt32>) { doorkeeper.acceptance.numbers = numbers }

  /// As the doorkeeper's.
  func gather(
    _ count: Int, until deadline: ContinuousClock.Instant, whenChanged: (Int) -> Void = { _ in }
  ) throws(CommunicationError) -> [Arrival] {
    try doorkeeper.gather(count, until: deadline, whenChanged: whenChanged)
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

extension Tag {
  /// A worker tells the driver whom it has come to know.
  fileprivate static let membership = Tag(15)
}

extension SocketCommunicator {
  /// Lets workers join from now on; `joined` is called for each when every worker that lives can reach it, on
  /// a thread of the communicator's. Nothing happens on a driver that has not listened. Call this or
  /// `refuseNewcomers` once.
  public func welcomeNewcomers(_ joined: @escaping @Sendable (_ rank: Int) -> Void) {
    door?.open { [weak self] arrival, book in
      guard let self, let rank = self.admit(arrival, &book) else { return }
      joined(rank)
    }
  }

  /// Tells whoever wants to join from now on why that cannot be.
  public func refuseNewcomers(reason: String) {
    door?.open { [weak self] arrival, book in
      var stream = SealedMessages(arrival.link, arrival.session, sending: .fromAcceptor)
      try? stream.send(Word<Roster>.failed(reason), until: .now + .seconds(2))
      self?.door?.leaveThreshold()
      arrival.link.close()
      book?.terms.note("a worker has come too late: \(reason)")
    }
  }

  /// The driver's part. Returns the newcomer's rank, nil if it has not joined.
  private func admit(_ arrival: Arrival, _ book: inout MemberBook?) -> Int? {
    guard var members = book else { return nil }
    defer { book = members }
    let rank = size
    var stream = SealedMessages(arrival.link, arrival.session, sending: .fromAcceptor)
    for other in 1..<max(rank, 1) where progress.isGone(other) {
      (members.peers[other - 1], members.places[other - 1]) = (nil, "")
    }
    var isNumbered = false
    do throws(CommunicationError) {
      guard rank < Roster.mostMembers else { throw .refused(reason: "the job has \(rank) members, the most") }
      let place = try Rendezvous.place(of: arrival)
      try Rendezvous.checkPlaces((members.peers + [arrival.peer]).compactMap { $0 })
      let deadline = ContinuousClock.now + members.terms.patience
      members.peers.append(arrival.peer)
      members.places.append(place)
      isNumbered = true
      let roster = Roster(job: members.job, rank: rank, places: members.places)
      try stream.send(Word.goOn(roster), until: deadline)
      _ = try stream.receive(Word<Empty>.self, until: deadline).value()
      try stream.send(Word.goOn(Empty()), until: deadline)
    } catch {
      try? stream.send(Word<Empty>.failed("\(error)"), until: .now + .seconds(1))
      door?.leaveThreshold()
      arrival.link.close()
      // Some may have come to know it: nobody else gets its number.
      if isNumbered {
        (members.peers[rank - 1], members.places[rank - 1]) = (nil, "")
        _ = progress.admit(rank, AbsentLink())
      }
      members.terms.note("a worker that wanted to join has not: \(error)")
      return nil
    }
    door?.leaveThreshold()
    guard progress.admit(rank, arrival.link) else {
      arrival.link.close()
      return nil
    }
    for other in 1..<max(rank, 1) { waitForMeeting(of: other, with: rank) }
    members.terms.note("worker \(rank) has joined")
    return rank
  }

  /// Returns when worker `other` knows worker `rank`, or is lost.
  private func waitForMeeting(of other: Int, with rank: Int) {
    do throws(CommunicationError) {
      // It may have met newcomers that came no further.
      while try receive(Int.self, from: other, tag: .membership) < rank {}
    } catch {
      // Whoever is lost need not know anybody.
    }
  }

  /// A worker's part: takes in those who call, and tells the driver.
  func meetNewcomers() {
    door?.open { [weak self] arrival, _ in
      self?.door?.leaveThreshold()
      guard let self, self.progress.admit(Int(arrival.claim.number), arrival.link) else {
        return arrival.link.close()
      }
      // A driver that cannot be told is lost.
      _ = try? self.postSend(Int(arrival.claim.number), to: 0, tag: .membership)
    }
  }
}
