// The thread that makes blocks: takes the tasks in order, gets the inputs that other workers hold, all of them
// asked for before the first is waited for, runs the task, keeps the block, tells the driver.

import TesseraCommunication
import TesseraInstrumentation

extension DataflowWorker {
  /// Tasks that take no longer, in nanoseconds, are reported together.
  private static let quick = 100_000

  /// Makes blocks until the queue is closed.
  func makeBlocks() {
    defer {
      note([.finished])
      report()
    }
    /// Collections whose tasks have been quick so far.
    var quick: Set<Int> = []
    while true {
      var task = queue.next(waits: false)
      // What is known waits for a quick task only. And of a task that comes again, the driver has to know
      // that it has begun, before it does: it may end this worker.
      let isQuick = task.map { $0.work.purpose == .first && quick.contains($0.work.block.collection) }
      if isQuick != true {
        report(waits: task?.work.purpose == .again)
        task = task ?? queue.next(waits: true)
      }
      guard let (work, operation) = task else { return }
      let start = MonotonicClock.now()
      do throws(CommunicationError) {
        note(try make(work, operation))
      } catch {
        switch error {
        // The other thread has met the same end, or will.
        case .closed, .lost: break
        default: communicator.close(reason: error.reasonToClose)
        }
        return
      }
      if MonotonicClock.now() - start > Self.quick {
        quick.remove(work.block.collection)
      } else {
        // An old collection's number does no harm; many of them would.
        if quick.count > 1000 { quick = [] }
        quick.insert(work.block.collection)
      }
    }
  }

  /// What became of an input.
  private enum Input {
    case here(any WireCodable)
    case missing(BlockID, holder: Int)
  }

  private func make(_ work: Work, _ operation: Operation) throws(CommunicationError) -> [Report] {
    let start = MonotonicClock.now()
    communicator.ledger.begin(operation.name)
    store.pin(work.inputs.lazy.filter { $0.holder == self.communicator.rank }.map(\.block))
    var inputs: [any WireCodable] = work.tile.map { [$0] } ?? []
    var missing: (block: BlockID, holder: Int)?
    for input in try gather(work, operation) {
      switch input {
      case .here(let block): inputs.append(block)
      case .missing(let block, let holder): missing = missing ?? (block, holder)
      }
    }
    if let missing {
      // First what is no longer here: the driver then asks for all that is missing.
      return evictions(store.unpin(sparing: queue.uses))
        + [.missing(work.block, attempt: work.attempt, input: missing.block, holder: missing.holder)]
    }
    let copies = work.keepsInputs ? keep(inputs, of: work) : []
    do {
      let block = try recorder.measure(work.purpose.event, operation.name, worker: communicator.rank) {
        try operation.make(work.block.index, inputs)
      }
      let (bytes, evicted) = store.store(block, as: work.block, sparing: queue.uses)
      let made = Report.made(
        work.block, attempt: work.attempt, bytes: bytes, duration: max(0, MonotonicClock.now() - start),
        work.isWanted ? SealedValue(block) : nil)
      let spent = store.isLimited && operation.spends(work.block.index) ? drop(work.inputs) : []
      return copies + [made] + evictions(evicted + spent + store.unpin(sparing: queue.uses)) + strain()
    } catch {
      let failure = error as? TileFailure ?? TileFailure(tile: work.block.index, cause: error)
      return copies + [
        .failed(
          work.block, attempt: work.attempt,
          TaskFailure(task: operation.task, tile: failure.tile, cause: failure.cause))
      ] + evictions(store.unpin(sparing: queue.uses))
    }
  }

  /// Forgets the inputs that are here: where memory is short nobody keeps what is used up.
  private func drop(_ inputs: [Location]) -> [BlockID] {
    let blocks = inputs.filter { $0.holder == communicator.rank }.map(\.block)
    store.drop(blocks)
    return blocks
  }

  /// Keeps the inputs that others hold: who holds them is slow, and the next task may want them too.
  private func keep(_ inputs: [any WireCodable], of work: Work) -> [Report] {
    var reports: [Report] = []
    for (input, location) in zip(inputs, work.inputs) where location.holder != communicator.rank {
      reports += [.copied(location.block)]
      reports += evictions(store.store(input, as: location.block, sparing: queue.uses).evicted)
    }
    return reports
  }

  private func strain() -> [Report] {
    store.takeStrain().map { [.strained(limit: $0.limit, placed: $0.placed)] } ?? []
  }

  private func evictions(_ blocks: [BlockID]) -> [Report] { blocks.isEmpty ? [] : [.evicted(blocks)] }

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
        inputs.append(try local(request))
      } else if lost.contains(holder) {
        inputs.append(.missing(request.first, holder: holder))
      } else {
        inputs.append(try answer(to: request, from: holder, type))
      }
    }
    return inputs
  }

  private func local(_ request: FetchRequest) throws(CommunicationError) -> Input {
    switch try find(request) {
    case .here(let block): .here(block)
    case .missing(let block): .missing(block, holder: communicator.rank)
    }
  }

  private func answer<Value: WireCodable>(
    to request: FetchRequest, from holder: Int, _ type: Value.Type
  ) throws(CommunicationError) -> Input {
    do throws(CommunicationError) {
      switch try communicator.receive(Fetched.self, from: holder, tag: .reply) {
      case .found: return .here(try communicator.receive(Value.self, from: holder, tag: .reply))
      case .missing(let block): return .missing(block, holder: holder)
      }
    } catch {
      guard case .lost(let rank, _) = error, rank != 0 else { throw error }
      return .missing(request.first, holder: holder)
    }
  }
}

extension Work.Purpose {
  /// What is recorded of the task.
  fileprivate var event: Event.Kind {
    switch self {
    case .first: .task
    case .again: .recompute
    case .backup: .backup
    }
  }
}

extension FetchRequest {
  /// The first of the blocks asked for.
  fileprivate var first: BlockID { BlockID(collection, indices.first ?? 0) }
}
