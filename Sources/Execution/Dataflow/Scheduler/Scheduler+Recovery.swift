// Workers that come and go, and what nobody needs any more.

extension Scheduler {
  mutating func join(_ worker: Int) {
    workers[worker] = Worker()
    newcomers.insert(worker)
    // What has been does not count: there was nobody to go to.
    for collection in collections.keys {
      for index in collections[collection]?.blocks.indices ?? 0..<0 {
        self[BlockID(collection, index)].stay = 0
      }
    }
    (isCalling, lostOnTheWay) = (false, 0)
    isDisturbed = true
    candidates += pendingBlocks().reversed()
    relieveForNewcomer()
  }

  /// A lost worker's blocks are gone and its tasks are somebody else's. The task at the head of its queue may
  /// be what ended it.
  ///
  /// - Parameter reason: nil of a worker that has taken leave, which no task is to blame for.
  mutating func lose(_ worker: Int, _ reason: String?) {
    guard let queue = workers[worker]?.queue, workers[worker]?.isAlive == true else { return }
    workers[worker]?.isAlive = false
    if let reason { lastLoss = reason }
    newcomers.remove(worker)
    fetching = fetching.filter { $0.value != worker }
    for collection in collections.keys.sorted() {
      for index in collections[collection]?.blocks.indices ?? 0..<0 {
        let block = BlockID(collection, index)
        forget(block, worker)
        if self[block].heir == worker { self[block].heir = nil }
      }
    }
    for (place, entry) in queue.enumerated() {
      _ = recall(entry.block, from: worker)
      guard remove(entry.attempt, of: entry.block, from: worker) else { continue }
      guard let reason else {
        retry(entry.block, giveUp: nil)
        continue
      }
      self[entry.block].isBereft = true
      if place == 0 { self[entry.block].losses += 1 }
      let losses = self[entry.block].losses
      retry(
        entry.block,
        giveUp: place == 0 && losses >= limits.losses
          ? .losses(entry.block, count: losses, reason: reason) : nil)
    }
    isDisturbed = true
    candidates += pendingBlocks().reversed()
  }

  /// Whether the driver's own worker is the only one left, and the block may be what has ended others.
  func isForNobody(_ block: BlockID) -> Bool {
    self[block].isBereft && self[block].losses >= (isDeserted ? limits.lossesBeforeDriver : 1)
      && workers.allSatisfy { !$0.value.isAlive || $0.key == 0 }
  }

  /// Calls for a worker for a pending block that is for nobody, once for all such; gives it up when nobody comes.
  mutating func callForSomebody(for block: BlockID) {
    if isDeserted {
      self[block].isPending = false
      retry(block, giveUp: .losses(block, count: self[block].losses, reason: lastLoss))
    } else if !isCalling {
      isCalling = true
      emit(.call)
    }
  }

  /// After a call that nobody has followed, so many in a row by now: what waits is thought of again.
  mutating func missCall(_ count: Int) {
    (isCalling, lostOnTheWay) = (false, count)
    candidates += pendingBlocks().reversed()
  }

  /// The tasks that a worker has to do, and the blocks that nobody else has.
  func burden(of worker: Int) -> (tasks: Int, blocks: Int) {
    let blocks = collections.values.lazy.map { $0.blocks.count { $0.holders == [worker] } }
    return (workers[worker]?.queue.count ?? 0, blocks.reduce(0, +))
  }

  func pendingBlocks() -> [BlockID] {
    collections.keys.sorted().flatMap { collection in
      (collections[collection]?.blocks ?? []).indices
        .filter { collections[collection]?.blocks[$0].isPending == true }
        .map { BlockID(collection, $0) }
    }
  }

  // MARK: needs

  /// The collections that the job's wanted blocks may be made from, themselves included.
  private func lineage(of roots: some Sequence<Int>) -> Set<Int> {
    var found: Set<Int> = []
    var open = Array(roots)
    while let collection = open.popLast() {
      if found.insert(collection).inserted { open += collections[collection]?.recipe.sources ?? [] }
    }
    return found
  }

  func needs(_ job: Int, _ collection: Int) -> Bool {
    lineage(of: Set(jobs[job]?.wanted.map(\.collection) ?? [])).contains(collection)
  }

  /// Cancels what no job needs.
  mutating func withdraw() {
    let needed = lineage(of: Set(jobs.values.flatMap { $0.wanted.map(\.collection) }))
    for collection in collections.keys.sorted() where !needed.contains(collection) {
      for index in collections[collection]?.blocks.indices ?? 0..<0 {
        let block = BlockID(collection, index)
        for attempt in self[block].attempts {
          _ = remove(attempt.number, of: block, from: attempt.worker)
          if !recall(block, from: attempt.worker) { emit(.cancel([block], worker: attempt.worker)) }
        }
        self[block].isPending = false
        self[block].failure = nil
        waitingFor[block] = nil
      }
      collections[collection]?.outstanding = 0
      waitingForAll[collection] = nil
    }
  }

  /// Forgets the collections that neither the program nor a job nor a later collection can ask for again, and
  /// drops the blocks that are only good for making again what is there.
  mutating func sweep() {
    let needed = lineage(of: Set(jobs.values.flatMap { $0.wanted.map(\.collection) }))
    var named: Set<Int> = []
    var used = needed
    for collection in collections.keys.sorted(by: >) {
      guard let state = collections[collection] else { continue }
      if state.isHeld || needed.contains(collection) { named.insert(collection) }
      if state.isHeld { used.insert(collection) }
      if named.contains(collection) { named.formUnion(state.recipe.sources) }
      if used.contains(collection), !state.isComplete { used.formUnion(state.recipe.sources) }
      if !named.contains(collection) {
        // Whoever forgets a collection drops its blocks.
        collections[collection] = nil
        emit(.forget(collection: collection))
      } else if !used.contains(collection) {
        dropBlocks(of: collection)
      }
    }
  }

  private mutating func dropBlocks(of collection: Int) {
    var dropped: [Int: [BlockID]] = [:]
    for index in collections[collection]?.blocks.indices ?? 0..<0 {
      let block = BlockID(collection, index)
      for holder in self[block].holders { dropped[holder, default: []].append(block) }
      self[block].holders = []
    }
    collections[collection]?.available = 0
    for (worker, blocks) in dropped.sorted(by: { $0.key < $1.key }) where workers[worker]?.isAlive == true {
      emit(.drop(blocks, worker: worker))
    }
  }
}
