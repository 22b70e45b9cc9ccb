// The driver's verbs. A program is written against this protocol and never asks who runs it: styles of
// running are its conformances.

public import TesseraInstrumentation
public import TesseraPartitioning

/// What a driver program can ask of the workers.
///
/// Every verb throws `ExecutionError`: when a task fails (the failure of the lowest tile number, whatever
/// the order in which workers met theirs), when a task is not in the registry, or when workers are lost. In
/// the dataflow style `place`, `read`, `map`, `exchange` and `persist` only note what is to be done: the failure
/// of a task is thrown by the `reduce`, `collect` or `write` that needs it, and nothing moves before.
public protocol Engine: Sendable {
  /// The number of workers when the program began, the driver's own included. Tiles are cut for so many.
  var workerCount: Int { get }

  /// The number of workers now: some may have been lost, or have joined.
  var livingWorkerCount: Int { get }

  /// Sends each tile to its owner. Words moved: those of the tiles that rank 0 does not own.
  ///
  /// - Precondition: `ownership` is of as many tiles, and of this engine's workers.
  func place<Element: Tile>(_ tiles: [Element], on ownership: Ownership) async throws(ExecutionError)
    -> TileCollection<Element>

  /// Has every worker make its own of the tiles that `ownership` names, from their numbers and the arguments
  /// alone. Words moved: the arguments, once to every worker.
  func read<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments, into ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Task.Output>

  /// The same tiles on other workers. Words moved: those of the tiles that change their owner, once each. In the
  /// dataflow style an owner is a wish: tiles move when they are needed, and elsewhere when their owner is lost.
  ///
  /// - Precondition: `ownership` is of as many tiles, and of this engine's workers.
  func move<Element: Tile>(_ collection: TileCollection<Element>, to ownership: Ownership)
    async throws(ExecutionError) -> TileCollection<Element>

  /// Makes a new collection, tile by tile, where the input's tiles are; of several collections, where the
  /// first one's are. Words moved: the arguments, once to every worker.
  func map<Task: MapTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> TileCollection<Task.Output>

  /// Makes one value of all tiles, combined along the reduction tree of the tile numbers. Words moved: the
  /// arguments to every worker, and about one value from every worker but the driver's.
  ///
  /// - Precondition: the input has at least one tile.
  func reduce<Task: ReduceTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections
  ) async throws(ExecutionError) -> Task.Output

  /// Makes a new collection, owned as `ownership` says, from pieces of the old. Words moved: every piece whose
  /// old and new tile have different owners, from one owner to the other.
  ///
  /// - Precondition: `ownership` is of this engine's workers.
  func exchange<Task: ExchangeTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections,
    into ownership: Ownership
  ) async throws(ExecutionError) -> TileCollection<Task.Output>

  /// Brings all tiles to the driver, in order. Words moved: those of the tiles that rank 0 does not own.
  func collect<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError)
    -> [Element]

  /// Says what becomes of the collection's tiles when a worker has to make room, which without a limit on its
  /// memory (`ClusterConfiguration.memoryPerWorker`) it never has to. Holds until `unpersist`, or as long as
  /// the handle lives.
  ///
  /// Unpersisted tiles are the first to go, and are computed again when they are needed. Message passing
  /// computes nothing again: there only tiles that are persisted on disk make room, all others stay.
  func persist<Element: Tile>(_ collection: TileCollection<Element>, _ level: StorageLevel)
    async throws(ExecutionError)

  /// Takes `persist` back. Tiles on disk stay there.
  func unpersist<Element: Tile>(_ collection: TileCollection<Element>) async throws(ExecutionError)

  /// What a reduction over tiles with these owners will send, whatever its task.
  func messages(reducing ownership: Ownership) -> ReductionMessages

  /// What every worker has sent and received so far. Not counted itself.
  func ledger() async throws(ExecutionError) -> LedgerReport
}

extension Engine {
  /// Sends each tile to its owner by the contiguous rule. Words moved: those of the tiles that rank 0 does not
  /// own.
  ///
  /// - Throws: `ExecutionError`.
  public func place<Element: Tile>(_ tiles: [Element]) async throws(ExecutionError)
    -> TileCollection<Element>
  {
    try await place(tiles, on: Ownership(tileCount: tiles.count, workerCount: workerCount))
  }

  /// Has every worker make its own of `tileCount` tiles, owned by the contiguous rule, from their numbers and
  /// the arguments alone. Words moved: the arguments, once to every worker.
  ///
  /// - Throws: `ExecutionError`.
  public func read<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments, into tileCount: Int)
    async throws(ExecutionError) -> TileCollection<Task.Output>
  {
    try await read(
      task, arguments, into: Ownership(tileCount: tileCount, workerCount: workerCount))
  }

  /// Makes a new collection of `tileCount` tiles, owned by the contiguous rule, from pieces of the old. Words
  /// moved: every piece whose old and new tile have different owners, from one owner to the other.
  ///
  /// - Throws: `ExecutionError`.
  public func exchange<Task: ExchangeTask>(
    _ task: Task.Type, _ arguments: Task.Arguments, over input: Task.Input.Collections, into tileCount: Int
  ) async throws(ExecutionError) -> TileCollection<Task.Output> {
    try await exchange(
      task, arguments, over: input, into: Ownership(tileCount: tileCount, workerCount: workerCount))
  }
}
