// What the driver knows beside the scheduler: the definitions that workers have and lack, the tiles that it
// has itself, the blocks that have come for a job. Turns what happens into the scheduler's events, and its
// actions into messages.

import TesseraCommunication
import TesseraInstrumentation

/// The driver's state between two messages.
struct DriverLoop: Sendable {
  private struct Source {
    var definition: Definition
    /// The tiles, if the driver has them.
    var tiles: [any WireCodable]?
    /// Workers that have the definition, or will have from another worker.
    var known: Set<Int> = []
    var isPassedOn = false
    /// Workers that may have copies of its blocks.
    var copiers: Set<Int> = []
  }

  private struct Job {
    let job: DataflowDriver.Job
    var come: [BlockID: SealedValue] = [:]
  }

  /// Arguments of so many bytes go from worker to worker instead of from the driver to each.
  private static let largeArguments = 1 << 16

  private let communicator: any Communicator
  private var scheduler: Scheduler
  private var sources: [Int: Source] = [:]
  private var jobs: [Int: Job] = [:]
  private var failures: [BlockID: TaskFailure] = [:]
  /// Collections that each worker is to forget, to be told with the next tasks or when there is time.
  private var forgotten: [Int: [Int]] = [:]
  /// Workers whose loss has been heard of, perhaps before their joining.
  private var lost: Set<Int> = []
  private var closed: CommunicationError?
  /// Workers that have been asked to end their tasks, and those that have.
  private var finishing: Set<Int> = []
  private var finished: Set<Int> = []
  /// Whether a worker has been short of memory so far.
  private var isStrained = false
  /// Who has come and gone and is short of memory, in words, until somebody takes them.
  private var news: [String] = []
  /// Whether another worker is to be started, until somebody does so.
  private var isCalling = false

  init(communicator: any Communicator, limits: Scheduler.Limits) {
    self.communicator = communicator
    scheduler = Scheduler(workers: Array(0..<communicator.size), limits: limits)
  }

  /// Whether the workers can be told what to do: the driver has greeted them.
  var hasBegun = false
  /// Whether no more will be heard of the workers.
  var isDeaf = false
  /// Whether the program has said stop.
  private(set) var hasEnded = false
  /// Whether the workers have been told that it has.
  private var hasStopped = false

  /// The workers that have been greeted, also those that are lost: nobody else can be told anything. The group may
  /// have a worker more, who is about to be greeted.
  var members: [Int] { scheduler.workers.keys.sorted() }

  func isAlive(_ worker: Int) -> Bool { scheduler.workers[worker]?.isAlive == true }

  // MARK: hearing

  /// Takes note of what the program says.
  mutating func hear(_ message: DataflowDriver.Message) {
    let now = MonotonicClock.now()
    switch message {
    case .define(let collection, let recipe, let source):
      scheduler.define(collection, recipe)
      sources[collection] = Source(definition: source.definition(collection))
      if case .tiles(let tiles, _) = source { sources[collection]?.tiles = tiles }
    case .release(let collection): perform(scheduler.release(collection, at: now))
    case .keep(let collection, let level):
      sources[collection]?.definition.level = level
      for worker in sources[collection]?.known ?? [] { send(.keep(collection, level), to: worker) }
    case .want(let number, let job):
      if let closed {
        job.finish(.failure(.communication(closed)))
      } else {
        jobs[number] = Job(job: job)
        perform(scheduler.want(job.wanted, job: number, at: now))
      }
    case .joined(let worker):
      guard !lost.contains(worker) else { return handle(.lostOnItsWay) }
      handle(.joined(worker: worker))
      if hasStopped { return sendStop(to: [worker]) }
      news.append("worker \(worker) has joined; there are \(livingCount) now")
    case .nobodyElse: handle(.nobodyElse)
    case .stop:
      close(.closed(reason: "the cluster's program has ended"))
      hasEnded = true
    }
  }

  /// Takes note of what a worker reports.
  mutating func hear(_ report: Report, from worker: Int) {
    switch report {
    case .made(let block, let attempt, let bytes, let duration, let value):
      if let value { keep(value, block) }
      handle(
        .made(
          block, worker: worker, attempt: attempt, bytes: bytes, duration: duration, isSent: value != nil))
    case .failed(let block, let attempt, let failure):
      failures[block] = failure
      handle(.failed(block, worker: worker, attempt: attempt, message: failure.message))
    case .missing(let block, let attempt, let input, let holder):
      handle(.missing(input, holder: holder, for: (block, worker, attempt)))
    case .evicted(let blocks): handle(.evicted(blocks, worker: worker))
    case .fetched(let block, let value?):
      keep(value, block)
      handle(.fetched(block, worker: worker))
    case .fetched(let block, nil): handle(.missing(block, holder: worker, for: nil))
    case .copied(let block):
      sources[block.collection]?.copiers.insert(worker)
      handle(.copied(block, worker: worker))
    case .leaving: if worker != 0 { doWithout(worker, .left(worker: worker), "has left") }
    case .strained(let limit, let placed):
      // Once: the others are no better off.
      guard !isStrained else { return }
      isStrained = true
      news.append(
        "memory: limit \(Text.bytes(limit)) is below the \(Text.bytes(placed)) placed on worker \(worker); "
          + "tiles are made again or read from disk in each pass")
    case .finished: finished.insert(worker)
    case .stopped: break
    }
  }

