// The one entry: starts the workers, runs the driver program, stops the workers. Every worker owns a thread;
// rank 0's takes part in the steps that the program asks for, the program itself is asynchronous.

import Foundation
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
  /// - Throws: `ExecutionError.invalidConfiguration`, and whatever `program` throws.
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
  /// - Throws: whatever `program` throws.
  public static func run<Result: Sendable>(
    _ configuration: ClusterConfiguration, over communicators: [any Communicator], registry: TaskRegistry,
    recorder: Recorder? = nil, _ program: (Cluster) async throws -> Result
  ) async throws -> Result {
    precondition(communicators.first?.rank == 0, "the program runs on rank 0")
    let threads = WorkerThreads()
    let engine: any Engine
    let stop: () -> Void
    switch configuration.style {
    case .messagePassing:
      (engine, stop) = startMessagePassing(communicators, registry, recorder, threads)
    case .dataflow: (engine, stop) = startDataflow(communicators, registry, recorder, threads)
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

  private static func startMessagePassing(
    _ communicators: [any Communicator], _ registry: TaskRegistry, _ recorder: Recorder?,
    _ threads: WorkerThreads
  ) -> (any Engine, () -> Void) {
    let queue = DriverQueue()
    for communicator in communicators.dropFirst() {
      threads.startServing(communicator, registry: registry, recorder: recorder)
    }
    threads.start(named: "tessera driver") {
      let worker = Worker(communicator: communicators[0], registry: registry, recorder: recorder)
      if communicators.count < worker.communicator.size {
        do throws(CommunicationError) {
          try worker.compareContracts()
        } catch {
          worker.communicator.close(reason: "\(error)")
        }
      }
      while let job = queue.next() { job(worker) }
      // Whoever does not hear the stop hears the close. A group that failed before is closed already.
      do throws(CommunicationError) {
        try worker.announce(Step(.stop))
      } catch {
        worker.communicator.close(reason: "\(error)")
      }
    }
    let engine = MessagePassingEngine(
      workerCount: communicators[0].size, queue: queue, registry: registry, recorder: recorder)
    return (engine, queue.close)
  }

  private static func startDataflow(
    _ communicators: [any Communicator], _ registry: TaskRegistry, _ recorder: Recorder?,
    _ threads: WorkerThreads
  ) -> (any Engine, () -> Void) {
    for communicator in communicators {
      threads.startDataflowWorker(communicator, registry: registry, recorder: recorder)
    }
    let driver = DataflowDriver(communicator: communicators[0], limits: Scheduler.Limits())
    driver.start(on: threads)
    let engine = DataflowEngine(
      workerCount: communicators[0].size, driver: driver, registry: registry, recorder: recorder)
    return (engine, { driver.messages.push(.stop) })
  }

  /// Serves as one worker of a group whose rank 0 is another process, until that process's program has ended.
  public static func serve(
    _ communicator: any Communicator, registry: TaskRegistry, recorder: Recorder? = nil
  ) async {
    let threads = WorkerThreads()
    threads.startServing(communicator, registry: registry, recorder: recorder, isElsewhere: true)
    await threads.finished()
  }
}

extension WorkerThreads {
  /// Starts the two threads of a dataflow worker.
  fileprivate func startDataflowWorker(
    _ communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?
  ) {
    let worker = DataflowWorker(
      communicator: communicator, registry: registry, recorder: recorder, memory: .max)
    start(named: "tessera service \(communicator.rank)") {
      do throws(CommunicationError) {
        try worker.serve()
      } catch {
        communicator.close(reason: "\(error)")
      }
    }
    start(named: "tessera worker \(communicator.rank)") { worker.makeBlocks() }
  }

  /// Starts a worker that serves; one that cannot go on ends the group, so that nobody waits for it.
  /// `isElsewhere` says that rank 0 is another process.
  fileprivate func startServing(
    _ communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?, isElsewhere: Bool = false
  ) {
    start(named: "tessera worker \(communicator.rank)") {
      do throws(CommunicationError) {
        let worker = Worker(communicator: communicator, registry: registry, recorder: recorder)
        if isElsewhere { try worker.compareContracts() }
        try worker.serve()
      } catch {
        communicator.close(reason: "\(error)")
      }
    }
  }
}
