// The driver of a dataflow job: the thread that owns the scheduler. It hears of everything through one queue
// (what the program wants, what workers report, who is lost, time) and does what the scheduler says.

import Foundation
import TesseraCommunication
import TesseraInstrumentation

/// The scheduler's hands and ears.
final class DataflowDriver: Sendable {
  /// What the loop hears.
  enum Message: Sendable {
    case define(Int, Recipe, Source)
    case release(Int)
    case want(Int, Job)
    case event(Scheduler.Event)
    case failed(BlockID, worker: Int, attempt: Int, TaskFailure)
    /// A job's results have been fetched, or could not be.
    case fetched(Int, Fetch)
    case closed(CommunicationError)
    case stop
  }

  /// Where a collection's blocks come from.
  enum Source: Sendable {
    case tiles([any WireCodable], type: String)
    case task(Definition, arguments: any WireCodable)
  }

  /// A wish of the program.
  struct Job: Sendable {
    let wanted: [BlockID]
    /// Fetches the blocks from where they are and keeps the result.
    let fetch: @Sendable ([Work.Input]) -> Fetch
    /// Gives the program the result.
    let succeed: @Sendable () -> Void
    let fail: @Sendable (ExecutionError) -> Void
  }

  /// How fetching a job's results went.
  enum Fetch: Sendable {
    case done
    case missing(BlockID, holder: Int)
    case failed(CommunicationError)
  }

  let communicator: MeasuredCommunicator
  let messages = ClosableQueue<Message>()
  /// What is to be fetched from workers for the program, on a thread that may wait for them.
  let fetches = ClosableQueue<@Sendable () -> Void>()
  private let here: Set<Int>
  private let fate: @Sendable (Int) -> String?
  private let recorder: Recorder?
  private let limits: Scheduler.Limits

  /// - Parameters:
  ///   - here: the ranks of workers that are threads of this process.
  ///   - fate: how a lost worker has ended, if that is known.
  init(
    communicator: MeasuredCommunicator, here: Set<Int>, recorder: Recorder?,
    fate: @escaping @Sendable (Int) -> String? = { _ in nil },
    limits: Scheduler.Limits = Scheduler.Limits()
  ) {
    self.communicator = communicator
    self.here = here
    self.fate = fate
    self.recorder = recorder
    self.limits = limits
  }

  /// Starts the threads; they end after `messages` has been told to stop. `greet` comes first.
  func start(on threads: WorkerThreads, greet: @escaping @Sendable () throws(CommunicationError) -> Void) {
    threads.start(named: "tessera scheduler") {
      closingOnFailure(self.communicator, greet)
      self.schedule()
    }
    threads.start(named: "tessera reports") { self.hear() }
    threads.start(named: "tessera results") {
      while let fetch = self.fetches.next() { fetch() }
    }
  }

  /// Takes reports until the driver's own worker has ended.
  private func hear() {
    while true {
      do throws(CommunicationError) {
        let report = try communicator.receive(Report.self, from: .any, tag: .report)
        let worker = report.source
        switch report.value {
        case .made(let block, let attempt, let bytes, let duration):
          messages.push(
            .event(.made(block, worker: worker, attempt: attempt, bytes: bytes, duration: duration)))
        case .failed(let block, let attempt, let failure):
          messages.push(.failed(block, worker: worker, attempt: attempt, failure))
        case .missing(let block, let attempt, let input, let holder):
          messages.push(.event(.missing(input, holder: holder, for: (block, worker, attempt))))
        case .evicted(let blocks): messages.push(.event(.evicted(blocks, worker: worker)))
        case .stopped: return
        }
      } catch {
        guard case .lost(let rank, let reason) = error, rank != 0 else {
          messages.push(.closed(error))
          return
        }
        let cause = fate(rank).map { "worker \(rank): \($0) (\(reason))" }
        messages.push(.event(.lost(worker: rank, reason: cause ?? "worker \(rank): \(reason)")))
      }
    }
  }

  private func schedule() {
    var loop = Loop(communicator: communicator, limits: limits) { job, fetch in
      self.fetches.push { self.messages.push(.fetched(job, fetch())) }
    }
    while !loop.isStopped {
      let heard = messages.takeAll(within: loop.isIdle ? nil : 0.1)
      if heard.isEmpty { loop.hear(.event(.tick)) }
      for message in heard { loop.hear(message) }
    }
    gatherEvents(from: (0..<communicator.size).filter { !here.contains($0) && loop.isAlive($0) })
    loop.sendStop()
    messages.close()
    for message in messages.takeAll() { loop.hear(message) }
    fetches.close()
  }
}

