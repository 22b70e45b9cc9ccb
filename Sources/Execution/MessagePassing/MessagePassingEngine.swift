// MPI's way of running a driver program: tiles are owned statically; each step is broadcast to all workers,
// every worker does its tiles in order, and one collective closes the step. No scheduler, no retries: the
// first lost worker ends the job.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraPartitioning

/// The message-passing engine: turns each verb into a step that all workers take together.
final class MessagePassingEngine: Engine {
  let workerCount: Int
  /// Nobody joins, and a loss ends the job.
  var livingWorkerCount: Int { workerCount }
  /// Work for rank 0's thread: the program is asynchronous and waits in a continuation, the thread sleeps until
  /// there is a job.
  typealias Job = @Sendable (Worker) -> Void

  private let queue: ClosableQueue<Job>
  private let registry: TaskRegistry
  private let recorder: Recorder?
  /// Collections that nobody holds any more, to be told to the workers with the next step.
  private let released = Mutex<[Int]>([])

  /// The number of the last collection made: one count for the process, so that a handle of another cluster
  /// names nothing here instead of something else.
  private static let lastIdentifier = Atomic(0)

  init(workerCount: Int, queue: ClosableQueue<Job>, registry: TaskRegistry, recorder: Recorder?) {
    self.workerCount = workerCount
    self.queue = queue
    self.registry = registry
    self.recorder = recorder
  }

  func place<Element: Tile>(_ tiles: [Element], on ownership: Ownership) async throws(ExecutionError)
    -> TileCollection<Element>
  {
    precondition(ownership.tileCount == tiles.count, "an ownership of another number of tiles")
    var step = try newStep(.place, Element.typeName)
    let collection = newCollection(Element.self, ownership, &step)
    try await perform(step, reading: nil) { (worker, step) throws(CommunicationError) in
      try worker.place(tiles, step)
    }
    return collection
  }

  func read<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments, into ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Task.Output>
  {
    var step = try newStep(.read, task.name)
    let collection = newCollection(Task.Output.self, ownership, &step)
    let failure = try await perform(step, arguments, reading: nil) {
      (worker, step) throws(CommunicationError) in try worker.read(task, arguments, step)
    }
    if let failure { throw .taskFailed(failure) }
    return collection
  }

  func move<Element: Tile>(_ collection: TileCollection<Element>, to ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Element>
  {
    precondition(ownership.tileCount == collection.tileCount, "an ownership of another number of tiles")
    if ownership == collection.ownership { return collection }
    var step = try newStep(.move, Element.typeName)
    step.read(Element.self, collection)
    let moved = newCollection(Element.self, ownership, &step)
    try await perform(step, reading: collection) { (worker, step) throws(CommunicationError) in
      try worker.move(Element.self, step)
    }
    return moved
  }

  func map<Task: MapTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    let input = try await Task.Input.aligned(input, by: self)
    var step = try newStep(.map, task.name)
    step.read(Task.Input.self, input)
    let ownership = Task.Input.ownership(of: input)
    let collection = newCollection(Task.Output.self, ownership, announced: false, &step)
    let failure = try await perform(step, arguments, reading: input) {
      (worker, step) throws(CommunicationError) in try worker.map(task, arguments, step)
    }
    if let failure { throw .taskFailed(failure) }
    return collection
  }

  func reduce<Task: ReduceTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> Task.Output {
    let input = try await Task.Input.aligned(input, by: self)
    var step = try newStep(.reduce, task.name)
    step.read(Task.Input.self, input)
    precondition(step.inputTiles > 0, "nothing to reduce")
    let partial = try await perform(step, arguments, reading: input) {
      (worker, step) throws(CommunicationError) in try worker.reduce(task, arguments, step)
    }
    switch partial {
    case .value(let value)?: return value
    case .failure(let failure)?: throw .taskFailed(failure)
    case nil: throw .communication(.malformed(expected: "the result of a reduction at rank 0"))
    }
  }

