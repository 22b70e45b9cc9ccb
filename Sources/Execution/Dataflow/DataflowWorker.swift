// One worker of a dataflow job: a thread that takes commands and serves blocks to others, and a thread that
// makes blocks. Both live as long as the job.

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
    store = BlockStore(capacity: memory)
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
      case .define(let definition): try define(definition, from: command.source)
      case .run(let work): try accept(work, from: command.source)
      case .cancel(let blocks): queue.cancel(blocks)
      case .drop(let blocks): store.drop(blocks)
      case .forget(let collections):
        queue.forget(collections)
        store.forget(Set(collections))
      case .fetch(let request): try answer(request, to: command.source)
      case .ledger:
        let ledger = communicator.ledger.entries(of: communicator.rank)
        _ = try communicator.base.postSend(ledger, to: 0, tag: .accounts)
      case .events: try sendEvents()
      case .stop:
        if communicator.rank == 0 { report(.stopped) }
        return
      }
    }
  }

  /// Workers of rank 0's process have recorded into its recorder, and have nothing to send.
  private func sendEvents() throws(CommunicationError) {
    guard isElsewhere else { return }
    let log = EventLog(recorder?.events() ?? [])
    recorder?.removeAll()
    try communicator.base.send(MonotonicClock.now(), to: 0, tag: .accounts)
    try communicator.base.send(log, to: 0, tag: .accounts)
  }

  private func define(_ definition: Definition, from sender: Int) throws(CommunicationError) {
    guard let define = registry.entries[definition.name]?.operation else {
      throw .malformed(expected: "a registered task, not '\(definition.name)'")
    }
    queue.define(try define(self, definition, sender), for: definition.collection)
  }

  /// Receives a task's arguments from `sender` and passes them on to the workers that the definition names,
  /// each with its share of them to pass on: a binomial tree.
  func receiveArguments<Arguments: WireCodable>(
    _ type: Arguments.Type, _ definition: Definition, from sender: Int
  ) throws(CommunicationError) -> Arguments {
    let arguments = try communicator.receive(type, from: sender, tag: .arguments)
    for (child, share) in definition.forward.shares() {
      var passed = definition
      passed.forward = share
      do throws(CommunicationError) {
        _ = try communicator.postSend(Command.define(passed), to: child, tag: .control)
        _ = try communicator.postSend(arguments, to: child, tag: .arguments)
      } catch {
        // The driver notices a lost worker as well, and defines anew.
        guard case .lost = error else { throw error }
      }
    }
    return arguments
  }

  private func accept(_ work: [Work], from sender: Int) throws(CommunicationError) {
    for task in work where task.isPlaced {
      guard let receive = registry.entries[task.placedType]?.receiveTile else {
        throw .malformed(expected: "a registered tile type, not '\(task.placedType)'")
      }
      let start = MonotonicClock.now()
      keep(try receive(communicator, sender), as: task, since: start)
    }
    queue.append(work.filter { !$0.isPlaced })
  }

  /// Stores a block and tells the driver.
  func keep(_ block: any WireCodable, as work: Work, since start: Int) {
    let (bytes, evicted) = store.store(block, as: work.block)
    report(
      .made(
        work.block, attempt: work.attempt, bytes: bytes, duration: max(0, MonotonicClock.now() - start)))
    if !evicted.isEmpty { report(.evicted(evicted)) }
  }

  /// Tells the driver. A driver that cannot be told is noticed by the thread that takes its commands.
  func report(_ report: Report) {
    _ = try? communicator.postSend(report, to: 0, tag: .report)
  }

  /// Sends the blocks that another worker, or the driver for a result, asks for.
  private func answer(_ request: FetchRequest, to asker: Int) throws(CommunicationError) {
    let tag = request.isForResult ? Tag.result : .reply
    var blocks: [(source: Int, tile: any WireCodable)] = []
    for index in request.indices {
      guard let block = store.block(BlockID(request.collection, index)) else {
        return try reply(Fetched<Empty>.missing(BlockID(request.collection, index)), to: asker, tag)
      }
      blocks.append((index, block))
    }
    guard let target = request.target else {
      guard let block = blocks.first?.tile else { throw .malformed(expected: "a block to fetch") }
      return try found(block, to: asker, tag)
    }
    guard let type = blocks.first.map({ Swift.type(of: $0.tile) }) as? any AnyCutTile.Type,
      let pieces = type.pieces(of: blocks, for: target)
    else { throw .malformed(expected: "cut tiles in collection \(request.collection)") }
    try found(pieces, to: asker, tag)
  }

  private func found<Value: WireCodable>(_ value: Value, to asker: Int, _ tag: Tag) throws(CommunicationError)
  {
    try reply(Fetched.found(value), to: asker, tag)
  }

  private func reply<Value: WireCodable>(_ value: Value, to asker: Int, _ tag: Tag) throws(CommunicationError)
  {
    do throws(CommunicationError) {
      _ = try communicator.postSend(value, to: asker, tag: tag)
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
