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
// Cost: size (size - 1) / 2 pairs, of which the driver keeps size - 1 ends.

import Glibc
public import TesseraCommunication

/// The processes that a driver has started.
///
/// `@unchecked Sendable`: one thread at a time uses it, first the one that starts, then the one that ends the
/// job.
public final class LocalWorkers: @unchecked Sendable {
  private let children: [ChildProcess]
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
    var gathering = Gathering(size: size, deadline: .now + patience)
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
    children = gathering.children
    communicator = SocketCommunicator(
      rank: 0, size: size,
      links: Dictionary(
        uniqueKeysWithValues: gathering.sockets.enumerated().map {
          ($0.offset + 1, PlainLink(descriptor: $0.element, isChecksummed: false) as any Link)
        }))
  }

  /// Takes leave of the workers and waits until every process has ended; those that have not after `grace`
  /// are ended, those that were lost at once. Blocks the calling thread.
  public func finish(grace: Duration = .seconds(2)) {
    let lost = (1...max(children.count, 1)).filter(communicator.progress.isLost)
    communicator.finish()
    let now = ContinuousClock.now
    for (index, child) in children.enumerated() {
      _ = child.reap(until: lost.contains(index + 1) ? now : now + grace)
    }
  }

  /// The worker whose process has ended otherwise than by itself, and how, in words; nil where there is none.
  /// `regular` are the exit codes of a process that has served to the end of its job. Blocks up to half a second.
  public func firstCasualty(regular: Set<Int32>) -> (rank: Int, fate: String)? {
    for _ in 0..<50 {
      for (index, child) in children.enumerated() {
        guard let end = child.poll() else { continue }
        if case .exited(let code) = end, regular.contains(code) { continue }
        if end != .unknown { return (index + 1, "\(end)") }
      }
      if children.allSatisfy({ $0.end != nil }) { return nil }
      usleep(10_000)
    }
    return nil
  }

  /// How the process of worker `rank` ended, in words; nil for ranks that are no process, and while it runs.
  /// Blocks up to half a second: a process closes its connections a moment before it has ended.
  public func fate(of rank: Int) -> String? {
    guard children.indices.contains(rank - 1) else { return nil }
    for _ in 0..<50 {
      if let end = children[rank - 1].poll() { return "\(end)" }
      usleep(10_000)
    }
    return nil
  }
}

/// The driver's side while the workers come together. Words are single bytes: the processes are the same
/// program.
private struct Gathering {
  let size: Int
  let deadline: ContinuousClock.Instant
  var children: [ChildProcess] = []
  /// The driver's ends, worker 1's first.
  var sockets: [Int32] = []

  init(size: Int, deadline: ContinuousClock.Instant) {
    self.size = size
    self.deadline = deadline
  }

  mutating func start(without: [String]) throws(CommunicationError) {
    for rank in 1..<size {
      let (mine, theirs) = try socketPair()
      defer { close(theirs) }
      sockets.append(mine)
      var changes: [String: String?] = [
        LocalPlace.variable: LocalPlace(socket: ChildProcess.socket, rank: rank, size: size).encoded,
        // The workers are the parallelism; threads that never work cost memory.
        "OPENBLAS_NUM_THREADS": "1",
      ]
      for name in without { changes[name] = .some(nil) }
      children.append(try ChildProcess(inheriting: theirs, environment: changes))
    }
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
          throw absence(of: index + 1)
        }
      }
      if let index = waiting.min(), deadline <= .now {
        throw .refused(
          reason:
            "worker \(index + 1) neither joined nor ended in time; its process must come to the same call")
      }
    }
  }

  func connectPairs() throws(CommunicationError) {
    guard size > 2 else { return }
    for low in 1..<(size - 1) {
      for high in (low + 1)..<size {
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
        descriptor, labelled: Int32(other), over: sockets[rank - 1], until: deadline)
    } catch {
      throw absence(of: rank)
    }
  }

  func tellAll(_ word: String) throws(CommunicationError) {
    for (index, socket) in sockets.enumerated() {
      guard send(socket, word, 1, Int32(MSG_NOSIGNAL)) == 1 else { throw absence(of: index + 1) }
    }
  }

  /// How a worker that has closed its connection has ended. One that has not is ended.
  private func absence(of rank: Int) -> CommunicationError {
    let end = children[rank - 1].reap(until: min(deadline, .now + .seconds(2)))
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