  /// Takes note of a lost worker.
  mutating func lose(_ worker: Int, _ reason: String) {
    doWithout(worker, .lost(worker: worker, reason: "worker \(worker): \(reason)"), "is lost, \(reason)")
  }

  /// The workers that are there now.
  var livingCount: Int { scheduler.workers.values.count(where: \.isAlive) }

  /// Whether there is something for others to tell or to do.
  var hasNews: Bool { !news.isEmpty || isCalling }

  /// Takes the lines for a person, and whether another worker is to be started.
  mutating func takeNews() -> (lines: [String], isCalling: Bool) {
    defer { (news, isCalling) = ([], false) }
    return (news, isCalling)
  }

  /// Does without the worker from now on. Of one that has taken leave before it is lost, the loss is no news.
  private mutating func doWithout(_ worker: Int, _ event: Scheduler.Event, _ what: String) {
    guard lost.insert(worker).inserted else { return }
    // After the end of the program everybody goes.
    if closed == nil, isAlive(worker) {
      let (tasks, tiles) = scheduler.burden(of: worker)
      news.append(
        "worker \(worker) \(what); its \(tasks) tasks and \(tiles) tiles are for the "
          + "\(livingCount - 1) that are left")
    }
    defineAgain(without: worker)
    forgotten[worker] = nil
    handle(event)
  }

  /// Takes note of the time.
  mutating func tick() {
    for (worker, collections) in forgotten { send(.forget(collections), to: worker) }
    forgotten = [:]
    // A worker may have more done than it has said: the next tick is to know.
    for (worker, state) in scheduler.workers where !state.queue.isEmpty { send(.report, to: worker) }
    handle(.tick)
  }

  /// Ends all jobs, and those to come.
  mutating func close(_ error: CommunicationError) {
    closed = closed ?? error
    let ended = jobs
    jobs = [:]
    for (number, job) in ended {
      job.job.finish(.failure(.communication(error)))
      _ = scheduler.finish(job: number, at: MonotonicClock.now())
    }
  }

  /// Has these workers, or those of them that are there, end their tasks. A task that a backup has overtaken may still
  /// have to ask others for its inputs, who would not answer after their end.
  mutating func finish(_ workers: some Sequence<Int>) {
    finishing = Set(workers)
    for worker in finishing.sorted() { send(.finish, to: worker) }
  }

  /// Whether those who have been asked to end their tasks have, or no more will be heard of them.
  var isFinished: Bool {
    isDeaf || finishing.allSatisfy { finished.contains($0) || !isAlive($0) }
  }

  /// Tells the workers that the program has ended; the driver's own last, which ends the driver's threads. Those who
  /// join later are told when they are heard of.
  mutating func sendStop() {
    hasStopped = true
    // Who is lost takes nothing.
    sendStop(to: members.reversed())
  }

  /// Tells these workers that the program has ended.
  func sendStop(to workers: [Int]) { for worker in workers { send(.stop, to: worker) } }

  private mutating func handle(_ event: Scheduler.Event) {
    perform(scheduler.handle(event, at: MonotonicClock.now()))
  }

  /// Keeps a block for the jobs that still lack it.
  private mutating func keep(_ value: SealedValue, _ block: BlockID) {
    for (number, job) in scheduler.jobs where job.missing.contains(block) {
      jobs[number]?.come[block] = value
    }
  }

  // MARK: doing

  private mutating func perform(_ actions: [Scheduler.Action]) {
    var batches = definitions(for: actions)
    for action in actions {
      switch action {
      case .run(let assignments, let worker):
        var batch = batches.removeValue(forKey: worker) ?? Batch()
        batch.forgotten = forgotten.removeValue(forKey: worker) ?? []
        batch.work = work(assignments, for: worker)
        send(.run(batch), to: worker)
      case .cancel(let blocks, let worker): send(.cancel(blocks), to: worker)
      case .drop(let blocks, let worker): send(.drop(blocks), to: worker)
      case .fetch(let blocks, let worker):
        for (collection, blocks) in Dictionary(grouping: blocks, by: \.collection) {
          var request = FetchRequest(collection, blocks.map(\.index))
          request.isForDriver = true
          send(.fetch(request), to: worker)
        }
      case .call: isCalling = true
      case .forget(let collection):
        guard let source = sources.removeValue(forKey: collection) else { continue }
        for worker in source.known.union(source.copiers) where isAlive(worker) {
          forgotten[worker, default: []].append(collection)
        }
        failures = failures.filter { $0.key.collection != collection }
      case .ready(let number):
        guard let job = jobs.removeValue(forKey: number) else { continue }
        let come = job.job.wanted.compactMap { job.come[$0] }
        precondition(
          come.count == job.job.wanted.count, "a job is ready, and some of its blocks have not come")
        job.job.finish(.success(come))
        perform(scheduler.finish(job: number, at: MonotonicClock.now()))
      case .fail(let number, let failure):
        jobs.removeValue(forKey: number)?.job.finish(.failure(error(failure)))
      }
    }
  }

