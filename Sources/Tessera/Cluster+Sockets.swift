// A program whose workers are processes joined by sockets. The driver starts them on its own machine (this
// same program again, which serves inside `Cluster.run`), or listens and waits for them to come. A process
// that is a worker never returns from `Cluster.run`.

import Foundation
import TesseraCommunicationSockets

extension Cluster {
  /// Runs `program` as the driver, or serves and ends the process if the configuration names a driver to
  /// call.
  ///
  /// - Throws: `ExecutionError.invalidConfiguration` without an address or a secret as it must be,
  ///   `ExecutionError.communication` when the workers cannot be joined, and whatever `program` throws.
  static func runOverSockets<Result: Sendable>(
    _ configuration: ClusterConfiguration, registry: TaskRegistry, recorder: Recorder?,
    _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    let settings = configuration.sockets
    if let driver = settings.connect { await serve(driver, settings, registry) }
    let meeting = try settings.listen.map { (place) throws(ExecutionError) in
      try settings.terms(meetingAt: place, registry)
    }
    let group = try await communicating { () throws(CommunicationError) in
      if let (place, terms) = meeting {
        try DriversGroup(listeningAt: place, size: configuration.workers, terms)
      } else {
        try DriversGroup(starting: configuration.workers, patience: .seconds(settings.joinSeconds))
      }
    }
    if configuration.style == .dataflow {
      // What is left when everybody else is lost works on.
      group.communicator.keepListening()
    } else {
      group.communicator.refuseNewcomers(
        reason: "the job has begun, and in the style message passing nobody can join it then")
    }
    let membership = Membership(
      fate: group.fate(of:), whenJoined: group.communicator.welcomeNewcomers,
      startAnother: group.startAnother, tell: noteForAPerson)
    let outcome: Swift.Result<Result, any Error>
    var grace = Duration.seconds(2)
    do {
      outcome = .success(
        try await run(
          configuration, over: [group.communicator], registry: registry, recorder: recorder,
          membership: membership, program))
    } catch {
      // What is left of a broken group has nothing to finish, and a stopped process will not end by itself.
      if case .communication? = error as? ExecutionError { grace = .milliseconds(500) }
      outcome = .failure(await onOwnThread { group.explained(error) })
    }
    await onOwnThread { [grace] in group.finish(grace: grace) }
    return try outcome.get()
  }

  /// Serves and ends the process, if a driver on this machine has started it as a worker. What goes wrong the
  /// driver tells, once for all: such a worker is silent, but where no driver can have set its environment.
  static func serveIfStartedAsWorker(_ registry: TaskRegistry) async {
    let taken: LocalPlace?
    do throws(CommunicationError) { taken = try LocalPlace.take() } catch {
      endWithout(.communication(error))
    }
    guard let place = taken else { return }
    guard let communicator = try? await communicating({ () throws(CommunicationError) in try place.join() })
    else {
      exit(lostExitCode)
    }
    exit(await serve(communicator, registry, whenDriverIsLost: { _ in }) == nil ? 0 : lostExitCode)
  }

  /// Joins the driver at `place`, serves it and ends the process, also when it cannot be joined: the program that this
  /// process would run is the driver's.
  private static func serve(_ place: String, _ settings: SocketSettings, _ registry: TaskRegistry) async {
    let communicator: SocketCommunicator
    do throws(ExecutionError) {
      let (place, terms) = try settings.terms(meetingAt: place, registry)
      communicator = try await communicating { () throws(CommunicationError) in
        try Rendezvous.join(place, terms)
      }
    } catch {
      endWithout(error)
    }
    let failure = await serve(communicator, registry) { reason in
      noteForAPerson("the driver is lost: \(reason)")
    }
    if let failure { noteForAPerson("the job has failed: \(failure)") }
    exit(failure == nil ? 0 : lostExitCode)
  }

  /// Serves until the driver's program has ended; returns why the job has failed if it has. A worker whose
  /// driver is lost ends its process at once, also in the middle of a task: nobody waits for the result.
  private static func serve(
    _ communicator: SocketCommunicator, _ registry: TaskRegistry,
    whenDriverIsLost: @escaping @Sendable (String) -> Void
  ) async -> String? {
    communicator.onLost = { rank, reason in
      guard rank == 0 else { return }
      whenDriverIsLost(reason)
      _exit(lostExitCode)
    }
    await serve(communicator, registry: registry)
    communicator.onLost = nil
    let failure = communicator.closedReason
    await onOwnThread { communicator.finish() }
    return failure
  }
}

