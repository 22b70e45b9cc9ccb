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
  private let driver: DataflowDriver
  private let registry: TaskRegistry
  private let recorder: Recorder?

  /// Numbers of collections and jobs: one count for the process, so that a handle of another cluster names
  /// nothing here instead of something else.
  private static let lastNumber = Atomic(0)

  init(workerCount: Int, driver: DataflowDriver, registry: TaskRegistry, recorder: Recorder?) {
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
      .task(Definition($0, .map, Element.typeName), arguments: Empty())
    }
  }

  func map<Task: MapTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    try check(task.name, .map)
    return define(
      .sameIndex(Task.Input.identifiers(of: input)), Task.Input.ownership(of: input), placed: false
    ) {
      .task(Definition($0, .map, task.name), arguments: arguments)
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
      var definition = Definition($0, .split, task.name)
      definition.targetCount = ownership.tileCount
      return .task(definition, arguments: arguments)
    }
    return withExtendedLifetime(cut) {
      define(
        .everyBlock(of: cut.identifier), ownership, placed: ownership.explicitOwners != nil
      ) {
        .task(Definition($0, .merge, task.name), arguments: arguments)
      }
    }
  }

  func reduce<Task: ReduceTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> Task.Output {
    try check(task.name, .reduce)
    let tileCount = Task.Input.ownership(of: input).tileCount
    precondition(tileCount > 0, "nothing to reduce")
    // A few tasks for each worker, so that a slow one can be relieved of some.
    var span = 1
    while span * 2 * 4 * workerCount <= tileCount { span *= 2 }
    let steps = ReductionStep.steps(tileCount: tileCount, span: span)
    let sources = Task.Input.identifiers(of: input)
    let partials: TileCollection<Empty> = define(
      .reduction(sources, steps), Ownership(tileCount: steps.count, workerCount: workerCount), placed: false
    ) {
      var definition = Definition($0, .reduce, task.name)
      (definition.tileCount, definition.span) = (tileCount, span)
      return .task(definition, arguments: arguments)
    }
    let values = try await perform(
      "reduce " + task.name, [BlockID(partials.identifier, steps.count - 1)], as: Task.Output.self)
    withExtendedLifetime((partials, input)) {}
    guard let value = values.first else {
      throw .communication(.malformed(expected: "the result of a reduction"))
    }
    return value
  }

  func collect<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError) -> [Element]
  {
    let blocks = (0..<collection.tileCount).map { BlockID(collection.identifier, $0) }
    let tiles = try await perform("collect " + Element.typeName, blocks, as: Element.self)
    withExtendedLifetime(collection) {}
    return tiles
  }

  func ledger() async throws(ExecutionError) -> LedgerReport {
    let report = await withCheckedContinuation { (continuation: CheckedContinuation<LedgerReport?, Never>) in
      let accepted = driver.fetches.push { [driver] in continuation.resume(returning: driver.gatherLedgers())
      }
      if !accepted { continuation.resume(returning: nil) }
    }
    guard let report else { throw .communication(.closed(reason: "the cluster's program has ended")) }
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
    driver.messages.push(.define(number, recipe, source(number)))
    return TileCollection(identifier: number, ownership: ownership) { [driver] in
      driver.messages.push(.release($0))
    }
  }

  /// Has the blocks made and fetches them.
  private func perform<Value: WireCodable>(_ name: String, _ wanted: [BlockID], as type: Value.Type)
    async throws(ExecutionError) -> [Value]
  {
    let start = MonotonicClock.now()
    let communicator = driver.communicator
    let outcome = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[Value], ExecutionError>, Never>) in
      let values = Mutex<[Value]>([])
      let box = Box(values)
      let job = DataflowDriver.Job(wanted: wanted) { places in
        communicator.fetch(places, into: box)
      } succeed: {
        continuation.resume(returning: .success(box.values.withLock { $0 }))
      } fail: {
        continuation.resume(returning: .failure($0))
      }
      if !driver.messages.push(.want(nextNumber(), job)) {
        let error = CommunicationError.closed(reason: "the cluster's program has ended")
        continuation.resume(returning: .failure(.communication(error)))
      }
    }
    recorder?.record(
      Event(.step, name, worker: 0, start: start, duration: max(0, MonotonicClock.now() - start)))
    return try outcome.get()
  }
}

/// What has been fetched for a job.
private final class Box<Value: Sendable>: Sendable {
  let values: Mutex<[Value]>
  init(_ values: consuming sending Mutex<[Value]>) { self.values = values }
}

extension Communicator {
  /// Fetches blocks from their holders; all are asked for before the first is waited for, and every answer
  /// is taken, so that answers stay in step with requests.
  fileprivate func fetch<Value: WireCodable>(_ places: [Work.Input], into box: Box<Value>)
    -> DataflowDriver.Fetch
  {
    var fetched: [Value] = []
    var missing: (block: BlockID, holder: Int)?
    do throws(CommunicationError) {
      var lost: Set<Int> = []
      for place in places {
        var request = FetchRequest(place.block.collection, [place.block.index])
        request.isForResult = true
        do throws(CommunicationError) {
          _ = try postSend(Command.fetch(request), to: place.holder, tag: .control)
        } catch {
          guard case .lost = error else { throw error }
          lost.insert(place.holder)
        }
      }
      for place in places {
        do throws(CommunicationError) {
          if lost.contains(place.holder) { throw .lost(rank: place.holder, reason: "") }
          switch try receive(Fetched<Value>.self, from: place.holder, tag: .result) {
          case .found(let value): fetched.append(value)
          case .missing(let block): missing = missing ?? (block, place.holder)
          }
        } catch {
          guard case .lost = error else { throw error }
          missing = missing ?? (place.block, place.holder)
        }
      }
    } catch {
      return .failed(error)
    }
    if let missing { return .missing(missing.block, holder: missing.holder) }
    box.values.withLock { $0 = fetched }
    return .done
  }
}
