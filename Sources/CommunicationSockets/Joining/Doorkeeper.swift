// The accepting side: one thread, one poll over the listener, everybody who has not proved anything yet, and
// those who have and wait. A visitor has five seconds for the whole handshake however it trickles in; when
// there are too many, the one goes that has waited longest of the host that most have come from, so that no
// host crowds out another. After ten failed proofs from a host, further visitors from there wait a little
// before they are listened to, less so as time goes by, and one after the other (HostFailures.swift): real
// workers join some seconds later, guessing takes for ever.
//
// Cost: O(visitors) per wake-up, some hundred bytes for a visitor (some ten thousand with TLS).

import Glibc
import TesseraCommunication

/// How a doorkeeper defends itself.
struct DoorkeeperLimits: Sendable {
  /// For a handshake.
  var handshake = Duration.seconds(5)
  /// The most visitors at a time.
  var visitors = 512
  /// So many failures of a host cost nothing.
  var freeFailures = 10
  /// By so much longer than the one before a visitor waits after each further failure, up to the longest.
  var delayStep = Duration.milliseconds(50)
  var longestDelay = Duration.seconds(1)
  /// So much later than the one before of the same host a visitor that waits is listened to. As many as there
  /// may be are served within the time for a handshake.
  var turn = Duration.milliseconds(5)
  /// In this time half of the failures are forgotten.
  var halfLife = Duration.seconds(2)
  /// Of so many hosts failures are remembered.
  var hosts = 1024
  /// The most lines about refused visitors for each kind of refusal, each about another host.
  var notes = 3
}

/// Lets in those who know the secret. Confined to the thread that calls it.
struct Doorkeeper: ~Copyable {
  private let listener: Listener
  /// Whom it lets in.
  var acceptance: Acceptance
  private let terms: JoiningTerms
  private let tls: TLSContext?
  private let limits: DoorkeeperLimits
  private var visitors: [Visitor] = []
  private var arrivals: [Arrival] = []
  private var failures: HostFailures
  private var refused = 0
  /// The hosts whose refused visitors have been told of: a worker that calls again and again is told once.
  private var told: [Refusal.Kind: Set<String>] = [:]
  /// Until when no connection is taken: there is no descriptor for it, and asking again at once is no use.
  private var pauseEnd: ContinuousClock.Instant?
  private static let pause = Duration.milliseconds(100)

  init(
    _ listener: consuming Listener, _ acceptance: Acceptance, _ terms: JoiningTerms, _ tls: TLSContext?,
    limits: DoorkeeperLimits = DoorkeeperLimits()
  ) {
    self.listener = listener
    self.acceptance = acceptance
    self.terms = terms
    self.tls = tls
    self.limits = limits
    failures = HostFailures(limits)
  }

  /// Where it listens.
  var address: SocketAddress { listener.address }
  var descriptor: Int32 { listener.descriptor }

  /// Waits until `count` peers have come and are still there, in order of arrival; their links are the
  /// caller's.
  ///
  /// - Parameter whenChanged: told how many there are, whenever one comes or goes.
  /// - Throws: `refused` when that takes longer than `limit`; nobody is left then.
  mutating func gather(
    _ count: Int, within limit: Duration, whenChanged: (Int) -> Void = { _ in }
  ) throws(CommunicationError) -> [Arrival] {
    let deadline = ContinuousClock.now + limit
    while arrivals.count < count {
      guard deadline > .now else {
        let found = arrivals.count
        dismissAll()
        throw .refused(
          reason: "\(found) of \(count) workers have come to \(address) within \(limit)"
            + (refused > 0 ? "; refused connections: \(refused)" : ""))
      }
      let before = arrivals.count
      wakeUp(until: deadline)
      if arrivals.count != before { whenChanged(arrivals.count) }
    }
    let gathered = Array(arrivals.prefix(count))
    arrivals.removeFirst(count)
    return gathered
  }

  /// Lets those who have been gathered wait again for others.
  mutating func takeBack(_ gathered: [Arrival]) { arrivals.insert(contentsOf: gathered, at: 0) }

  /// Goes on greeting those who come until there is something to read at `guest`, the deadline has come, or
  /// `isOpen` does not hold when something wakes it.
  mutating func attend(_ guest: Int32, until deadline: ContinuousClock.Instant, while isOpen: () -> Bool) {
    while isOpen(), deadline > .now, !wakeUp(until: deadline, for: guest) {}
  }

  /// Waits for the next peer; nil as soon as there is none and `isOpen` does not hold when something wakes it.
  mutating func next(while isOpen: () -> Bool) -> Arrival? {
    while isOpen() {
      if !arrivals.isEmpty { return arrivals.removeFirst() }
      wakeUp(until: .now + .seconds(3600))
    }
    return nil
  }

  /// Sends everybody away.
  mutating func dismissAll() {
    for arrival in arrivals { arrival.link.close() }
    for visitor in visitors { visitor.close() }
    (arrivals, visitors) = ([], [])
  }

