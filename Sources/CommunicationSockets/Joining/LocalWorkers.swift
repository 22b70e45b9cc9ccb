// Workers on this machine, started by the driver. Nothing listens and nobody can knock: every connection is a
// pair of Unix-domain sockets that the driver makes and hands out, so there is no address, no file and no
// secret to guard, and nothing is left behind however the processes end.
//
//   driver                                            worker r
//   starts process r with one end of a pair     ->
//                                               <-    "here" when it reaches Cluster.run
//   for r < s: a new pair, one end to each      ->
//                                               <-    "ready"
//   "go" when all are                           ->
//
// When all of them are lost another one can be started in their stead. It comes as they came, and as there is
// nobody else left, it needs no pair but its own.
//
// Cost: size (size - 1) / 2 pairs, of which the driver keeps size - 1 ends.

import Glibc
import Synchronization
public import TesseraCommunication

/// The processes that a driver has started.
///
/// `@unchecked Sendable`: every access to the processes holds the lock.
public final class LocalWorkers: @unchecked Sendable {
  /// Worker 1's first.
  private var children: [ChildProcess]
  private let lock = Mutex(())
  /// How long to wait for one more: longer than the first ones took.
  private let patience: Duration
  private let without: [String]
  /// Rank 0's end of the group.
  public let communicator: SocketCommunicator

  /// Starts `size` - 1 processes of this program with this process's arguments, and returns when all have
  /// joined. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for a worker that neither joins nor ends.
  ///   - without: variables that the workers are not to inherit.
  /// - Throws: `refused` when a process cannot be started, ends before it joins, or does neither. None is
  ///   left then.
  public init(size: Int, patience: Duration = .seconds(30), without: [String] = []) throws(CommunicationError)
  {
    precondition(1...Roster.mostMembers ~= size)
    self.without = without
    let start = ContinuousClock.now
    var gathering = Gathering(ranks: 1..<size, deadline: .now + patience)
    do throws(CommunicationError) {
      try gathering.start(without: without)
      try gathering.waitForAll("here")
      try gathering.connectPairs()
      try gathering.waitForAll("ready")
      try gathering.tellAll("go")
    } catch {
      gathering.abandon()
      throw error
    }
    self.patience = min(patience, max(.seconds(3), start.duration(to: .now) * 3))
    children = gathering.children
    communicator = SocketCommunicator(
      rank: 0, size: size,
      links: Dictionary(
        uniqueKeysWithValues: gathering.sockets.enumerated().map {
          ($0.offset + 1, PlainLink(descriptor: $0.element, isChecksummed: false) as any Link)
        }))
  }

  /// Starts one more process when all workers but the driver's own are lost; returns its rank when it has joined,
  /// nil when somebody else is left or it does not come. Nobody else may admit workers. Blocks the calling thread.
  public func startAnother() -> Int? {
    let rank = communicator.size
    guard rank < Roster.mostMembers, (1..<max(rank, 1)).allSatisfy(communicator.progress.isGone) else {
      return nil
    }
    var gathering = Gathering(ranks: rank..<(rank + 1), deadline: .now + patience)
    do throws(CommunicationError) {
      try gathering.start(without: without, isAlone: true)
      try gathering.waitForAll("here")
      try gathering.waitForAll("ready")
      try gathering.tellAll("go")
    } catch {
      gathering.abandon()
      return nil
    }
    let link = PlainLink(descriptor: gathering.sockets[0], isChecksummed: false)
    lock.withLock { _ in children += gathering.children }
    guard communicator.progress.admit(rank, link) else {
      link.close()
      return nil
    }
    return rank
  }

  /// Takes leave of the workers and waits until every process has ended; those that have not after `grace`
  /// are ended, those that were lost at once. Blocks the calling thread.
  public func finish(grace: Duration = .seconds(2)) {
    lock.withLock { _ in
      let lost = (1...max(children.count, 1)).filter(communicator.progress.isLost)
      communicator.finish()
      let now = ContinuousClock.now
      for (index, child) in children.enumerated() {
        _ = child.reap(until: lost.contains(index + 1) ? now : now + grace)
      }
    }
  }

  /// The worker whose process has ended otherwise than by itself, and how, in words; nil where there is none.
  /// `regular` are the exit codes of a process that has served to the end of its job. Blocks up to half a second.
  public func firstCasualty(regular: Set<Int32>) -> (rank: Int, fate: String)? {
    for _ in 0..<50 {
      let ends = lock.withLock { _ in children.map { $0.poll() } }
      for (index, end) in ends.enumerated() {
        guard let end, end != .unknown else { continue }
        if case .exited(let code) = end, regular.contains(code) { continue }
        return (index + 1, "\(end)")
      }
      if ends.allSatisfy({ $0 != nil }) { return nil }
      usleep(10_000)
    }
    return nil
  }

