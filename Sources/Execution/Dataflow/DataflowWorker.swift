// One worker of a dataflow job: a thread that takes commands and serves blocks to others, and a thread that
// makes blocks. Both live as long as the job.

import Synchronization
import TesseraCommunication
import TesseraInstrumentation

/// A worker's state, shared by its two threads.
final class DataflowWorker: Sendable {
  /// Counts what it sends and receives.
  let communicator: MeasuredCommunicator
  let registry: TaskRegistry
  let recorder: Recorder?
  let store: BlockStore
  let queue = TaskQueue()
  /// What is to be reported with the next flush, in order.
  private let unreported = Mutex<[Report]>([])
  /// Whether rank 0 is another process, with a recorder of its own.
  private let isElsewhere: Bool

  /// - Parameter memory: the bytes of blocks beyond which the worker makes room.
  init(
    communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?, memory: Int = .max,
    isElsewhere: Bool = false
  ) {
    self.communicator = MeasuredCommunicator(communicator, recorder: recorder)
    self.isElsewhere = isElsewhere
    self.registry = registry
    self.recorder = recorder
    store = BlockStore(capacity: memory, isRecomputable: true)
  }

  /// Takes commands until the program ends.
  ///
  /// - Throws: what communication throws; the worker cannot go on without the driver.
  func serve() throws(CommunicationError) {
    defer { queue.close() }
    while true {
      let command: Received<Command>
      do throws(CommunicationError) {
        command = try communicator.receive(Command.self, from: .any, tag: .control)
      } catch {
        // Of other workers' losses the driver tells those whom they concern.
        if case .lost(let rank, _) = error, rank != 0 { continue }
        throw error
      }
      switch command.value {
      case .run(let batch):
        forget(batch.forgotten)
        for definition in batch.definitions { try define(definition) }
        queue.append(batch.work)
      case .define(let definition): try passOn(definition)
      case .cancel(let blocks): queue.cancel(blocks)
      case .drop(let blocks): store.drop(blocks)
      case .forget(let collections): forget(collections)
      case .keep(let collection, let level): store.keep(collection, level)
      case .fetch(let request):
        if request.isForDriver { tellDriver(request) } else { try answer(request, to: command.source) }
      case .report: report()
      case .ledger:
        var ledger = communicator.ledger.entries(of: communicator.rank)
        ledger.peakBytes = store.takeMostHeld()
        _ = try communicator.base.postSend(ledger, to: 0, tag: .accounts)
      case .events: try sendEvents()
      case .finish: queue.close()
      case .stop:
        if communicator.rank == 0 {
          note([.stopped])
          report()
        }
        return
      }
    }
  }

  private func forget(_ collections: [Int]) {
    guard !collections.isEmpty else { return }
    queue.forget(collections)
    store.forget(Set(collections))
  }

  /// Workers of rank 0's process have recorded into its recorder, and have nothing to send.
  private func sendEvents() throws(CommunicationError) {
    guard isElsewhere else { return }
    let log = EventLog(recorder?.events() ?? [])
    recorder?.removeAll()
    try communicator.base.send(MonotonicClock.now(), to: 0, tag: .accounts)
    try communicator.base.send(log, to: 0, tag: .accounts)
  }

  private func define(_ definition: Definition) throws(CommunicationError) {
    guard let entry = registry.entries[definition.name] else {
      throw .malformed(expected: "a registered task, not '\(definition.name)'")
    }
    store.keep(definition.collection, definition.level)
    queue.define(try entry.operation(definition), for: definition.collection)
  }

  /// Takes a definition and passes it on to the workers that it names, each with its share of them to pass
  /// on: a binomial tree.
  private func passOn(_ definition: Definition) throws(CommunicationError) {
    for (child, share) in definition.forward.shares() {
      var passed = definition
      passed.forward = share
      do throws(CommunicationError) {
        _ = try communicator.postSend(Command.define(passed), to: child, tag: .control)
      } catch {
        // The driver notices a lost worker as well, and defines anew.
        guard case .lost = error else { throw error }
      }
    }
    try define(definition)
  }

  /// Has something reported next time.
  func note(_ reports: [Report]) { unreported.withLock { $0 += reports } }

  /// Tells the driver what there is to tell, and `waits` until it is on its way whatever becomes of this process.
  /// A driver that cannot be told is noticed by the thread that takes its commands.
  func report(waits: Bool = false) {
    unreported.withLock { reports in
      guard !reports.isEmpty else { return }
      let sent = try? communicator.postSend(ReportMessage(reports), to: 0, tag: .report)
      reports = []
      if waits { try? sent?.wait() }
    }
  }

  /// Sends the driver the blocks that it asks for, each by itself.
  private func tellDriver(_ request: FetchRequest) {
    for index in request.indices {
      let id = BlockID(request.collection, index)
      note([.fetched(id, store.block(id).map { SealedValue($0) })])
      report()
    }
  }

  /// What is asked for, or what of it is not here.
  enum Found {
    case here(any WireCodable)
    case missing(BlockID)
  }

  /// One whole block, or the pieces of many blocks that go to one tile: one of these in memory at a time.
  func find(_ request: FetchRequest) throws(CommunicationError) -> Found {
    var found: (any WireCodable)?
    for index in request.indices {
      let id = BlockID(request.collection, index)
      guard let block = store.block(id) else { return .missing(id) }
      guard let target = request.target else { return .here(block) }
      guard let cut = block as? any AnyCutTile, cut.addPieces(for: target, from: index, to: &found) else {
        throw .malformed(expected: "cut tiles in collection \(request.collection)")
      }
    }
    guard let found else { throw .malformed(expected: "a block to fetch") }
    return .here(found)
  }

  /// Sends the blocks that another worker asks for.
  private func answer(_ request: FetchRequest, to asker: Int) throws(CommunicationError) {
    switch try find(request) {
    case .here(let blocks): try found(blocks, to: asker)
    case .missing(let block): try reply(Fetched.missing(block), to: asker)
    }
  }

  private func found<Value: WireCodable>(_ value: Value, to asker: Int) throws(CommunicationError) {
    try reply(Fetched.found, to: asker)
    try reply(value, to: asker)
  }

  private func reply<Value: WireCodable>(_ value: Value, to asker: Int) throws(CommunicationError) {
    do throws(CommunicationError) {
      _ = try communicator.postSend(value, to: asker, tag: .reply)
    } catch {
      if case .lost(let rank, _) = error, rank == asker, rank != 0 { return }
      throw error
    }
  }
}

extension [Int] {
  /// Of a list of workers, those to send to directly, each with the part of the rest that it is to send to.
  func shares() -> [(child: Int, share: [Int])] {
    var rest = self
    var shares: [(Int, [Int])] = []
    while let child = rest.first {
      let half = rest.count / 2
      shares.append((child, Array(rest[1..<(rest.count - half)])))
      rest = Array(rest[(rest.count - half)...])
    }
    return shares
  }
}