  func exchange<Task: ExchangeTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections,
    into ownership: Ownership
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    let input = try await Task.Input.aligned(input, by: self)
    var step = try newStep(.exchange, task.name)
    step.read(Task.Input.self, input)
    let collection = newCollection(Task.Output.self, ownership, &step)
    let failure = try await perform(step, arguments, reading: input) {
      (worker, step) throws(CommunicationError) in try worker.exchange(task, arguments, step)
    }
    if let failure { throw .taskFailed(failure) }
    return collection
  }

  func collect<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError)
    -> [Element]
  {
    var step = try newStep(.collect, Element.typeName)
    step.read(Element.self, collection)
    let tiles = try await perform(step, reading: collection) { (worker, step) throws(CommunicationError) in
      try worker.collect(Element.self, step)
    }
    return tiles ?? []
  }

  func persist<Element: Tile>(_ collection: TileCollection<Element>, _ level: StorageLevel)
    async throws(ExecutionError)
  {
    try await keep(collection, level)
  }

  func unpersist<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError) {
    try await keep(collection, nil)
  }

  private func keep<Element: Tile>(_ collection: TileCollection<Element>, _ level: StorageLevel?)
    async throws(ExecutionError)
  {
    var step = Step(.keep)
    step.read(Element.self, collection)
    step.level = level
    try await perform(step, reading: collection) { (worker, step) throws(CommunicationError) in
      worker.keep(step)
    }
  }

  func messages(reducing ownership: Ownership) -> ReductionMessages { .messagePassing(ownership) }

  func ledger() async throws(ExecutionError) -> LedgerReport {
    try await onRankZero { worker throws(CommunicationError) in try worker.gatherLedgers() }
  }

  // MARK: steps

  private func newStep(_ verb: Step.Verb, _ name: String) throws(ExecutionError) -> Step {
    guard registry.entries[name] != nil else { throw .notRegistered(name: name) }
    return Step(verb, name)
  }

  /// - Parameter announced: whether the workers learn the owners from the step; of a map they know them.
  private func newCollection<Element: Tile>(
    _ type: Element.Type, _ ownership: Ownership, announced: Bool = true, _ step: inout Step
  ) -> TileCollection<Element> {
    precondition(ownership.workerCount == workerCount, "an ownership of another number of workers")
    step.output = Self.lastIdentifier.add(1, ordering: .relaxed).newValue
    step.outputTiles = ownership.tileCount
    if announced { step.outputOwners = ownership.explicitOwners ?? [] }
    return TileCollection(identifier: step.output, ownership: ownership) { [weak self] identifier in
      self?.released.withLock { $0.append(identifier) }
    }
  }

  /// Announces the step on rank 0's thread and takes part in it there. The job holds the step's input until
  /// it is done: a step that waits in the queue must not see its own input among the released.
  private func perform<Result: Sendable>(
    _ step: Step, _ arguments: some WireCodable = Empty(), reading input: (any Sendable)?,
    _ body: @escaping @Sendable (Worker, Step) throws(CommunicationError) -> Result
  ) async throws(ExecutionError) -> Result {
    try await onRankZero { worker throws(CommunicationError) in
      defer { withExtendedLifetime(input) {} }
      var step = step
      step.released = self.released.withLock { released in
        defer { released = [] }
        return released
      }
      worker.communicator.ledger.begin(step.title)
      defer { worker.communicator.ledger.end() }
      return try self.recorder.measure(.step, step.title, worker: 0) { () throws(CommunicationError) in
        try worker.announce(Announcement(step, arguments))
        return try body(worker, step)
      }
    }
  }

  /// Runs `body` on rank 0's thread after the steps asked for before. A failure closes the group.
  private func onRankZero<Result: Sendable>(
    _ body: @escaping @Sendable (Worker) throws(CommunicationError) -> Result
  ) async throws(ExecutionError) -> Result {
    let outcome: Swift.Result<Result, CommunicationError> = await withCheckedContinuation { continuation in
      let accepted = queue.push { worker in
        do throws(CommunicationError) {
          continuation.resume(returning: .success(try body(worker)))
        } catch {
          worker.communicator.close(reason: error.reasonToClose)
          continuation.resume(returning: .failure(error))
        }
      }
      if !accepted {
        continuation.resume(returning: .failure(.closed(reason: "the cluster's program has ended")))
      }
    }
    do { return try outcome.get() } catch { throw .communication(error) }
  }
}

extension Step {
  /// Names the collections of a task's input.
  fileprivate mutating func read<Input: TaskInput>(
    _ type: Input.Type, _ collections: Input.Collections
  ) {
    inputs = Input.identifiers(of: collections)
    inputTiles = Input.ownership(of: collections).tileCount
  }
}
