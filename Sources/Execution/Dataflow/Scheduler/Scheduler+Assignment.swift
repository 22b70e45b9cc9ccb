// Which blocks are to be made, in what order, by whom.

import TesseraPartitioning

extension Scheduler {
  /// Something that a task cannot start without.
  enum Dependency {
    case block(BlockID)
    case every(blockOf: Int)
  }

  /// What the block is made from.
  func dependencies(of block: BlockID) -> [Dependency] {
    guard let recipe = collections[block.collection]?.recipe else { return [] }
    switch recipe.inputs {
    case .none: return []
    case .sameIndex(let sources): return sources.map { .block(BlockID($0, block.index)) }
    case .everyBlock(let source): return [.every(blockOf: source)]
    case .reduction(let sources, let steps):
      switch steps[block.index] {
      case .tiles(let node):
        return (node.first..<node.end).flatMap { tile in sources.map { .block(BlockID($0, tile)) } }
      case .join(let left, let right):
        return [left, right].map { .block(BlockID(block.collection, $0)) }
      }
    }
  }

  /// Wants a block made, unless it is there, under way, or given up.
  mutating func demand(_ block: BlockID) {
    guard !self[block].isAvailable, self[block].attempts.isEmpty, !self[block].isPending,
      self[block].failure == nil
    else { return }
    self[block].isPending = true
    collections[block.collection]?.outstanding += 1
    candidates.append(block)
  }

  /// Assigns what can be assigned, and demands what that still lacks: depth first, so that a tile's chain of
  /// tasks stands together in a queue.
  mutating func assignCandidates() {
    while let block = candidates.popLast() {
      if self[block].isPending { assign(block) }
    }
  }

  private mutating func assign(_ block: BlockID) {
    // The worker in whose queue the inputs that are not there yet will be made.
    var maker: Int?
    let wanted = wantedWorker(for: block)
    var inputs: [Location] = []
    var lacking: [BlockID] = []
    for dependency in dependencies(of: block) {
      switch dependency {
      case .every(let source):
        guard collections[source]?.isComplete == true else {
          waitingForAll[source, default: []].append(block)
          for index in (0..<(collections[source]?.blocks.count ?? 0)).reversed() {
            demand(BlockID(source, index))
          }
          return
        }
      case .block(let input):
        if self[input].isAvailable {
          inputs.append(Location(block: input, holder: self[input].holders[0]))
        } else if let attempt = self[input].attempts.first, self[input].attempts.count == 1,
          maker ?? attempt.worker == attempt.worker, wanted ?? attempt.worker == attempt.worker,
          !self[block].isBereft || candidates(for: block).contains(attempt.worker)
        {
          maker = attempt.worker
          inputs.append(Location(block: input, holder: attempt.worker))
        } else {
          lacking.append(input)
        }
      }
    }
    if let first = lacking.first {
      // All of them at once, so that nobody is idle while the first is made; the first is assigned first.
      waitingFor[first, default: []].append(block)
      for input in lacking.reversed() { demand(input) }
      return
    }
    guard let worker = maker ?? wanted ?? choose(for: block, inputs) else {
      if isForNobody(block) { callForSomebody(for: block) }
      return
    }
    for (k, input) in inputs.enumerated() {
      guard let holder = nearestHolder(of: input.block, to: worker) else { continue }
      inputs[k] = Location(block: input.block, holder: holder)
    }
    self[block].isPending = false
    start(block, on: worker, inputs)
    wakeDependents(of: block)
  }

  /// Puts the block into the worker's queue.
  mutating func start(_ block: BlockID, on worker: Int, _ inputs: [Location], asBackup: Bool = false) {
    self[block].attemptsMade += 1
    let number = self[block].attemptsMade
    self[block].attempts.append(Attempt(worker: worker, number: number))
    if workers[worker]?.queue.isEmpty == true {
      workers[worker]?.headSince = now
      workers[worker]?.busySince = now
      workers[worker]?.expected = 0
    }
    workers[worker]?.queue.append(Entry(block: block, attempt: number))
    let purpose: Work.Purpose = asBackup ? .backup : self[block].isRepeated ? .again : .first
    var assignment = Assignment(
      block: block, attempt: number, inputs: inputs, isWanted: isWanted(block), purpose: purpose)
    assignment.keepsInputs = inputs.contains {
      $0.holder != worker && (isDelayed($0.holder) || self[$0.block].heir == worker)
    }
    run(assignment, on: worker)
  }

  /// Looks again at what waited for the block.
  mutating func wakeDependents(of block: BlockID) {
    candidates += (waitingFor.removeValue(forKey: block) ?? []).reversed()
    if collections[block.collection]?.isComplete == true {
      candidates += (waitingForAll.removeValue(forKey: block.collection) ?? []).reversed()
    }
  }

  /// The worker that the program has asked for, if it may make the block.
  private func wantedWorker(for block: BlockID) -> Int? {
    guard let owner = collections[block.collection]?.recipe.placement?.owner(of: block.index),
      candidates(for: block).contains(owner)
    else { return nil }
    return owner
  }

  /// Where most of the inputs are, of several such workers the one that has the first of them, or a newcomer that is
  /// to have them; where they cannot stay, who has least to do; without inputs that lie anywhere, the owner of the number among the living.
  private mutating func choose(for block: BlockID, _ inputs: [Location]) -> Int? {
    let living = candidates(for: block)
    guard !living.isEmpty else { return nil }
    var bytes: [Int: Int] = [:]
    for input in inputs {
      for holder in self[input.block].holders where living.contains(holder) {
        bytes[holder, default: 0] += 1 + self[input.block].bytes
      }
    }
    if let most = bytes.values.max() {
      let nearest = Set(bytes.filter { $0.value == most }.keys)
      for input in inputs {
        // Where it was first: copies serve while that worker is slow.
        if let holder = self[input.block].holders.first(where: nearest.contains) {
          return heir(of: holder, for: block, inputs) ?? holder
        }
      }
    }
    guard inputs.isEmpty, self[block].avoided.isEmpty,
      let count = collections[block.collection]?.blocks.count
    else {
      return living.min { busyness($0) < busyness($1) }
    }
    return living[Ownership(tileCount: count, workerCount: living.count).owner(of: block.index)]
  }

  /// The living workers that may make the block, ascending: while there are others, none that it is to
  /// avoid, none that would keep it waiting, and not the driver's own if it may have ended one.
  func candidates(for block: BlockID) -> [Int] {
    guard !isForNobody(block) else { return [] }
    let living = workers.keys.filter { workers[$0]?.isAlive == true }.sorted()
    let others = living.filter {
      !self[block].avoided.contains($0) && !keepsWaiting($0, block)
    }
    let remote = living.filter { $0 != 0 }
    if self[block].isBereft, !remote.isEmpty {
      let untried = remote.filter { !self[block].avoided.contains($0) }
      return untried.isEmpty ? remote : untried
    }
    return others.isEmpty ? living : others
  }

  /// Order of preference among equals: who is not slow, the shortest queue, the lowest rank.
  func busyness(_ worker: Int) -> (Int, Int, Int) {
    (isDelayed(worker) ? 1 : 0, workers[worker]?.queue.count ?? 0, worker)
  }
}
