// Who makes which block, and who makes it again when a worker, a block or time is lost. A pure value: events
// and the time go in, actions come out; it sends nothing, waits for nothing and reads no clock, so tests walk
// it through any history.
//
// What is wanted is demanded block by block, backwards along the lineage, and only what is missing: a block
// that some worker holds is not made again. A demanded block is assigned to a worker as soon as each of its
// inputs is held by somebody or will be made before it in that same worker's queue, so that a chain of maps
// travels to a worker in one message. A worker takes its queue in order.
//
// Cost: O(inputs) per block and attempt; O(blocks) per lost worker. Sources: Zaharia et al., Resilient
// Distributed Datasets, NSDI 2012, sections 4 and 5 (lineage, placement, recomputation of what is lost); Dean,
// Ghemawat, MapReduce, OSDI 2004, section 3.6 (backup tasks); Spark's `TaskSetManager` for the numbers.

/// The state of a dataflow job's blocks and workers.
struct Scheduler: Sendable {
  /// The numbers that decide.
  struct Limits: Sendable {
    /// A task that has thrown so often fails the job.
    var failures = 4
    /// A task that has ended so many workers fails the job.
    var losses = 4
    /// A task that may have ended a worker is not for the driver's own when no other is left: another is called for.
    /// If nobody comes, one that has ended so many is given up.
    var lossesBeforeDriver = 2
    /// So many workers that have been called for and lost on their way, and nobody else is called for.
    var lossesOnTheWay = 4
    /// A task whose inputs could not be fetched so often, while none of its collection's other blocks has been
    /// made for the first time, fails the job.
    var missingInputs = 100
    /// Backups start when this part of a collection's blocks is done ...
    var backupQuantile = 0.75
    /// ... for tasks that have run this many times longer than the median, ...
    var backupFactor = 1.5
    /// ... and not less than this, in nanoseconds.
    var leastBackupTime = 50_000_000
    /// A worker is late when its tasks are done so many nanoseconds after they should have been, or more, ...
    var leastDelay = 2_000_000
    /// ... and is avoided for so long at first when it has been late again and again.
    var leastPenalty = 1_000_000_000
    /// Nanoseconds in which a byte is taken to travel.
    var transferTime = 10.0

    /// Nobody is ever slow: what is done where depends on nothing but the program and who is lost.
    static var timeless: Limits {
      var limits = Limits()
      (limits.leastBackupTime, limits.leastDelay) = (.max, .max)
      return limits
    }

    /// The numbers of a driver that is started here: tests that must not depend on time set others.
    @TaskLocal static var inForce = Limits()
  }

  /// Something that happened.
  enum Event: Sendable {
    case joined(worker: Int)
    case lost(worker: Int, reason: String)
    /// A worker has taken leave: its blocks and tasks are lost, and nobody's fault.
    case left(worker: Int)
    /// No worker can be had in place of those that are lost.
    case nobodyElse
    /// The worker that was called for has come, and was lost before it could join.
    case lostOnItsWay
    /// `isSent` if the block has come along.
    case made(BlockID, worker: Int, attempt: Int, bytes: Int, duration: Int, isSent: Bool)
    /// A block that was fetched has come.
    case fetched(BlockID, worker: Int)
    /// A worker has kept the copy of an input.
    case copied(BlockID, worker: Int)
    case failed(BlockID, worker: Int, attempt: Int, message: String)
    /// A task could not start, or the driver could not fetch, because `holder` did not have `input`.
    case missing(BlockID, holder: Int, for: (block: BlockID, worker: Int, attempt: Int)?)
    case evicted([BlockID], worker: Int)
    case tick
  }

  /// Something to do.
  enum Action: Sendable, Equatable {
    case run([Assignment], worker: Int)
    case cancel([BlockID], worker: Int)
    case drop([BlockID], worker: Int)
    /// Bring blocks that a job wants to the driver.
    case fetch([BlockID], worker: Int)
    /// Start a worker: tasks are there that are not for the driver's own.
    case call
    /// Nobody can ask for the collection any more.
    case forget(collection: Int)
    /// All that the job wants has come.
    case ready(job: Int)
    case fail(job: Int, Failure)
  }

  /// A block to be made, and where its inputs are.
  struct Assignment: Sendable, Equatable {
    let block: BlockID
    let attempt: Int
    /// Who holds each input block; empty for inputs that are a part of every block of a collection.
    var inputs: [Location] = []
    /// Whether a job wants the block itself.
    var isWanted = false
    var purpose = Work.Purpose.first
    /// Whether copies of inputs are to be kept, because who holds them is slow.
    var keepsInputs = false
  }

  /// Why a job cannot be done.
  enum Failure: Error, Sendable, Equatable {
    /// The task threw as often as it may.
    case task(BlockID, message: String)
    /// The task ended as many workers as it may, or all there were.
    case losses(BlockID, count: Int, reason: String)
    /// The inputs of the task could not be fetched; the one that was missed last.
    case unreachable(BlockID, input: BlockID)
    /// Nobody is left to work.
    case noWorkers
  }