extension DataflowDriver {
  /// The counts of all workers that can be asked. Blocks; belongs on the thread of `fetches`.
  func gatherLedgers() -> LedgerReport {
    var ledgers: [WorkerLedger] = []
    for rank in 0..<communicator.size {
      do throws(CommunicationError) {
        _ = try communicator.base.postSend(Command.ledger, to: rank, tag: .control)
        let ledger = try communicator.base.receive(WorkerLedger.self, from: rank, tag: .accounts)
        if ledger.rank == rank { ledgers.append(ledger) }
      } catch {
        // A lost worker's counts are lost with it.
      }
    }
    return LedgerReport(ledgers)
  }

  /// Adds the events of the workers `ranks`, which are other processes, to this one's recorder.
  private func gatherEvents(from ranks: [Int]) {
    guard let recorder else { return }
    for rank in ranks {
      do throws(CommunicationError) {
        let asked = MonotonicClock.now()
        _ = try communicator.base.postSend(Command.events, to: rank, tag: .control)
        let answer = try communicator.base.receive(Int.self, from: rank, tag: .accounts)
        let heard = MonotonicClock.now()
        let log = try communicator.base.receive(EventLog.self, from: rank, tag: .accounts)
        guard EventLog.times ~= answer, log.events.allSatisfy({ $0.worker == rank }) else { continue }
        let offset = EventLog.clockOffset(asked: asked, answer: answer, heard: heard)
        for event in log.shifted(by: offset) { recorder.record(event) }
      } catch {
        // A lost worker's events are lost with it.
      }
    }
  }
}

/// The state of the scheduler's thread.
private struct Loop {
  private struct Operation {
    let definition: Definition
    let arguments: any WireCodable
    let bytes: Int
    /// Workers that have it, or will have from another worker.
    var known: Set<Int> = []
    var isPassedOn = false
  }

  /// Arguments of so many bytes go from worker to worker instead of from the driver to each.
  private static let largeArguments = 1 << 16

  private let communicator: any Communicator
  private let startFetch: (Int, @escaping @Sendable () -> DataflowDriver.Fetch) -> Void
  private var scheduler: Scheduler
  private var operations: [Int: Operation] = [:]
  private var tiles: [Int: (tiles: [any WireCodable], type: String)] = [:]
  private var jobs: [Int: DataflowDriver.Job] = [:]
  private var failures: [BlockID: TaskFailure] = [:]
  /// Workers whose loss has been heard of, perhaps before their joining.
  private var lost: Set<Int> = []
  private var closed: CommunicationError?
  private(set) var isStopped = false

  init(
    communicator: any Communicator, limits: Scheduler.Limits,
    startFetch: @escaping (Int, @escaping @Sendable () -> DataflowDriver.Fetch) -> Void
  ) {
    self.communicator = communicator
    self.startFetch = startFetch
    scheduler = Scheduler(workers: Array(0..<communicator.size), limits: limits)
  }

  /// Whether nothing is under way.
  var isIdle: Bool { scheduler.jobs.isEmpty }

  mutating func hear(_ message: DataflowDriver.Message) {
    let now = MonotonicClock.now()
    switch message {
    case .define(let collection, let recipe, let source):
      scheduler.define(collection, recipe)
      switch source {
      case .tiles(let given, let type): tiles[collection] = (given, type)
      case .task(let definition, let arguments):
        var writer = WireWriter()
        arguments.encode(to: &writer)
        operations[collection] = Operation(
          definition: definition, arguments: arguments, bytes: writer.headerBytes + writer.payloadBytes)
      }
    case .release(let collection): perform(scheduler.release(collection, at: now))
    case .want(let number, let job):
      if let closed {
        job.fail(.communication(closed))
      } else {
        jobs[number] = job
        perform(scheduler.want(job.wanted, job: number, at: now))
      }
    case .event(.joined(let worker)) where lost.contains(worker): break
    case .event(let event):
      if case .lost(let worker, _) = event {
        lost.insert(worker)
        defineAgain(without: worker)
      }
      perform(scheduler.handle(event, at: now))
    case .failed(let block, let worker, let attempt, let failure):
      failures[block] = failure
      perform(
        scheduler.handle(
          .failed(block, worker: worker, attempt: attempt, message: failure.message), at: now))
    case .fetched(let number, .done):
      jobs.removeValue(forKey: number)?.succeed()
      perform(scheduler.finish(job: number, at: now))
    case .fetched(_, .missing(let block, let holder)):
      perform(scheduler.handle(.missing(block, holder: holder, for: nil), at: now))
    case .fetched(_, .failed(let error)), .closed(let error): close(error)
    case .stop:
      close(.closed(reason: "the cluster's program has ended"))
      isStopped = true
    }
  }

  func isAlive(_ worker: Int) -> Bool { scheduler.workers[worker]?.isAlive == true }

  /// Tells the workers that the program has ended; the driver's own last, which ends the driver's threads.
  func sendStop() {
    // Also to those who have joined a moment ago; who is lost takes nothing.
    for worker in (0..<communicator.size).reversed() { send(.stop, to: worker) }
  }

  private mutating func close(_ error: CommunicationError) {
    closed = closed ?? error
    for (_, job) in jobs { job.fail(.communication(error)) }
    for number in jobs.keys { _ = scheduler.finish(job: number, at: MonotonicClock.now()) }
    jobs = [:]
  }

