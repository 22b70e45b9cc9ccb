// Spark's way of running a driver program: a verb notes how a collection is made and returns; what an action
// (reduce, collect) needs is computed then, where its inputs are, and computed again when it is lost. What has
// been computed stays at the workers as long as the program can name it.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraPartitioning

/// The dataflow engine.
final class DataflowEngine: Engine {
  let workerCount: Int
  var livingWorkerCount: Int { driver.livingWorkerCount }
  private let driver: DataflowDriver
  private let registry: TaskRegistry
  private let recorder: Recorder?
  private let isMemoryLimited: Bool
  /// Nanoseconds for one of a worker's tiles, at most, when the reduce task ran last: that of the whole step. How
  /// much is evaluated in one task changes no bit.
  private let paces = Mutex<[String: Int]>([:])
  /// Tasks so short, in nanoseconds, need not be taken from anybody.
  private static let shortTask = 1_000_000

  /// Numbers of collections and jobs: one count for the process, so that a handle of another cluster names
  /// nothing here instead of something else.
  private static let lastNumber = Atomic(0)

  init(
    workerCount: Int, driver: DataflowDriver, registry: TaskRegistry, recorder: Recorder?,
    isMemoryLimited: Bool
  ) {
    self.isMemoryLimited = isMemoryLimited
    self.workerCount = workerCount
    self.driver = driver
    self.registry = registry
    self.recorder = recorder
  }

  func place<Element: Tile>(_ tiles: [Element], on ownership: Ownership) async throws(ExecutionError)
    -> TileCollection<Element>
  {
    precondition(ownership.tileCount == tiles.count, "an ownership of another number of tiles")
    try check(Element.typeName, .place)
    return define(.none, ownership, placed: ownership.explicitOwners != nil) { _ in
      .tiles(tiles, type: Element.typeName)
    }
  }

  func move<Element: Tile>(_ collection: TileCollection<Element>, to ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Element>
  {
    precondition(ownership.tileCount == collection.tileCount, "an ownership of another number of tiles")
    try check(Element.typeName, .move)
    if ownership == collection.ownership { return collection }
    return define(.sameIndex([collection.identifier]), ownership, placed: true) {
      .task(Definition($0, .map, Element.typeName, Empty()))
    }
  }

  func read<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments, into ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Task.Output>
  {
    try check(task.name, .read)
    return define(.none, ownership, placed: ownership.explicitOwners != nil) {
      .task(Definition($0, .read, task.name, arguments))
    }
  }

  func map<Task: MapTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    try check(task.name, .map)
    return define(
      .sameIndex(Task.Input.identifiers(of: input)), Task.Input.ownership(of: input), placed: false
    ) {
      .task(Definition($0, .map, task.name, arguments))
    }
  }