  struct Attempt: Sendable {
    let worker: Int
    let number: Int
  }

  struct Block: Sendable {
    var holders: [Int] = []
    var bytes = 0
    var attempts: [Attempt] = []
    /// Demanded and not yet assigned.
    var isPending = false
    var attemptsMade = 0
    var failures = 0
    /// Workers that it has ended, as far as that can be known.
    var losses = 0
    /// Whether a worker that was to make it, begun or not, has been lost since it was made last: it may have
    /// ended that worker, and is not given to the driver's own while there is another.
    var isBereft = false
    /// How often its inputs could not be fetched since the collection had `madeAtMiss` of its blocks made.
    var missingInputs = 0
    var madeAtMiss = 0
    /// Whether it was there once, or an attempt to make it has come to nothing.
    var isRepeated = false
    /// Workers that others are preferred to.
    var avoided: [Int] = []
    /// The last cause, once the task has thrown as often as it may.
    var failure: Failure?

    /// The newcomer that is to have it, and the nanoseconds for which tasks have computed over it where it lies since
    /// that was last thought of.
    var heir: Int?
    var stay = 0

    var isAvailable: Bool { !holders.isEmpty }
    /// Where tasks over it are done unless there is a reason against it.
    var home: Int? { heir ?? holders.first }
  }

  struct Collection: Sendable {
    let recipe: Recipe
    var blocks: [Block]
    var available = 0
    /// Blocks made for the first time.
    var firstMade = 0
    /// Whether the program can still name it.
    var isHeld = true
    /// Durations of the tasks done, ascending.
    var durations: [Int] = []
    /// Blocks that are demanded and not there.
    var outstanding = 0

    var isComplete: Bool { available == blocks.count }
  }

  struct Worker: Sendable {
    var isAlive = true
    /// What it has been told to make and has not reported, in order.
    var queue: [Entry] = []
    /// When it began with the first of the queue.
    var headSince = 0
    /// When it was given something to do after it had had nothing, and the nanoseconds that it should have taken
    /// for what it has done since.
    var busySince = 0
    var expected = 0
    /// The nanoseconds that it takes beside its tasks, on the average of some steps.
    var wait = 0
    /// How often it has been late of late, and by how much when it was.
    var lateness = 0.0
    var delay = 0
    /// Until when others are preferred to it, and for how long it was avoided last.
    var avoidedUntil = 0
    var penalty = 0
  }

  struct Entry: Sendable, Equatable {
    let block: BlockID
    let attempt: Int
  }

  /// What a job wants.
  struct Job: Sendable {
    let wanted: [BlockID]
    /// What has not come yet.
    var missing: Set<BlockID>
    var isReady = false
  }

  let limits: Limits
  var collections: [Int: Collection] = [:]
  var workers: [Int: Worker] = [:]
  var jobs: [Int: Job] = [:]
  var now = 0

  /// Blocks whose chance of being assigned may have changed, the next one last.
  var candidates: [BlockID] = []
  /// Who waits for a block, and for all of a collection.
  var waitingFor: [BlockID: [BlockID]] = [:]
  var waitingForAll: [Int: [BlockID]] = [:]
  /// Blocks on their way to the driver, and from where.
  var fetching: [BlockID: Int] = [:]
  /// Those of the workers that have joined the running job.
  var newcomers: Set<Int> = []
  /// Whether something that was there is gone.
  var isDisturbed = false
  /// Whether a worker has been called for and may come.
  var isCalling = false
  /// Workers that were called for and lost on their way since one has joined.
  var lostOnTheWay = 0
  /// Whether nobody will come.
  var isDeserted: Bool { lostOnTheWay >= limits.lossesOnTheWay }
  /// Why the worker that was lost last was lost.
  var lastLoss = ""
  private var runs: [Int: [Assignment]] = [:]
  private var fetches: [Int: [BlockID]] = [:]
  private var actions: [Action] = []

  /// A scheduler of these workers. Rank 0, the driver's, is always among them.
  init(workers: [Int], limits: Limits = Limits()) {
    self.limits = limits
    for worker in workers { self.workers[worker] = Worker() }
  }

  // MARK: what the program does

  /// Makes a collection known. Nothing is computed.
  ///
  /// - Precondition: its number is new, those of its sources are known and lower.
  mutating func define(_ collection: Int, _ recipe: Recipe) {
    precondition(
      collections[collection] == nil
        && recipe.sources.allSatisfy { $0 < collection && collections[$0] != nil })
    collections[collection] = Collection(
      recipe: recipe, blocks: Array(repeating: Block(), count: recipe.count))
  }

  /// Takes note that the program can no longer name the collection.
  mutating func release(_ collection: Int, at time: Int) -> [Action] {
    collections[collection]?.isHeld = false
    sweep()
    return step(at: time)
  }

