// The accepting side: one thread, one poll over the listener, everybody who has not proved anything yet, and
// those who have and wait. A visitor has five seconds for the whole handshake however it trickles in; when
// there are too many, the one goes that has waited longest of the host that most have come from, so that no host
// crowds out another. After ten failed proofs from a host, further visitors from there wait a little before they are
// listened to, less so as time goes by: real workers join a second later, guessing takes for ever.
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
  /// In this time half of the failures are forgotten.
  var halfLife = Duration.seconds(2)
  /// Of so many hosts failures are remembered.
  var hosts = 1024
  /// The most lines about refused visitors, each about another host or reason.
  var notes = 10
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
  private var failures: [String: Failures] = [:]
  private var refused = 0
  /// What has been told of refused visitors, by host and reason: a worker that calls again and again is told once.
  private var told: Set<String> = []
  /// Until when no connection is taken: there is no descriptor for it, and asking again at once is no use.
  private var pauseEnd: ContinuousClock.Instant?
  private static let pause = Duration.milliseconds(100)

  /// Failures of one host, half of which are forgotten again and again.
  private struct Failures {
    var count = 0.0
    var time = ContinuousClock.now

    func left(after halfLife: Duration, at now: ContinuousClock.Instant) -> Double {
      count * exp2(-((now - time) / halfLife))
    }
  }

  init(
    _ listener: consuming Listener, _ acceptance: Acceptance, _ terms: JoiningTerms, _ tls: TLSContext?,
    limits: DoorkeeperLimits = DoorkeeperLimits()
  ) {
    self.listener = listener
    self.acceptance = acceptance
    self.terms = terms
    self.tls = tls
    self.limits = limits
  }

  /// Where it listens.
  var address: SocketAddress { listener.address }
  var descriptor: Int32 { listener.descriptor }

  /// Waits until `count` peers have come and are still there, in order of arrival; their links are the
  /// caller's.
  ///
  /// - Parameter whenChanged: told how many there are, whenever one comes or goes.
  /// - Throws: `refused` when that takes longer than until `deadline`.
  consuming func admit(
    _ count: Int, until deadline: ContinuousClock.Instant, whenChanged: (Int) -> Void = { _ in }
  ) throws(CommunicationError) -> [Arrival] {
    let arrivals = try gather(count, until: deadline, whenChanged: whenChanged)
    dismissAll()
    return arrivals
  }

  /// As `admit`, and goes on listening.
  mutating func gather(
    _ count: Int, until deadline: ContinuousClock.Instant, whenChanged: (Int) -> Void = { _ in }
  ) throws(CommunicationError) -> [Arrival] {
    while arrivals.count < count {
      guard deadline > .now else {
        let found = arrivals.count
        dismissAll()
        throw .refused(
          reason: "\(found) of \(count) workers have come to \(address) within \(terms.patience)"
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

  /// Waits for something to do and does it.
  private mutating func wakeUp(until deadline: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    let present = arrivals.count
    let active = visitors.filter { $0.earliest <= now }
    if let pauseEnd, pauseEnd <= now { self.pauseEnd = nil }
    let isOpen = pauseEnd == nil
    var descriptors = [pollfd(fd: listener.descriptor, events: isOpen ? Int16(POLLIN) : 0, revents: 0)]
    // Nothing is expected of those who wait; whatever comes is their leaving.
    descriptors += arrivals.map { pollfd(fd: $0.link.descriptor, events: Int16(POLLIN), revents: 0) }
    descriptors += active.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
    let times =
      visitors.map { $0.earliest > now ? $0.earliest : $0.deadline } + [pauseEnd ?? deadline, deadline]
    SystemCall.poll(&descriptors, until: times.min())

    for (visitor, descriptor) in zip(active, descriptors.dropFirst(1 + present)) where descriptor.revents != 0
    {
      advance(visitor)
    }
    for (index, descriptor) in descriptors[1..<(1 + present)].enumerated().reversed()
    where descriptor.revents != 0 {
      let arrival = arrivals.remove(at: index)
      arrival.link.close()
      note("a worker has left again", arrival.peer)
    }
    if descriptors[0].revents != 0 { takeConnections() }
    let later = ContinuousClock.now
    for visitor in visitors where visitor.deadline <= later {
      dismiss(visitor, "said nothing of use for \(limits.handshake)")
    }
  }

  private mutating func advance(_ visitor: Visitor) {
    switch visitor.advance() {
    case .waits: break
    case .left: dismiss(visitor, nil)
    case .refused(let reason, let countsAsFailure):
      if countsAsFailure { noteFailure(of: visitor.host) }
      dismiss(visitor, reason)
    case .admitted(let arrival):
      visitors.removeAll { $0 === visitor }
      let isSecond = arrivals.contains { $0.claim.number == arrival.claim.number }
      guard arrival.claim.role == .worker || !isSecond else {
        arrival.link.close()
        return note("rank \(arrival.claim.number) is here already", arrival.peer)
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
      let delay = delay(of: Visitor.host(SocketAddress(peer: descriptor)), at: now)
      let handshake = Handshake(acceptor: acceptance, secret: terms.secret)
      // Without memory for another visitor there is nobody to talk to.
      guard
        let visitor = try? Visitor(
          descriptor: descriptor, handshake, tls, earliest: now + delay, deadline: now + limits.handshake)
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
      dismiss(oldest, "too many visitors")
    }
  }

  /// How long a visitor from `host` waits before it is listened to.
  private func delay(of host: String, at now: ContinuousClock.Instant) -> Duration {
    let count = failures[host]?.left(after: limits.halfLife, at: now) ?? 0
    return min(limits.delayStep * max(count - Double(limits.freeFailures), 0), limits.longestDelay)
  }

  private mutating func noteFailure(of host: String) {
    let (now, halfLife) = (ContinuousClock.now, limits.halfLife)
    let count = failures[host]?.left(after: halfLife, at: now) ?? 0
    failures[host] = Failures(count: count + 1, time: now)
    guard failures.count > limits.hosts else { return }
    let least = failures.min {
      $0.value.left(after: halfLife, at: now) < $1.value.left(after: halfLife, at: now)
    }
    if let least { failures[least.key] = nil }
  }

  private mutating func dismiss(_ visitor: Visitor, _ reason: String?) {
    visitors.removeAll { $0 === visitor }
    visitor.close()
    if let reason { note(reason, visitor.peer) }
  }

  private mutating func note(_ reason: String, _ peer: SocketAddress?) {
    refused += 1
    var host = peer
    host?.port = 0
    guard told.count < limits.notes, told.insert("\(reason) \(host.map { "\($0)" } ?? "")").inserted else {
      return
    }
    let place = peer.map { "from \($0) " } ?? ""
    terms.note(
      "connection \(place)refused: \(reason)" + (told.count == limits.notes ? "; more will not be told" : ""))
  }
}