  /// How the process of worker `rank` ended, in words; nil for ranks that are no process, and while it runs.
  /// Blocks up to half a second: a process closes its connections a moment before it has ended.
  public func fate(of rank: Int) -> String? {
    for _ in 0..<50 {
      let (isOurs, end) = lock.withLock { _ in
        let isOurs = children.indices.contains(rank - 1)
        return (isOurs, isOurs ? children[rank - 1].poll() : nil)
      }
      if let end { return "\(end)" }
      guard isOurs else { return nil }
      usleep(10_000)
    }
    return nil
  }
}

/// The driver's side while the workers come together. Words are single bytes: the processes are the same
/// program.
private struct Gathering {
  let ranks: Range<Int>
  let deadline: ContinuousClock.Instant
  /// Those of `ranks`, in order, as are the driver's ends of the connections.
  var children: [ChildProcess] = []
  var sockets: [Int32] = []

  init(ranks: Range<Int>, deadline: ContinuousClock.Instant) {
    self.ranks = ranks
    self.deadline = deadline
  }

  mutating func start(without: [String], isAlone: Bool = false) throws(CommunicationError) {
    for rank in ranks {
      let (mine, theirs) = try socketPair()
      defer { close(theirs) }
      sockets.append(mine)
      var changes: [String: String?] = [
        LocalPlace.variable: place(of: rank, isAlone).encoded,
        // The workers are the parallelism; threads that never work cost memory.
        "OPENBLAS_NUM_THREADS": "1",
      ]
      for name in without { changes[name] = .some(nil) }
      children.append(try ChildProcess(inheriting: theirs, environment: changes))
    }
  }

  private func place(of rank: Int, _ isAlone: Bool) -> LocalPlace {
    LocalPlace(socket: ChildProcess.socket, rank: rank, size: ranks.upperBound, isAlone: isAlone)
  }

  /// Waits for one byte from every worker.
  mutating func waitForAll(_ word: String) throws(CommunicationError) {
    var waiting = Set(sockets.indices)
    while !waiting.isEmpty {
      let indices = waiting.sorted()
      var descriptors = indices.map { pollfd(fd: sockets[$0], events: Int16(POLLIN), revents: 0) }
      SystemCall.poll(&descriptors, until: deadline)
      for (index, descriptor) in zip(indices, descriptors) where descriptor.revents != 0 {
        var byte: UInt8 = 0
        let count = recv(sockets[index], &byte, 1, 0)
        if count == 1 {
          waiting.remove(index)
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
          throw absence(of: ranks.lowerBound + index)
        }
      }
      if let index = waiting.min(), deadline <= .now {
        throw .refused(
          reason:
            "worker \(ranks.lowerBound + index) neither joined nor ended in time; its process must come to the same call"
        )
      }
    }
  }

  func connectPairs() throws(CommunicationError) {
    for low in ranks {
      for high in ranks where low < high {
        let pair = try socketPair()
        defer {
          close(pair.0)
          close(pair.1)
        }
        try pass(pair.0, to: low, labelled: high)
        try pass(pair.1, to: high, labelled: low)
      }
    }
  }

  private func pass(_ descriptor: Int32, to rank: Int, labelled other: Int) throws(CommunicationError) {
    do throws(CommunicationError) {
      try PassedDescriptor.send(
        descriptor, labelled: Int32(other), over: sockets[rank - ranks.lowerBound], until: deadline)
    } catch {
      throw absence(of: rank)
    }
  }

  func tellAll(_ word: String) throws(CommunicationError) {
    for (index, socket) in sockets.enumerated() {
      guard send(socket, word, 1, Int32(MSG_NOSIGNAL)) == 1 else {
        throw absence(of: ranks.lowerBound + index)
      }
    }
  }

  /// How a worker that has closed its connection has ended. One that has not is ended.
  private func absence(of rank: Int) -> CommunicationError {
    let end = children[rank - ranks.lowerBound].reap(until: min(deadline, .now + .seconds(2)))
    return .refused(reason: "worker \(rank) did not join: \(end)")
  }

  func abandon() {
    for socket in sockets { close(socket) }
    // Not one that is reaped: its number may be another's by now.
    for child in children where child.poll() == nil { kill(child.identifier, SIGKILL) }
    for child in children { _ = child.reap(until: .now) }
  }

  private func socketPair() throws(CommunicationError) -> (Int32, Int32) {
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Listener.flags, 0, &pair) == 0 else {
      throw .refused(reason: "no connection to a worker: \(SystemCall.reason(errno))")
    }
    return (pair[0], pair[1])
  }
}
