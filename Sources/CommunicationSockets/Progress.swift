// Movement between one worker and its peers. There is no event loop that every message would have to go
// through, at a thread's wake-up each way: whoever waits, polls. A caller that sends writes to the socket
// itself; a caller that waits reads its peer's socket, looks again a few times (a message on its way comes
// within microseconds, a wake-up costs more), and then blocks in poll on all of them. One caller polls at a
// time; others wait until it has done something or leaves.
//
// A background thread polls when no caller has been here for a millisecond: heartbeats go out and come in,
// posted sends get on, and peers are not held up while this worker computes. It sleeps as long as a
// caller waits here, and blocks in poll as long as none comes: nothing ticks when nothing happens.
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
  private let rank: Int
  private let limits: SocketLimits
  private let monitor = Monitor()
  private var connections: [PeerConnection?]
  /// The number of workers: of `connections`, for those who do not hold the lock.
  private let count: Atomic<Int>
  /// Whether receives from anyone wait also when no peer is left: for what this worker sends itself, or for
  /// workers that may join.
  private var keepsListening = false
  private var inbox: Inbox
  private var closedReason: String?
  private var hasFinished = false
  private let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 15, alignment: 64)

  // Callers.
  private var callersInside = 0
  private var visits = 0
  private var anySourceWaiters = 0
  private let poller = Poller()
  private var isPolledByCaller = false
  private var bystanders = 0
  private let somethingHappened: Monitor.Condition
  private var lastRound = Monitor.now()
  /// When the round after the last one is due at the latest.
  private var nextRoundDue = Int.max

  // The background thread.
  private let backgroundPoller = Poller()
  private let calm: Monitor.Condition
  private var isStandingBy = false
  private var backgroundThread: pthread_t?
  private var hasEnded = false

  // Losses not told yet.
  private var losses: [(rank: Int, reason: String)] = []
  private var toldLosses: [(rank: Int, reason: String)] = []
  private var lossHandler: (@Sendable (Int, String) -> Void)?
  /// The lost workers that receives from anyone have been told of.
  private var told: [Channel: Set<Int>] = [:]

  /// Looks at the socket before blocking: about as long as a wake-up takes.
  private static let mostLooks = 30
  /// How long callers must have been away before the background thread polls.
  private static let calmMicroseconds: UInt32 = 1000
  /// After so long without a look at every peer the background thread looks, though callers come and go.
  private static let longestNeglect = 100_000_000

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

  // MARK: sends

  /// Starts a send. Returns nil when the payload may be forgotten already.
  ///
  /// - Throws: `closed`, `lost`.
  func postSend(_ kind: FrameKind, _ payload: OutgoingPayload, to peer: Int, _ channel: Channel)
    throws(CommunicationError) -> OutgoingFrame?
  {
    enter()
    defer { leave() }
    if let closedReason { throw .closed(reason: closedReason) }
    guard let connection = connections[peer] else {
      try deliverToSelf(kind, payload, channel)
      return nil
    }
    if let failure = connection.sendFailure { throw failure }
    let wasBusy = !connection.outgoing.isEmpty
    let frame = connection.outgoing.append(kind, channel, payload)
    connection.flush(now: Monitor.now())
    // Others wait for frames that this may have sent, and the poll would tell them only of more room.
    if wasBusy { wakeCallers() }
    if let failure = frame?.failure ?? connection.sendFailure { throw failure }
    if !connection.outgoing.isEmpty { wakePollers() }
    return frame?.isSent == false ? frame : nil
  }

  /// Returns when the frame's payload may be forgotten.
  ///
  /// - Throws: `closed`, `lost`.
  func wait(for frame: OutgoingFrame) throws(CommunicationError) {
    enter()
    defer { leave() }
    wait(preferring: nil) { frame.isFinished }
    if let failure = frame.failure { throw failure }
  }

  private func deliverToSelf(_ kind: FrameKind, _ payload: OutgoingPayload, _ channel: Channel)
    throws(CommunicationError)
  {
    let bytes = ReceivedBytes(length: payload.count)
    try withUnsafeTemporaryCopy(of: payload) { (copy) throws(CommunicationError) in try bytes.add(copy) }
    inbox.deliver(bytes, kind, to: rank, channel: channel)
    wakeCallers()
  }

  private func withUnsafeTemporaryCopy(
    of payload: OutgoingPayload, _ body: (UnsafeRawBufferPointer) throws(CommunicationError) -> Void
  ) throws(CommunicationError) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 16)
    defer { copy.deallocate() }
    payload.copy(to: copy)
    try body(UnsafeRawBufferPointer(copy))
  }

  // MARK: receives

  /// Announces a receive.
  func post(_ receive: PendingReceive) {
    enter()
    defer { leave() }
    if let closedReason { return receive.fail(.closed(reason: closedReason)) }
    inbox.post(receive)
    wakePollersForInput()
    if receive.message == nil, receive.failure == nil, let failure = failure(of: receive) {
      inbox.forget(receive)
      receive.fail(failure)
    }
  }

  /// Why no message will come for the receive; nil while some may. Where others may still send, receives from
  /// anyone are told of a lost worker once a channel, and go on.
  private func failure(of receive: PendingReceive) -> CommunicationError? {
    if case .rank(let peer) = receive.source { return connections[peer]?.receiveFailure }
    for case let peer? in connections
    where peer.isLost && told[receive.channel, default: []].insert(peer.rank).inserted {
      return peer.receiveFailure
    }
    if keepsListening || connections.contains(where: { $0?.state == .open }) { return nil }
    let gone = connections.compactMap { $0 }
    return (gone.first(where: \.isLost) ?? gone.first)?.receiveFailure
  }

  /// Returns the receive's message when it is whole.
  ///
  /// - Throws: `closed`, `lost`, `unexpectedMessage`, `wrongLength`.
  func wait(for receive: PendingReceive) throws(CommunicationError) -> Message {
    enter()
    defer { leave() }
    return try wait(for: receive) { $0.isComplete }
  }

  /// Returns the receive's message when it is whole or, if it is so long as to be read while it comes, has
  /// begun to come. Of such a message, tells the length.
  ///
  /// - Throws: `closed`, `lost`, `unexpectedMessage`.
  func begin(_ receive: PendingReceive) throws(CommunicationError) -> (message: Message, streamed: Int?) {
    enter()
    defer { leave() }
    let message = try wait(for: receive) { $0.isComplete || Self.streamed ~= $0.length }
    return (message, message.isComplete ? nil : message.length)
  }

  /// Puts the next bytes of the receive's message into `buffer`, at least `least`, and returns how many.
  ///
  /// - Throws: `closed`, `lost`.
  func read(
    _ receive: PendingReceive, into buffer: UnsafeMutableRawBufferPointer, atLeast least: Int
  ) throws(CommunicationError) -> Int {
    enter()
    defer { leave() }
    receive.message?.put(into: buffer)
    // Whoever gives up takes the memory back.
    let message = try wait(for: receive) { buffer.count - $0.placeLeft >= least }
    return buffer.count - message.takePlaceBack()
  }

  /// Ends a receive whose message is of no use.
  func abandon(_ receive: PendingReceive, _ error: CommunicationError) {
    enter()
    defer { leave() }
    receive.fail(error)
  }

  /// Messages that are read while they come: long enough for a copy to cost more than some more waits, and so
  /// short that memory of the length that a peer claims can be had, though not used, for nothing.
  private static let streamed = 1 << 18...1 << 30

  private func wait(for receive: PendingReceive, until isDone: (Message) -> Bool)
    throws(CommunicationError) -> Message
  {
    func isOver() -> Bool { receive.failure != nil || receive.message.map(isDone) == true }
    if !isOver() {
      let source = receive.message.map { Source.rank($0.source) } ?? receive.source
      var preferred: PeerConnection?
      if case .rank(let peer) = source { preferred = connections[peer] }
      preferred?.waiters += 1
      if source == .any { anySourceWaiters += 1 }
      wakePollersForInput()
      wait(preferring: preferred, isOver)
      preferred?.waiters -= 1
      if source == .any { anySourceWaiters -= 1 }
    }
    guard let message = receive.message else { throw receive.failure ?? .closed(reason: "no message") }
    return message
  }

  /// Whether a peer is to be read from: somebody waits for what it sends, or there is room to keep it.
  private func isWanted(_ connection: PeerConnection, _ inbox: borrowing Inbox) -> Bool {
    connection.isDraining || connection.waiters > 0 || anySourceWaiters > 0
      || connection.message?.isAsked == true || inbox.bytesKept[connection.rank] < limits.mostBytesKept
  }

  // MARK: callers

  private func enter() {
    monitor.lock()
    callersInside += 1
  }

  private func leave() {
    tellLosses()
    callersInside -= 1
    visits &+= 1
    let isToBeWatched = isStandingBy
    isStandingBy = false
    monitor.unlock()
    if isToBeWatched { calm.signal() }
  }

  /// Moves messages until `isDone`, or until the deadline.
  private func wait(preferring peer: PeerConnection?, until deadline: Int = .max, _ isDone: () -> Bool) {
    var looks = 0
    while !isDone(), Monitor.now() < deadline {
      if isPolledByCaller {
        bystanders += 1
        somethingHappened.wait()
        bystanders -= 1
        continue
      }
      isPolledByCaller = true
      if let peer, !peer.isClosed, isWanted(peer, inbox), read(peer) {
        looks = 0
        // A long message from one peer is no reason to be silent to the others, or deaf.
        if Monitor.now() - lastRound > Self.longestNeglect { round(poller, until: 0) }
      } else if looks < Self.mostLooks, peer != nil {
        looks += 1
        monitor.unlock()
        sched_yield()
        monitor.lock()
      } else {
        backgroundPoller.wake()
        round(poller, until: deadline)
      }
      isPolledByCaller = false
      tellLosses()
      if bystanders > 0 { somethingHappened.broadcast() }
    }
  }

  /// Makes whoever polls look again if it does not listen to a peer that has come to be wanted.
  private func wakePollersForInput() {
    guard poller.isBlocked || backgroundPoller.isBlocked else { return }
    for case let peer? in connections where !peer.isListenedTo && isWanted(peer, inbox) {
      return wakePollers()
    }
  }

  private func wakePollers() {
    poller.wake()
    backgroundPoller.wake()
  }

  /// Makes callers see whether what they wait for has come.
  private func wakeCallers() {
    poller.wake()
    if bystanders > 0 { somethingHappened.broadcast() }
  }

  // MARK: movement

  /// One look at every peer, waiting for something to happen until the deadline at most.
  private func round(_ poller: Poller, until deadline: Int) {
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
      if input || connection.link.hasBufferedInput {
        read(connection)
        hasMoved = true
      } else if connection.isSilent(at: start) {
        lose(connection, "nothing has been heard from it for \(limits.silenceLimit)")
        hasMoved = true
      }
    }
    if hasMoved { wakeCallers() }
  }

  /// Reads from one peer, and sees to what its bytes say. Returns whether anything came, be it the end: somebody
  /// who waits may wait no more.
  @discardableResult private func read(_ connection: PeerConnection) -> Bool {
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

  // MARK: joining

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

  // MARK: the end

  /// Why every operation ends with `closed`; nil while none has to.
  var reasonForClosing: String? {
    enter()
    defer { leave() }
    return closedReason
  }

  private func lose(_ connection: PeerConnection, _ reason: String) {
    connection.lose(reason: reason)
    guard closedReason == nil else { return }
    forgetReceives(from: connection)
    losses.append((connection.rank, reason))
  }

  /// Fails the receives that no message can come for any more.
  private func forgetReceives(from connection: PeerConnection) {
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
  private func tellLosses() {
    while !losses.isEmpty, let lossHandler {
      let loss = losses.removeFirst()
      toldLosses.append(loss)
      monitor.unlock()
      lossHandler(loss.rank, loss.reason)
      monitor.lock()
    }
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
  private func shut(_ reason: String) {
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

  private func failEverything(_ error: CommunicationError) {
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
  private func waitForAll(until deadline: Int = .max, _ isDone: (PeerConnection) -> Bool) {
    wait(preferring: nil, until: deadline) {
      connections.allSatisfy { connection in
        guard let connection, !connection.isClosed else { return true }
        return isDone(connection)
      }
    }
  }

  // MARK: the background thread

  private func startBackgroundThread() {
    guard connections.contains(where: { $0 != nil }) else { return }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Progress>.fromOpaque(argument).takeRetainedValue().runInBackground()
        return nil
      }, argument.toOpaque())
    if failure == 0 { backgroundThread = thread } else { argument.release() }
  }

  private func joinBackgroundThread() {
    guard let backgroundThread else { return }
    if pthread_equal(backgroundThread, pthread_self()) != 0 {
      // A loss handler that runs on it has dropped the communicator.
      pthread_detach(backgroundThread)
    } else {
      pthread_join(backgroundThread, nil)
    }
    self.backgroundThread = nil
  }

  private func runInBackground() {
    monitor.lock()
    while !hasEnded {
      let seen = visits
      monitor.unlock()
      usleep(Self.calmMicroseconds)
      monitor.lock()
      if callersInside == 0, visits == seen {
        while callersInside == 0, !hasEnded {
          round(backgroundPoller, until: .max)
          tellLosses()
        }
      } else if !isPolledByCaller, Monitor.now() - lastRound > Self.longestNeglect {
        round(backgroundPoller, until: 0)
        tellLosses()
      } else if callersInside > 0 {
        isStandingBy = true
        while isStandingBy, !hasEnded { calm.wait() }
      }
    }
    monitor.unlock()
  }
}
