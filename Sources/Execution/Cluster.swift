// The one entry: starts the workers, runs the driver program, stops the workers. Every worker owns a thread;
// rank 0's takes part in the steps that the program asks for, the program itself is asynchronous.

import Foundation
import Synchronization
public import TesseraCommunication
public import TesseraInstrumentation

/// The workers of a running program, as the program sees them.
public struct Cluster: Sendable {
  /// The driver's verbs.
  public let engine: any Engine
  /// How the workers were set up.
  public let configuration: ClusterConfiguration

  /// Runs `program` with workers set up as `configuration` says, and returns what it returns.
  ///
  /// The workers are gone when this returns, however the program ends. Results are the same bits on any
  /// number of workers if the tasks are: libraries they call must run single-threaded, which the
  /// `Cluster.run` of the umbrella module sees to.
  ///
  /// - Parameter recorder: where the workers record their tasks, transfers and waits; nothing is recorded,
  ///   and nothing is paid, without one.
  /// - Throws: `ExecutionError.invalidConfiguration`, `threadsNotStarted`, and whatever `program` throws.
  public static func run<Result: Sendable>(
    _ configuration: ClusterConfiguration, registry: TaskRegistry,
    recorder: Recorder? = nil, _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    try configuration.validate()
    return try await run(
      configuration, over: InProcessCommunicator.group(size: configuration.workers), registry: registry,
      recorder: recorder, program)
  }

  /// Runs `program` on rank 0 of a group, with a worker thread for each of `communicators`: those of the
  /// group's ends that this process holds, rank 0's first. Processes that hold others call `serve`.
  ///
  /// - Parameter membership: what the transport can tell of workers that come and go.
  /// - Throws: `ExecutionError.threadsNotStarted`, and whatever `program` throws.
  public static func run<Result: Sendable>(
    _ configuration: ClusterConfiguration, over communicators: [any Communicator], registry: TaskRegistry,
    recorder: Recorder? = nil, membership: Membership = .fixed, _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    precondition(communicators.first?.rank == 0, "the program runs on rank 0")
    ExitGuard.watch()
    let threads = WorkerThreads()
    let elsewhere = Array(Set(0..<communicators[0].size).subtracting(communicators.map(\.rank))).sorted()
    let job = Job(configuration, communicators, elsewhere, registry, recorder, threads)
    let (engine, stop) =
      configuration.style == .dataflow ? job.prepareDataflow(membership) : job.prepareMessagePassing()
    do throws(ExecutionError) {
      try threads.start()
    } catch {
      communicators[0].close(reason: error.description)
      throw error
    }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await program(Cluster(engine: engine, configuration: configuration)))
    } catch {
      outcome = .failure(error)
    }
    stop()
    await threads.finished()
    return try outcome.get()
  }

  /// What every worker has sent and received since the cluster has started, by operation of the program and
  /// by the worker at the other end. Asking is not counted. `after - before` is what happened in between:
  ///
  /// ```swift
  /// let before = try await cluster.ledger()
  /// let y = try await a.applyGram(x)
  /// print(LedgerTable(try await cluster.ledger() - before))
  /// ```
  ///
  /// - Throws: `ExecutionError.communication`.
  public func ledger() async throws(ExecutionError) -> LedgerReport { try await engine.ledger() }

  /// Serves as one worker of a group whose rank 0 is another process, in the style that the driver says, until
  /// that process's program has ended. Records events if the driver does, and sends them to it at the end.
  public static func serve(_ communicator: any Communicator, registry: TaskRegistry) async {
    let threads = WorkerThreads()
    @Sendable func start() throws(CommunicationError) {
      do throws(ExecutionError) { try threads.start() } catch { throw .closed(reason: error.description) }
    }
    threads.add(named: "tessera worker \(communicator.rank)") {
      closingOnFailure(communicator) { () throws(CommunicationError) in
        let greeting = try Greeting.hear(communicator, registry: registry)
        let recorder = greeting.isRecording ? Recorder() : nil
        switch greeting.style {
        case .messagePassing:
          try Worker(
            communicator: communicator, registry: registry, recorder: recorder,
            memory: greeting.memoryPerWorker, isElsewhere: true
          ).serve()
        case .dataflow:
          let worker = DataflowWorker(
            communicator: communicator.concurrent, registry: registry, recorder: recorder,
            memory: greeting.memoryPerWorker, isElsewhere: true)
          threads.add(named: "tessera tasks \(communicator.rank)") { worker.makeBlocks() }
          try start()
          serving.withLock { $0.append(worker) }
          defer { serving.withLock { $0.removeAll { $0 === worker } } }
          try worker.serve()
        }
      }
      // A task may still wait for others, who have ended like this worker.
      communicator.leave()
    }
    closingOnFailure(communicator, start)
    await threads.finished()
  }

  /// The dataflow workers of this process whose driver is another one.
  private static let serving = Mutex<[DataflowWorker]>([])

  /// Tells the drivers of the dataflow jobs that this process serves that it is about to end, and that no task
  /// is to blame: what to call before the end of a worker that has been told to go. Waits for no answer.
  public static func takeLeave() {
    for worker in serving.withLock({ $0 }) {
      worker.note([.leaving])
      worker.report()
    }
  }
}