  /// Starts a job: these blocks are to be made and to come to the driver. What has come may be forgotten.
  mutating func want(_ blocks: [BlockID], job: Int, at time: Int) -> [Action] {
    jobs[job] = Job(wanted: blocks, missing: Set(blocks))
    for block in blocks.reversed() { obtain(block) }
    return step(at: time)
  }

  /// Ends a job; what only it needed is cancelled and dropped.
  mutating func finish(job: Int, at time: Int) -> [Action] {
    jobs[job] = nil
    withdraw()
    sweep()
    return step(at: time)
  }

  // MARK: what happens

  /// Takes note of an event and says what to do now.
  mutating func handle(_ event: Event, at time: Int) -> [Action] {
    now = max(now, time)
    switch event {
    case .joined(let worker): join(worker)
    case .lost(let worker, let reason): lose(worker, reason)
    case .left(let worker): lose(worker, nil)
    case .nobodyElse: missCall(limits.lossesOnTheWay)
    case .lostOnItsWay: if isCalling { missCall(lostOnTheWay + 1) }
    case .made(let block, let worker, let attempt, let bytes, let duration, let isSent):
      if isSent { come(block) }
      made(block, worker, attempt, bytes, duration)
    case .fetched(let block, let worker):
      if fetching[block] == worker { fetching[block] = nil }
      come(block)
    case .copied(let block, let worker):
      if knows(block), self[block].isAvailable, workers[worker]?.isAlive == true {
        hold(block, worker)
        inherit(block, worker)
      } else {
        emit(.drop([block], worker: worker))
      }
    case .failed(let block, let worker, let attempt, let message):
      failed(block, worker, attempt, message)
    case .missing(let input, let holder, let task): missing(input, holder, task)
    case .evicted(let blocks, let worker): for block in blocks { forget(block, worker) }
    case .tick: relieveStragglers()
    }
    return step(at: time)
  }

  private mutating func step(at time: Int) -> [Action] {
    now = max(now, time)
    if !workers.values.contains(where: \.isAlive) {
      for job in jobs.keys.sorted() { fail(job, .noWorkers) }
    }
    if isDisturbed {
      isDisturbed = false
      for job in jobs.keys.sorted() {
        guard let state = jobs[job] else { continue }
        for block in state.wanted.reversed() where state.missing.contains(block) { obtain(block) }
      }
    }
    assignCandidates()
    for (worker, assignments) in runs.sorted(by: { $0.key < $1.key }) {
      actions.append(.run(assignments, worker: worker))
    }
    runs = [:]
    for (worker, blocks) in fetches.sorted(by: { $0.key < $1.key }) {
      actions.append(.fetch(blocks, worker: worker))
    }
    fetches = [:]
    for job in jobs.keys.sorted() where jobs[job]?.isReady == false && jobs[job]?.missing.isEmpty == true {
      jobs[job]?.isReady = true
      actions.append(.ready(job: job))
    }
    defer { actions = [] }
    return actions
  }

  // MARK: what jobs want

  func isWanted(_ block: BlockID) -> Bool { jobs.values.contains { $0.missing.contains(block) } }

  /// Has a block come to the driver, made first if need be.
  mutating func obtain(_ block: BlockID) {
    guard let holder = nearestHolder(of: block, to: 0) else { return demand(block) }
    guard fetching[block] == nil else { return }
    fetching[block] = holder
    fetches[holder, default: []].append(block)
  }

  private mutating func come(_ block: BlockID) {
    for job in Array(jobs.keys) { jobs[job]?.missing.remove(block) }
  }

  // MARK: ground

  subscript(_ block: BlockID) -> Block {
    get { collections[block.collection]?.blocks[block.index] ?? Block() }
    _modify {
      // A block of a collection that is gone is a copy that nobody sees.
      var stray = Block()
      if collections[block.collection] == nil {
        yield &stray
      } else {
        yield &collections[block.collection]!.blocks[block.index]
      }
    }
  }

  /// The collection exists and has the block: what a report names is checked before it is used.
  func knows(_ block: BlockID) -> Bool {
    collections[block.collection]?.blocks.indices.contains(block.index) == true
  }

  mutating func emit(_ action: Action) { actions.append(action) }

  mutating func run(_ assignment: Assignment, on worker: Int) {
    runs[worker, default: []].append(assignment)
  }

  /// Takes back an assignment that has not left yet; false when it has.
  mutating func recall(_ block: BlockID, from worker: Int) -> Bool {
    guard let place = runs[worker]?.firstIndex(where: { $0.block == block }) else { return false }
    runs[worker]?.remove(at: place)
    return true
  }

  /// Gives the job up.
  mutating func fail(_ job: Int, _ failure: Failure) {
    guard jobs.removeValue(forKey: job) != nil else { return }
    actions.append(.fail(job: job, failure))
    withdraw()
    sweep()
  }
}