  private func error(_ failure: Scheduler.Failure) -> ExecutionError {
    switch failure {
    case .task(let block, let message):
      .taskFailed(failures[block] ?? TaskFailure(task: name(of: block), tile: block.index, message: message))
    case .losses(let block, let count, let reason):
      .workersLost(task: name(of: block), tile: block.index, count: count, reason: reason)
    case .unreachable(let block, let input):
      .taskFailed(
        TaskFailure(
          task: name(of: block), tile: block.index,
          message: "its input, tile \(input.index) of \(name(of: input)), was gone whenever its turn came; "
            + "workers may need more memory"))
    case .noWorkers: .communication(.closed(reason: "all workers are lost"))
    }
  }

  private func name(of block: BlockID) -> String {
    guard let definition = sources[block.collection]?.definition else { return "?" }
    return definition.role == .place ? "place " + definition.name : definition.name
  }

  private func send(_ command: Command, to worker: Int) {
    // A worker that cannot be reached is reported lost by the thread that hears.
    _ = try? communicator.postSend(command, to: worker, tag: .control)
  }

  private func work(_ assignments: [Scheduler.Assignment], for worker: Int) -> [Work] {
    var parts: [Int: [Work.Parts]] = [:]
    return assignments.map { assignment in
      let block = assignment.block
      var work = Work(block, attempt: assignment.attempt)
      work.inputs = assignment.inputs
      work.tile = sources[block.collection]?.tiles.map { SealedValue($0[block.index]) }
      work.isWanted = assignment.isWanted
      work.purpose = assignment.purpose
      work.keepsInputs = assignment.keepsInputs
      for case .every(let source) in scheduler.dependencies(of: block) {
        if parts[source] == nil { parts[source] = holders(of: source, nearest: worker) }
        work.parts = parts[source] ?? []
      }
      return work
    }
  }

  /// Who holds which blocks of a collection: the worker itself where it can.
  private func holders(of collection: Int, nearest worker: Int) -> [Work.Parts] {
    var indices: [Int: [Int]] = [:]
    for index in scheduler.collections[collection]?.blocks.indices ?? 0..<0 {
      guard let holder = scheduler.nearestHolder(of: BlockID(collection, index), to: worker) else {
        preconditionFailure("a task needs every block of a collection, and one is nowhere")
      }
      indices[holder, default: []].append(index)
    }
    return indices.sorted { $0.key < $1.key }.map { Work.Parts(collection, $0.key, $0.value) }
  }

  /// The definitions that the workers about to run something lack, to be sent with their tasks. Those with
  /// long arguments for many workers are sent off here.
  private mutating func definitions(for actions: [Scheduler.Action]) -> [Int: Batch] {
    var lacking: [Int: [Int]] = [:]
    for case .run(let assignments, let worker) in actions {
      var last: Int?
      for assignment in assignments where assignment.block.collection != last {
        let collection = assignment.block.collection
        last = collection
        if sources[collection]?.known.insert(worker).inserted == true {
          lacking[collection, default: []].append(worker)
        }
      }
    }
    var batches: [Int: Batch] = [:]
    for (collection, workers) in lacking.sorted(by: { $0.key < $1.key }) {
      guard let definition = sources[collection]?.definition else { continue }
      let isPassedOn = definition.arguments.bytes >= Self.largeArguments && workers.count > 2
      sources[collection]?.isPassedOn = isPassedOn
      if isPassedOn {
        pass(definition, on: workers.shares())
      } else {
        for worker in workers { batches[worker, default: Batch()].definitions.append(definition) }
      }
    }
    return batches
  }

  private func pass(_ definition: Definition, on shares: [(child: Int, share: [Int])]) {
    for (child, share) in shares {
      var definition = definition
      definition.forward = share
      send(.define(definition), to: child)
    }
  }

  /// A lost worker may have had arguments to pass on: whoever should have them gets them again.
  private mutating func defineAgain(without lost: Int) {
    for collection in sources.keys.sorted() {
      sources[collection]?.known.remove(lost)
      guard let source = sources[collection], source.isPassedOn else { continue }
      pass(source.definition, on: source.known.sorted().map { ($0, []) })
    }
  }
}