  func exchange<Task: ExchangeTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections,
    into ownership: Ownership
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    try check(task.name, .exchange)
    // The cut tiles live as long as the new tiles can be asked for.
    let cut: TileCollection<Empty> = define(
      .sameIndex(Task.Input.identifiers(of: input)), Task.Input.ownership(of: input), placed: false
    ) {
      var definition = Definition($0, .split, task.name, arguments)
      definition.targetCount = ownership.tileCount
      // All pieces have to be there at once: they do not make room for each other.
      definition.level = .memoryThenDisk
      return .task(definition)
    }
    return withExtendedLifetime(cut) {
      define(
        .everyBlock(of: cut.identifier), ownership, placed: ownership.explicitOwners != nil
      ) {
        .task(Definition($0, .merge, task.name, arguments))
      }
    }
  }

  func reduce<Task: ReduceTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> Task.Output {
    try check(task.name, .reduce)
    let tileCount = Task.Input.ownership(of: input).tileCount
    precondition(tileCount > 0, "nothing to reduce")
    // A few tasks for each worker, so that a slow one can be relieved of some, and fewer where all of them
    // have taken no time before; where memory is limited, one tile at a time, and partial results that have
    // to wait go to the disk instead of being computed again.
    let pace = paces.withLock { $0[task.name] } ?? .max
    var span = 1
    while !isMemoryLimited, span * 2 * workerCount <= tileCount,
      span * 2 * 4 * workerCount <= tileCount || pace <= Self.shortTask / (span * 2)
    {
      span *= 2
    }
    let reduction = Reduction(over: Task.Input.ownership(of: input), span: span)
    let sources = Task.Input.identifiers(of: input)
    let stepCount = reduction.steps.count
    let start = MonotonicClock.now()
    let partials: TileCollection<Empty> = define(
      .reduction(sources, reduction.steps), Ownership(tileCount: stepCount, workerCount: workerCount),
      placed: false
    ) {
      var definition = Definition($0, .reduce, task.name, arguments)
      (definition.ownership, definition.span) = (Task.Input.ownership(of: input), span)
      if isMemoryLimited { definition.level = .memoryThenDisk }
      return .task(definition)
    }
    let values = try await perform(
      "reduce " + task.name, reduction.parts.map { BlockID(partials.identifier, $0.step) },
      as: Task.Output.self)
    withExtendedLifetime((partials, input)) {}
    let perTile = (MonotonicClock.now() - start) / max(1, tileCount / workerCount)
    paces.withLock { $0[task.name] = perTile }
    return try reduction.value(of: values) { (left, right, node) throws(ExecutionError) in
      do {
        try recorder.measure(.task, task.name + " combine", worker: 0) {
          try task.combine(&left, right, arguments)
        }
      } catch {
        throw .taskFailed(TaskFailure(task: task.name, tile: node.first, cause: error))
      }
    }
  }

  func collect<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError) -> [Element]
  {
    let blocks = (0..<collection.tileCount).map { BlockID(collection.identifier, $0) }
    let tiles = try await perform("collect " + Element.typeName, blocks, as: Element.self)
    withExtendedLifetime(collection) {}
    return tiles
  }

  func persist<Element: Tile>(_ collection: TileCollection<Element>, _ level: StorageLevel)
    async throws(ExecutionError)
  {
    try keep(collection.identifier, level)
  }

  func unpersist<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError) {
    try keep(collection.identifier, nil)
  }

  private func keep(_ collection: Int, _ level: StorageLevel?) throws(ExecutionError) {
    guard driver.note(.keep(collection, level)) else { throw Self.ended }
  }

  func messages(reducing ownership: Ownership) -> ReductionMessages { .dataflow(ownership) }

  func ledger() async throws(ExecutionError) -> LedgerReport {
    let report = await withCheckedContinuation { (continuation: CheckedContinuation<LedgerReport?, Never>) in
      let accepted = driver.questions.push { [driver] in
        continuation.resume(returning: driver.gatherLedgers())
      }
      if !accepted { continuation.resume(returning: nil) }
    }
    guard let report else { throw Self.ended }
    return report
  }

  // MARK: -

  private func check(_ name: String, _ verb: Step.Verb) throws(ExecutionError) {
    guard registry.entries[name]?.verbs.contains(verb) == true else { throw .notRegistered(name: name) }
  }

  private func nextNumber() -> Int { Self.lastNumber.add(1, ordering: .relaxed).newValue }

  /// - Parameter placed: whether the scheduler is to follow `ownership`, or where the inputs are.
  private func define<Element: WireCodable>(
    _ inputs: Recipe.Inputs, _ ownership: Ownership, placed: Bool, _ source: (Int) -> DataflowDriver.Source
  ) -> TileCollection<Element> {
    precondition(ownership.workerCount == workerCount, "an ownership of another number of workers")
    let number = nextNumber()
    let recipe = Recipe(inputs, count: ownership.tileCount, placement: placed ? ownership : nil)
    driver.note(.define(number, recipe, source(number)))
    return TileCollection(identifier: number, ownership: ownership) { [driver] in
      driver.note(.release($0))
    }
  }

  private static let ended = ExecutionError.communication(
    .closed(reason: "the cluster's program has ended"))

  /// Has the blocks made and brought here.
  private func perform<Value: WireCodable>(_ name: String, _ wanted: [BlockID], as type: Value.Type)
    async throws(ExecutionError) -> [Value]
  {
    let start = MonotonicClock.now()
    let outcome = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[SealedValue], ExecutionError>, Never>) in
      let job = DataflowDriver.Job(wanted: wanted) { continuation.resume(returning: $0) }
      if !driver.tell(.want(nextNumber(), job)) {
        continuation.resume(returning: .failure(Self.ended))
      }
    }
    recorder?.record(
      Event(.step, name, worker: 0, start: start, duration: max(0, MonotonicClock.now() - start)))
    let sealed = try outcome.get()
    var values: [Value] = []
    do throws(CommunicationError) {
      for value in sealed { values.append(try value.value(as: type)) }
    } catch { throw .communication(error) }
    return values
  }
}