  private mutating func perform(_ actions: [Scheduler.Action]) {
    define(for: actions)
    for action in actions {
      switch action {
      case .run(let assignments, let worker): run(assignments, on: worker)
      case .cancel(let blocks, let worker): send(.cancel(blocks), to: worker)
      case .drop(let blocks, let worker): send(.drop(blocks), to: worker)
      case .forget(let collection):
        for worker in operations.removeValue(forKey: collection)?.known ?? [] {
          send(.forget([collection]), to: worker)
        }
        tiles[collection] = nil
      case .ready(let number):
        guard let job = jobs[number] else { continue }
        let places = job.wanted.map { Work.Input($0, scheduler[$0].holders.first ?? 0) }
        startFetch(number) { job.fetch(places) }
      case .fail(let number, let failure):
        jobs.removeValue(forKey: number)?.fail(error(failure))
      }
    }
  }

  private func error(_ failure: Scheduler.Failure) -> ExecutionError {
    switch failure {
    case .task(let block, let message):
      .taskFailed(failures[block] ?? TaskFailure(task: name(of: block), tile: block.index, message: message))
    case .losses(let block, let count, let reason):
      .workersLost(task: name(of: block), tile: block.index, count: count, reason: reason)
    case .unreachable(let block):
      .taskFailed(
        TaskFailure(task: name(of: block), tile: block.index, message: "its inputs could not be fetched"))
    case .noWorkers: .communication(.closed(reason: "all workers are lost"))
    }
  }

  private func name(of block: BlockID) -> String {
    operations[block.collection]?.definition.name ?? tiles[block.collection].map { "place " + $0.type } ?? "?"
  }

  // MARK: sending

  private func send(_ command: Command, to worker: Int) {
    // A worker that cannot be reached is reported lost by the thread that hears.
    _ = try? communicator.postSend(command, to: worker, tag: .control)
  }

  private func run(_ assignments: [Scheduler.Assignment], on worker: Int) {
    var work: [Work] = []
    var placed: [any WireCodable] = []
    var parts: [Int: [Work.Parts]] = [:]
    for assignment in assignments {
      let block = assignment.block
      var task = Work(block, attempt: assignment.attempt)
      task.inputs = assignment.inputs.map { Work.Input($0.block, $0.holder) }
      if let (tiles, type) = tiles[block.collection] {
        task.placedType = type
        placed.append(tiles[block.index])
      }
      for case .every(let source) in scheduler.dependencies(of: block) {
        if parts[source] == nil { parts[source] = holders(of: source, nearest: worker) }
        task.parts = parts[source] ?? []
      }
      work.append(task)
    }
    send(.run(work), to: worker)
    for tile in placed { _ = try? communicator.postSend(tile, to: worker, tag: .placement) }
  }

  /// Who holds which blocks of a collection: the worker itself where it can.
  private func holders(of collection: Int, nearest worker: Int) -> [Work.Parts] {
    var indices: [Int: [Int]] = [:]
    for (index, block) in (scheduler.collections[collection]?.blocks ?? []).enumerated() {
      guard let holder = block.holders.contains(worker) ? worker : block.holders.first else { continue }
      indices[holder, default: []].append(index)
    }
    return indices.sorted { $0.key < $1.key }.map { Work.Parts(collection, $0.key, $0.value) }
  }

  /// Sends the definitions that the workers about to run something lack.
  private mutating func define(for actions: [Scheduler.Action]) {
    var lacking: [Int: [Int]] = [:]
    for case .run(let assignments, let worker) in actions {
      for collection in Set(assignments.map(\.block.collection)).sorted()
      where operations[collection]?.known.insert(worker).inserted == true {
        lacking[collection, default: []].append(worker)
      }
    }
    for (collection, workers) in lacking.sorted(by: { $0.key < $1.key }) {
      guard let bytes = operations[collection]?.bytes else { continue }
      let isPassedOn = bytes >= Self.largeArguments && workers.count > 2
      operations[collection]?.isPassedOn = isPassedOn
      define(collection, isPassedOn ? workers.shares() : workers.map { ($0, []) })
    }
  }

  private func define(_ collection: Int, _ shares: [(child: Int, share: [Int])]) {
    guard let operation = operations[collection] else { return }
    for (child, share) in shares {
      var definition = operation.definition
      definition.forward = share
      send(.define(definition), to: child)
      _ = try? communicator.postSend(operation.arguments, to: child, tag: .arguments)
    }
  }

  /// A lost worker may have had arguments to pass on: whoever should have them gets them again.
  private mutating func defineAgain(without lost: Int) {
    for collection in operations.keys.sorted() {
      operations[collection]?.known.remove(lost)
      guard let operation = operations[collection], operation.isPassedOn else { continue }
      define(collection, operation.known.sorted().map { ($0, []) })
    }
  }
}