  /// Waits for something to do and does it. Returns whether there is something to read at `guest`.
  @discardableResult
  private mutating func wakeUp(until deadline: ContinuousClock.Instant, for guest: Int32 = -1) -> Bool {
    let now = ContinuousClock.now
    let (present, seen) = (arrivals.count, visitors)
    giveTurns(at: now)
    if let pauseEnd, pauseEnd <= now { self.pauseEnd = nil }
    let isOpen = pauseEnd == nil
    var descriptors = [pollfd(fd: listener.descriptor, events: isOpen ? Int16(POLLIN) : 0, revents: 0)]
    // Nothing is expected of those who wait; whatever comes is their leaving.
    descriptors += arrivals.map { pollfd(fd: $0.link.descriptor, events: Int16(POLLIN), revents: 0) }
    descriptors += seen.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
    descriptors.append(pollfd(fd: guest, events: Int16(POLLIN), revents: 0))
    let times = seen.map { visitor in
      visitor.isListenedTo
        ? visitor.deadline
        : min(visitor.deadline, max(visitor.earliest, failures.turn(of: visitor.host, or: now)))
    }
    SystemCall.poll(&descriptors, until: min(times.min() ?? deadline, pauseEnd ?? deadline, deadline))

    for (visitor, descriptor) in zip(seen, descriptors.dropFirst(1 + present)) where descriptor.revents != 0 {
      if visitor.isListenedTo { advance(visitor) } else { dismiss(visitor, nil) }
    }
    for (index, descriptor) in descriptors[1..<(1 + present)].enumerated().reversed()
    where descriptor.revents != 0 {
      let arrival = arrivals.remove(at: index)
      arrival.link.close()
      note(Refusal(kind: .left, reason: "a worker has left again"), arrival.peer)
    }
    if descriptors[0].revents != 0 { takeConnections() }
    let later = ContinuousClock.now
    for visitor in visitors where visitor.deadline <= later {
      dismiss(visitor, Refusal(kind: .silent, reason: "said nothing of use for \(limits.handshake)"))
    }
    return descriptors.last?.revents != 0
  }

  /// Begins to listen to those whose time has come, of a host that has failed to one at a time.
  private mutating func giveTurns(at now: ContinuousClock.Instant) {
    for visitor in visitors where !visitor.isListenedTo && visitor.earliest <= now {
      guard failures.turn(of: visitor.host, or: now) <= now else { continue }
      visitor.beginToListen()
      failures.takeTurn(of: visitor.host, at: now)
    }
  }

  private mutating func advance(_ visitor: Visitor) {
    switch visitor.advance() {
    case .waits: break
    case .left: dismiss(visitor, nil)
    case .refused(let refusal, let countsAsFailure):
      if countsAsFailure { failures.note(visitor.host, at: .now) }
      dismiss(visitor, refusal)
    case .admitted(let arrival):
      visitors.removeAll { $0 === visitor }
      let isSecond = arrivals.contains { $0.claim.number == arrival.claim.number }
      guard arrival.claim.role == .worker || !isSecond else {
        arrival.link.close()
        let reason = "rank \(arrival.claim.number) is here already"
        return note(Refusal(kind: .second, reason: reason), arrival.peer)
      }
      arrivals.append(arrival)
    }
  }

  private mutating func takeConnections() {
    // A few at a time, so that those already here are not kept waiting.
    for _ in 0..<64 {
      guard let descriptor = listener.accept() else {
        // Out of descriptors.
        if errno == EMFILE || errno == ENFILE {
          makeRoom()
          pauseEnd = .now + Self.pause
        }
        return
      }
      if visitors.count >= limits.visitors { makeRoom() }
      let now = ContinuousClock.now
      let delay = failures.delay(of: Visitor.host(SocketAddress(peer: descriptor)), at: now)
      let handshake = Handshake(acceptor: acceptance, secret: terms.secret)
      // Without memory for another visitor there is nobody to talk to.
      guard
        let visitor = try? Visitor(
          descriptor: descriptor, handshake, tls, waitingUntil: delay.map { now + $0 },
          deadline: now + limits.handshake)
      else { return }
      visitors.append(visitor)
    }
  }

  /// Sends away the visitor that has waited longest of the host that most have come from.
  private mutating func makeRoom() {
    var counts: [String: Int] = [:]
    for visitor in visitors { counts[visitor.host, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    if let oldest = visitors.first(where: { counts[$0.host] == most }) {
      dismiss(oldest, Refusal(kind: .tooMany, reason: "too many visitors"))
    }
  }

  private mutating func dismiss(_ visitor: Visitor, _ refusal: Refusal?) {
    visitors.removeAll { $0 === visitor }
    visitor.close()
    if let refusal { note(refusal, visitor.peer) }
  }

  private mutating func note(_ refusal: Refusal, _ peer: SocketAddress?) {
    refused += 1
    let count = told[refusal.kind]?.count ?? 0
    guard count < limits.notes, told[refusal.kind, default: []].insert(Visitor.host(peer)).inserted else {
      return
    }
    let place = peer.map { "from \($0) " } ?? ""
    terms.note(
      "connection \(place)refused: \(refusal.reason)"
        + (count + 1 == limits.notes ? "; more of this kind will not be told" : ""))
  }
}