/// What it takes to start the workers of a job that are threads of this process, and its driver.
private struct Job {
  let configuration: ClusterConfiguration
  let communicators: [any Communicator]
  /// The ranks of workers that are other processes.
  let elsewhere: [Int]
  let registry: TaskRegistry
  let recorder: Recorder?
  let threads: WorkerThreads

  init(
    _ configuration: ClusterConfiguration, _ communicators: [any Communicator], _ elsewhere: [Int],
    _ registry: TaskRegistry, _ recorder: Recorder?, _ threads: WorkerThreads
  ) {
    self.configuration = configuration
    self.communicators = communicators
    self.elsewhere = elsewhere
    self.registry = registry
    self.recorder = recorder
    self.threads = threads
  }

  /// The engine, and what ends the job.
  func prepareMessagePassing() -> (any Engine, () -> Void) {
    for communicator in communicators.dropFirst() {
      threads.add(named: "tessera worker \(communicator.rank)") {
        closingOnFailure(communicator) { () throws(CommunicationError) in
          try messagePassingWorker(communicator).serve()
        }
      }
    }
    let queue = ClosableQueue<MessagePassingEngine.Job>()
    threads.add(named: "tessera driver") {
      let worker = messagePassingWorker(communicators[0])
      closingOnFailure(communicators[0]) { () throws(CommunicationError) in
        try greet(.messagePassing, elsewhere, over: communicators[0])
      }
      while let job = queue.next() { job(worker) }
      // Whoever does not hear the stop hears the close. A group that failed before is closed already.
      closingOnFailure(communicators[0]) { () throws(CommunicationError) in
        try worker.gatherEvents(from: elsewhere)
        try worker.announce(Announcement(Step(.stop)))
      }
    }
    let engine = MessagePassingEngine(
      workerCount: communicators[0].size, queue: queue, registry: registry, recorder: recorder)
    return (engine, queue.close)
  }

  private func messagePassingWorker(_ communicator: any Communicator) -> Worker {
    Worker(
      communicator: communicator, registry: registry, recorder: recorder,
      memory: configuration.memoryPerWorker)
  }

  /// The engine, and what ends the job.
  func prepareDataflow(_ membership: Membership) -> (any Engine, () -> Void) {
    var ledger: Ledger?
    let communicators = communicators.map { $0.concurrent }
    for communicator in communicators {
      let worker = DataflowWorker(
        communicator: communicator, registry: registry, recorder: recorder,
        memory: configuration.memoryPerWorker)
      ledger = ledger ?? worker.communicator.ledger
      threads.add(named: "tessera service \(communicator.rank)") {
        do throws(CommunicationError) {
          try worker.serve()
        } catch {
          // A worker that is lost leaves the others alone; what it cannot understand ends the job.
          if case .closed = error { return }
          communicator.close(reason: error.reasonToClose)
        }
      }
      threads.add(named: "tessera tasks \(communicator.rank)") { worker.makeBlocks() }
    }
    let driver = DataflowDriver(
      communicator: MeasuredCommunicator(communicators[0], ledger: ledger ?? Ledger(), recorder: recorder),
      here: Set(communicators.map(\.rank)), recorder: recorder, membership: membership
    ) { (workers) throws(CommunicationError) in
      try greet(.dataflow, workers, over: communicators[0])
    }
    driver.prepare(on: threads, with: elsewhere)
    let engine = DataflowEngine(
      workerCount: communicators[0].size, driver: driver, registry: registry, recorder: recorder,
      isMemoryLimited: configuration.memoryPerWorker < .max)
    return (engine, { driver.tell(.stop) })
  }

  private func greet(_ style: ExecutionStyle, _ workers: [Int], over communicator: any Communicator)
    throws(CommunicationError)
  {
    let greeting = Greeting(
      contract: registry.contract, style: style, isRecording: recorder != nil,
      memoryPerWorker: configuration.memoryPerWorker)
    try greeting.say(to: workers, over: communicator)
  }
}

/// Runs `body`; a worker that cannot go on ends the group, so that nobody waits for it.
func closingOnFailure(_ communicator: any Communicator, _ body: () throws(CommunicationError) -> Void) {
  do throws(CommunicationError) {
    try body()
  } catch {
    communicator.close(reason: error.reasonToClose)
  }
}

extension CommunicationError {
  /// What a worker that has met this error tells the others: the first cause, however often it is passed on.
  var reasonToClose: String {
    if case .closed(let reason) = self { reason } else { description }
  }
}