/// Ends a worker that has no driver, which could tell why.
private func endWithout(_ error: ExecutionError) -> Never {
  noteForAPerson("\(error)")
  if case .invalidConfiguration = error { exit(usageExitCode) }
  exit(lostExitCode)
}

/// After sysexits(3): a service is unavailable.
private let lostExitCode: Int32 = 69
/// The same: what was asked for is not right.
private let usageExitCode: Int32 = 64

/// The driver's end of the group, and the processes that it has started.
private struct DriversGroup: Sendable {
  let communicator: SocketCommunicator
  private let workers: LocalWorkers?

  /// Waits for workers to come. Blocks the calling thread.
  init(listeningAt place: HostAndPort, size: Int, _ terms: JoiningTerms) throws(CommunicationError) {
    communicator = try Rendezvous.drive(at: place, size: size, terms)
    workers = nil
  }

  /// Starts workers. Blocks the calling thread.
  init(starting size: Int, patience: Duration) throws(CommunicationError) {
    let workers = try LocalWorkers(size: size, patience: patience, without: SocketSettings.variables)
    communicator = workers.communicator
    self.workers = workers
  }

  /// How the process of a lost worker has ended, where that is known. Blocks the calling thread.
  @Sendable func fate(of rank: Int) -> String? { workers?.fate(of: rank) }

  /// Starts a worker when all that this driver has started are lost; its rank, nil if it does not come. Blocks the
  /// calling thread. Nil for a driver that has started nobody.
  var startAnother: (@Sendable () -> Int?)? {
    guard let workers else { return nil }
    return { workers.startAnother() }
  }

  /// The error of a lost group with how the worker's process has ended, where that is known. Blocks the
  /// calling thread.
  func explained(_ error: any Error) -> any Error {
    guard case .communication(let cause)? = error as? ExecutionError, let workers else { return error }
    switch cause {
    case .lost(let rank, let reason):
      guard let fate = workers.fate(of: rank) else { return error }
      return ExecutionError.communication(.lost(rank: rank, reason: "\(fate) (\(reason))"))
    case .closed(let reason):
      // Another worker may have been the first to notice.
      guard let casualty = workers.firstCasualty(regular: [0, lostExitCode]) else { return error }
      return ExecutionError.communication(
        .closed(reason: "\(reason); worker \(casualty.rank): \(casualty.fate)"))
    default: return error
    }
  }

  /// Takes leave of the workers, and of their processes, which have `grace` to end. Blocks the calling thread.
  func finish(grace: Duration) {
    if let workers { workers.finish(grace: grace) } else { communicator.finish() }
  }
}

extension SocketSettings {
  /// Where and how to meet.
  ///
  /// - Throws: `invalidConfiguration`.
  fileprivate func terms(meetingAt place: String, _ registry: TaskRegistry) throws(ExecutionError)
    -> (HostAndPort, JoiningTerms)
  {
    do throws(CommunicationError) {
      let place = try HostAndPort(place)
      let terms = try JoiningTerms(
        secret: try Secret.read(file: secretFile), cluster: cluster, contract: registry.contract,
        usesTLS: usesTLS, patience: .seconds(joinSeconds), note: noteForAPerson)
      return (place, terms)
    } catch {
      guard case .refused(let reason) = error else { throw .communication(error) }
      throw .invalidConfiguration(reason)
    }
  }
}

/// Runs what blocks on a thread of its own: Swift's cooperative pool never waits.
private func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    let thread = Thread { continuation.resume(returning: body()) }
    thread.name = "tessera joining"
    thread.start()
  }
}

/// Runs what blocks and may fail on a thread of its own.
///
/// - Throws: `ExecutionError.communication`.
private func communicating<Result: Sendable>(
  _ body: @escaping @Sendable () throws(CommunicationError) -> Result
) async throws(ExecutionError) -> Result {
  let outcome: Swift.Result<Result, CommunicationError> = await onOwnThread {
    do throws(CommunicationError) { return .success(try body()) } catch { return .failure(error) }
  }
  do { return try outcome.get() } catch { throw .communication(error) }
}

/// A line on standard error. Where nobody listens there is nobody to tell.
@Sendable func noteForAPerson(_ text: String) {
  let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
  try? FileHandle.standardError.write(contentsOf: Data("tessera: \(line)\n".utf8))
}
