// Slow workers. A task leaves the worker that holds its inputs only if that worker keeps it waiting for longer than
// its inputs take to travel:
//   - when most of a collection is done, a task that takes much longer than the median is given to an idle
//     worker as well, and the first result counts;
//   - what waits behind such a task goes to those who are idle, as soon as somebody is;
//   - a worker that has been late again and again is avoided for a while, a second at first, each time twice as
//     long; what it holds is copied once to where the tasks go, and found there from then on.
// Late is a worker that has had all its tasks done long after they should have been, by the median times of
// their collections: of short tasks only the wait for them shows that their worker is slow.
//
// Sources: Dean, Ghemawat 2004, section 3.6; the quantile and the factor of backups are Spark's.

extension Scheduler {
  mutating func relieveStragglers() {
    for worker in workers.keys.sorted() where workers[worker]?.isAlive == true {
      guard let head = workers[worker]?.queue.first, let since = workers[worker]?.headSince,
        let collection = collections[head.block.collection]
      else { continue }
      let elapsed = now - since
      // Who is at a task for long may well be for as long again.
      let isHeadSlow = isSlow(elapsed, in: head.block.collection)
      guard isHeadSlow || isDelayed(worker) else { continue }
      share(queueOf: worker, wait: max(elapsed, delay(of: worker)))
      let done = Double(collection.durations.count)
      if isHeadSlow, done >= limits.backupQuantile * (done + Double(collection.outstanding)) {
        backUp(head.block, slow: worker, wait: elapsed)
      }
    }
  }

  /// Whether a task of the collection that takes so long, in nanoseconds, is a straggler.
  func isSlow(_ duration: Int, in collection: Int) -> Bool {
    guard let median = median(of: collection) else { return false }
    return Double(duration) > max(limits.backupFactor * Double(median), Double(limits.leastBackupTime))
  }

  /// The nanoseconds that a task of the collection takes; nil while none is done.
  func median(of collection: Int) -> Int? {
    guard let durations = collections[collection]?.durations, !durations.isEmpty else { return nil }
    return durations[durations.count / 2]
  }

  private func idle(except slow: Int) -> [Int] {
    workers.keys.filter { $0 != slow && workers[$0]?.isAlive == true && workers[$0]?.queue.isEmpty == true }
      .sorted()
  }

  /// Has somebody idle run the task too, if its inputs can be had elsewhere and are there before the wait is
  /// over. The driver's own worker comes last, and not at all for a task that was under way on a worker that is
  /// lost: a task that ends its worker slowly would end the job there. Such a task waits for somebody else to be
  /// idle, until a later tick; and it is not at two workers at once when it may end no more than one.
  private mutating func backUp(_ block: BlockID, slow: Int, wait: Int) {
    let idle = idle(except: slow)
    guard self[block].attempts.count == 1, let worker = idle.first(where: { $0 != 0 }) ?? idle.first,
      worker != 0 || !self[block].isBereft, self[block].losses + 2 <= limits.losses,
      isWorthMoving(block, from: slow, wait: wait)
    else { return }
    var inputs: [Location] = []
    for dependency in dependencies(of: block) {
      switch dependency {
      case .block(let input):
        guard let holder = nearestHolder(of: input, to: worker) else { return }
        inputs.append(Location(block: input, holder: holder))
      case .every(let source):
        // What the slow worker was given when all were there may be lost by now.
        guard collections[source]?.isComplete == true else { return }
      }
    }
    start(block, on: worker, inputs, asBackup: true)
  }

  /// Takes what waits in the slow worker's queue beyond its fair share, for the idle.
  private mutating func share(queueOf slow: Int, wait: Int) {
    let takers = idle(except: slow).count
    guard let queue = workers[slow]?.queue, queue.count > 1, takers > 0 else { return }
    let spare = queue[(1 + (queue.count - 1) / (takers + 1))...]
    move(spare.filter { isWorthMoving($0.block, from: slow, wait: wait) }, awayFrom: slow)
  }

  /// Takes from every queue what is beyond its fair share, for a worker that has just come: the last tasks, and
  /// never the first, which has begun.
  mutating func relieveForNewcomer() {
    let living = workers.keys.filter { workers[$0]?.isAlive == true }.sorted()
    let total = living.reduce(0) { $0 + (workers[$1]?.queue.count ?? 0) }
    let share = max(1, (total + living.count - 1) / living.count)
    for worker in living {
      guard let queue = workers[worker]?.queue, queue.count > share else { continue }
      move(Array(queue[share...]), awayFrom: worker)
    }
  }

  /// Takes tasks out of a worker's queue, for others.
  private mutating func move(_ moved: [Entry], awayFrom slow: Int) {
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

  // MARK: what a wait is worth

  /// Whether the inputs that only `slow` holds would travel, and the task run, before a wait of so many
  /// nanoseconds is over.
  private func isWorthMoving(_ block: BlockID, from slow: Int, wait: Int) -> Bool {
    var bytes = 0.0
    for case .block(let input) in dependencies(of: block) where self[input].holders == [slow] {
      bytes += Double(self[input].bytes)
    }
    return Double(wait) > bytes * limits.transferTime + Double(median(of: block.collection) ?? 0)
  }

  /// Whether a task of `block` would rather have its inputs travel than wait for the worker.
  func keepsWaiting(_ worker: Int, _ block: BlockID) -> Bool {
    isDelayed(worker) && isWorthMoving(block, from: worker, wait: delay(of: worker))
  }

  /// Whether the worker has been late again and again.
  func isDelayed(_ worker: Int) -> Bool { now < workers[worker]?.avoidedUntil ?? 0 }

  /// The nanoseconds by which the worker is late when it is.
  private func delay(of worker: Int) -> Int { workers[worker]?.delay ?? 0 }

  /// Who is best asked for the block: the worker itself, else one that answers soon.
  func nearestHolder(of block: BlockID, to worker: Int) -> Int? {
    let holders = self[block].holders
    return holders.first { $0 == worker } ?? holders.first { !isDelayed($0) } ?? holders.first
  }

  // MARK: being late

  /// Takes note that the worker has been rid of a task that should have taken so many nanoseconds, and when it has
  /// nothing to do any more, of how late that is.
  mutating func judge(_ worker: Int, after expected: Int) {
    // What a worker reports of itself is no reason to overflow.
    workers[worker]?.expected += min(expected, 1 << 45)
    guard var state = workers[worker], state.queue.isEmpty, state.isAlive else { return }
    let others = workers.filter { $0.key != worker && $0.value.isAlive }.map(\.value)
    // On a busy machine everybody waits for a while, and is late now and then.
    let usual = others.map(\.wait).sorted().dropFirst(others.count / 2).first ?? .max / 4
    let lateness = others.map(\.lateness).sorted().dropFirst(others.count / 2).first ?? 0
    let wait = max(0, now - state.busySince - state.expected)
    state.wait = (7 * state.wait + wait) / 8
    if wait > max(limits.leastDelay, 2 * state.expected, 3 * usual) {
      state.lateness += 1
      state.delay = state.delay == 0 ? wait : (state.delay + wait) / 2
    } else {
      state.lateness *= 0.95
      if state.lateness < 0.5 { (state.penalty, state.delay) = (0, 0) }
    }
    if state.lateness > 3 + 2 * lateness {
      state.penalty = min(max(2 * state.penalty, limits.leastPenalty), 64 * limits.leastPenalty)
      state.avoidedUntil = now + state.penalty
      // Back again it is soon found out if it is no better.
      state.lateness = 1.5
    }
    workers[worker] = state
  }
}
