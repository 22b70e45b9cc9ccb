// The thread that makes blocks: takes the tasks in order, gets the inputs that other workers hold, all of them
// asked for before the first is waited for, runs the task, keeps the block, tells the driver.

import TesseraCommunication
import TesseraInstrumentation

extension DataflowWorker {
  /// Makes blocks until the queue is closed.
  func makeBlocks() {
    while let (work, operation) = queue.next() {
      do throws(CommunicationError) {
        try make(work, operation)
      } catch {
        // The other thread has met the same end, or will.
        return
      }
    }
  }

  /// What became of an input.
  private enum Input {
    case here(any WireCodable)
    case missing(BlockID, holder: Int)
  }

  private func make(_ work: Work, _ operation: Operation) throws(CommunicationError) {
    let start = MonotonicClock.now()
    communicator.ledger.begin(operation.name)
    var inputs: [any WireCodable] = []
    var missing: (block: BlockID, holder: Int)?
    for input in try gather(work, operation) {
      switch input {
      case .here(let block): inputs.append(block)
      case .missing(let block, let holder): missing = missing ?? (block, holder)
      }
    }
    if let missing {
      return report(
        .missing(work.block, attempt: work.attempt, input: missing.block, holder: missing.holder))
    }
    do {
      let block = try recorder.measure(.task, operation.name, worker: communicator.rank) {
        try operation.make(work.block.index, inputs)
      }
      keep(block, as: work, since: start)
    } catch {
      let failure = error as? TileFailure ?? TileFailure(tile: work.block.index, cause: error)
      report(
        .failed(
          work.block, attempt: work.attempt,
          TaskFailure(task: operation.task, tile: failure.tile, cause: failure.cause)))
    }
  }

  /// The inputs in order. Every request that has been sent is answered before this returns, so that answers
  /// stay in step with requests.
  private func gather(_ work: Work, _ operation: Operation) throws(CommunicationError) -> [Input] {
    let types = operation.inputTypes(work.block.index)
    guard !types.isEmpty || work.inputs.isEmpty && work.parts.isEmpty else {
      throw .malformed(expected: "the types of a task's inputs")
    }
    var requests: [(FetchRequest, holder: Int, type: any WireCodable.Type)] = []
    for (k, input) in work.inputs.enumerated() {
      requests.append(
        (FetchRequest(input.block.collection, [input.block.index]), input.holder, types[k % types.count]))
    }
    for parts in work.parts {
      var request = FetchRequest(parts.collection, parts.indices)
      request.target = work.block.index
      requests.append((request, parts.holder, types[0]))
    }
    var lost: Set<Int> = []
    for (request, holder, _) in requests where holder != communicator.rank {
      do throws(CommunicationError) {
        _ = try communicator.postSend(Command.fetch(request), to: holder, tag: .control)
      } catch {
        guard case .lost(let rank, _) = error, rank != 0 else { throw error }
        lost.insert(holder)
      }
    }
    var inputs: [Input] = []
    for (request, holder, type) in requests {
      if holder == communicator.rank {
        inputs.append(local(request))
      } else if lost.contains(holder) {
        inputs.append(.missing(request.first, holder: holder))
      } else {
        inputs.append(try answer(to: request, from: holder, type))
      }
    }
    return inputs
  }

  private func local(_ request: FetchRequest) -> Input {
    var blocks: [(source: Int, tile: any WireCodable)] = []
    for index in request.indices {
      let id = BlockID(request.collection, index)
      guard let block = store.block(id) else { return .missing(id, holder: communicator.rank) }
      blocks.append((index, block))
    }
    if let target = request.target {
      guard let type = blocks.first.map({ Swift.type(of: $0.tile) }) as? any AnyCutTile.Type,
        let pieces = type.pieces(of: blocks, for: target)
      else { return .missing(request.first, holder: communicator.rank) }
      return .here(pieces)
    }
    return blocks.first.map { .here($0.tile) } ?? .missing(request.first, holder: communicator.rank)
  }

  private func answer<Value: WireCodable>(
    to request: FetchRequest, from holder: Int, _ type: Value.Type
  ) throws(CommunicationError) -> Input {
    do throws(CommunicationError) {
      switch try communicator.receive(Fetched<Value>.self, from: holder, tag: .reply) {
      case .found(let value): return .here(value)
      case .missing(let block): return .missing(block, holder: holder)
      }
    } catch {
      guard case .lost(let rank, _) = error, rank != 0 else { throw error }
      return .missing(request.first, holder: holder)
    }
  }
}

extension FetchRequest {
  /// The first of the blocks asked for.
  fileprivate var first: BlockID { BlockID(collection, indices.first ?? 0) }
}
