// Slow workers: when most of a collection is done, a task that takes much longer than the median is given to
// an idle worker as well, and the first result counts. What waits behind it in the slow worker's queue is
// taken away earlier, as soon as somebody is idle. Sources: Dean, Ghemawat 2004, section 3.6; the quantile
// and the factor are Spark's.

extension Scheduler {
  mutating func relieveStragglers() {
    for worker in workers.keys.sorted() where workers[worker]?.isAlive == true {
      guard let head = workers[worker]?.queue.first, let since = workers[worker]?.headSince,
        let collection = collections[head.block.collection]
      else { continue }
      let isHeadSlow = isSlow(now - since, in: head.block.collection)
      if isHeadSlow { workers[worker]?.isSlow = true }
      // Who was slow before need not be caught being slow again.
      guard workers[worker]?.isSlow == true else { continue }
      share(queueOf: worker)
      let done = Double(collection.durations.count)
      if isHeadSlow, done >= limits.backupQuantile * (done + Double(collection.outstanding)) {
        backUp(head.block, slow: worker)
      }
    }
  }

  /// Whether a task of the collection that takes so long, in nanoseconds, is a straggler.
  func isSlow(_ duration: Int, in collection: Int) -> Bool {
    guard let durations = collections[collection]?.durations, !durations.isEmpty else { return false }
    let median = Double(durations[durations.count / 2])
    return Double(duration) > max(limits.backupFactor * median, Double(limits.leastBackupTime))
  }

  private func idle(except slow: Int) -> [Int] {
    workers.keys.filter { $0 != slow && workers[$0]?.isAlive == true && workers[$0]?.queue.isEmpty == true }
      .sorted()
  }

  /// Has somebody idle run the task too, if its inputs can be had elsewhere. The driver's own worker comes
  /// last, and not at all for a task that was under way on a worker that is lost: a task that ends its worker
  /// slowly would end the job there. Such a task waits for somebody else to be idle, until a later tick.
  private mutating func backUp(_ block: BlockID, slow: Int) {
    let idle = idle(except: slow)
    guard self[block].attempts.count == 1, let worker = idle.first(where: { $0 != 0 }) ?? idle.first,
      worker != 0 || !self[block].isBereft
    else { return }
    var inputs: [Location] = []
    for case .block(let input) in dependencies(of: block) {
      let holders = self[input].holders
      guard let holder = holders.first(where: { $0 == worker }) ?? holders.first else { return }
      inputs.append(Location(block: input, holder: holder))
    }
    start(block, on: worker, inputs, asBackup: true)
  }

  /// Takes what waits in the slow worker's queue beyond its fair share, for the idle.
  private mutating func share(queueOf slow: Int) {
    let takers = idle(except: slow).count
    guard let queue = workers[slow]?.queue, queue.count > 1, takers > 0 else { return }
    move(queue[(1 + (queue.count - 1) / (takers + 1))...], awayFrom: slow)
  }

  /// Takes from every queue what is beyond its fair share, for a worker that has just come: the last tasks, and
  /// never the first, which has begun.
  mutating func relieveForNewcomer() {
    let living = workers.keys.filter { workers[$0]?.isAlive == true }.sorted()
    let total = living.reduce(0) { $0 + (workers[$1]?.queue.count ?? 0) }
    let share = max(1, (total + living.count - 1) / living.count)
    for worker in living {
      guard let queue = workers[worker]?.queue, queue.count > share else { continue }
      move(queue[share...], awayFrom: worker)
    }
  }

  /// Takes the end of a worker's queue away from it, for others.
  private mutating func move(_ moved: ArraySlice<Entry>, awayFrom slow: Int) {
    for entry in moved.reversed() {
      _ = remove(entry.attempt, of: entry.block, from: slow)
      if !recall(entry.block, from: slow) { emit(.cancel([entry.block], worker: slow)) }
    }
    for entry in moved where self[entry.block].attempts.isEmpty {
      collections[entry.block.collection]?.outstanding -= 1
      if !self[entry.block].avoided.contains(slow) { self[entry.block].avoided.append(slow) }
      demand(entry.block)
    }
  }
}
