// What reports change: blocks made, tasks that throw, inputs that are not where they were said to be.

extension Scheduler {
  mutating func made(_ block: BlockID, _ worker: Int, _ attempt: Int, _ bytes: Int, _ duration: Int) {
    guard knows(block), remove(attempt, of: block, from: worker) else {
      // Late or twice: somebody else's block counts, or nobody's is wanted any more.
      if workers[worker]?.isAlive == true, !knows(block) || !self[block].holders.contains(worker) {
        emit(.drop([block], worker: worker))
      }
      return
    }
    insert(duration, into: block.collection)
    stayed(at: worker, for: block, duration)
    let usual = median(of: block.collection) ?? duration
    judge(worker, after: min(duration, usual))
    for other in self[block].attempts {
      _ = remove(other.number, of: block, from: other.worker)
      if !recall(block, from: other.worker) { emit(.cancel([block], worker: other.worker)) }
      judge(other.worker, after: usual)
    }
    self[block].bytes = bytes
    self[block].isBereft = false
    if !self[block].isRepeated { collections[block.collection]?.firstMade += 1 }
    hold(block, worker)
    collections[block.collection]?.outstanding -= 1
    if isWanted(block) { obtain(block) }
    wakeDependents(of: block)
    reportFailure(of: block.collection)
  }

  mutating func failed(_ block: BlockID, _ worker: Int, _ attempt: Int, _ message: String) {
    guard knows(block), remove(attempt, of: block, from: worker) else { return }
    self[block].failures += 1
    self[block].avoided.append(worker)
    retry(
      block,
      giveUp: self[block].failures >= limits.failures ? .task(block, message: message) : nil)
  }

  mutating func missing(
    _ input: BlockID, _ holder: Int, _ task: (block: BlockID, worker: Int, attempt: Int)?
  ) {
    if knows(input) { forget(input, holder) }
    guard let (block, worker, attempt) = task, knows(block), remove(attempt, of: block, from: worker) else {
      // It was the driver that could not have it.
      if fetching[input] == holder { fetching[input] = nil }
      isDisturbed = true
      return
    }
    let made = collections[block.collection]?.firstMade ?? 0
    if self[block].madeAtMiss != made { self[block].missingInputs = 0 }
    self[block].madeAtMiss = made
    self[block].missingInputs += 1
    retry(
      block,
      giveUp: self[block].missingInputs >= limits.missingInputs ? .unreachable(block, input: input) : nil)
  }

  /// After an attempt has come to nothing: waits for another that runs, tries again, or gives up.
  mutating func retry(_ block: BlockID, giveUp failure: Failure?) {
    self[block].isRepeated = true
    guard self[block].attempts.isEmpty else { return }
    collections[block.collection]?.outstanding -= 1
    if let failure {
      self[block].failure = failure
      reportFailure(of: block.collection)
    } else {
      demand(block)
      candidates += waitingFor.removeValue(forKey: block) ?? []
    }
  }

  /// Fails the jobs that need a block that is given up, once no block before it can fail any more: which
  /// failure the program sees does not depend on who was faster.
  func firstFailure(of collection: Int) -> Failure? {
    for block in collections[collection]?.blocks ?? [] {
      if let failure = block.failure { return failure }
      if block.isPending || !block.attempts.isEmpty { return nil }
    }
    return nil
  }

  private mutating func reportFailure(of collection: Int) {
    guard let failure = firstFailure(of: collection) else { return }
    for job in jobs.keys.sorted() where needs(job, collection) { fail(job, failure) }
    // Another job may try again.
    for index in collections[collection]?.blocks.indices ?? 0..<0 {
      self[BlockID(collection, index)].failure = nil
      self[BlockID(collection, index)].failures = 0
      self[BlockID(collection, index)].losses = 0
      self[BlockID(collection, index)].isBereft = false
      self[BlockID(collection, index)].missingInputs = 0
    }
  }

  /// The block is at the worker.
  mutating func hold(_ block: BlockID, _ worker: Int) {
    if self[block].holders.isEmpty { collections[block.collection]?.available += 1 }
    if !self[block].holders.contains(worker) { self[block].holders.append(worker) }
  }

  /// The block is not at the worker.
  mutating func forget(_ block: BlockID, _ worker: Int) {
    guard knows(block), self[block].holders.contains(worker) else { return }
    self[block].holders.removeAll { $0 == worker }
    if self[block].holders.isEmpty {
      self[block].isRepeated = true
      collections[block.collection]?.available -= 1
      isDisturbed = true
      // Whoever waits for the rest of the collection now waits for this block too.
      candidates += waitingForAll.removeValue(forKey: block.collection) ?? []
    }
  }

  /// Takes an attempt off the block and the worker's queue; false when there is no such attempt.
  mutating func remove(_ attempt: Int, of block: BlockID, from worker: Int) -> Bool {
    guard let place = self[block].attempts.firstIndex(where: { $0.number == attempt && $0.worker == worker })
    else { return false }
    self[block].attempts.remove(at: place)
    if let place = workers[worker]?.queue.firstIndex(of: Entry(block: block, attempt: attempt)) {
      workers[worker]?.queue.remove(at: place)
      if place == 0 { workers[worker]?.headSince = now }
    }
    return true
  }

  private mutating func insert(_ duration: Int, into collection: Int) {
    guard let durations = collections[collection]?.durations else { return }
    var (low, high) = (0, durations.count)
    while low < high {
      let middle = (low + high) / 2
      if durations[middle] < duration { low = middle + 1 } else { high = middle }
    }
    collections[collection]?.durations.insert(duration, at: low)
  }
}
