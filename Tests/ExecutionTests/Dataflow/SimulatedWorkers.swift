// Workers that exist in a test's head: queues, stores, channels with delays, and accidents, all from a seed.
// They do what the scheduler says, as late and as badly as the seed decides.

import TesseraTestSupport

@testable import TesseraExecution

/// A scheduler and simulated workers around it.
struct SimulatedWorkers {
  /// What can go wrong, per step of the simulation.
  struct Accidents {
    var loss = 0.0
    var join = 0.0
    var failure = 0.0
    var eviction = 0.0
    /// Workers this many times slower than others.
    var slowness: [Int: Int] = [:]
    /// Tasks of these blocks end their worker, always.
    var lethal: Set<BlockID> = []
    /// Tasks of these blocks throw, always.
    var refusing: Set<BlockID> = []
    /// Whether somebody comes when the driver calls for a worker, and how many of them are lost on their way first.
    var answersCalls = false
    var lostOnTheWay = 0
  }

  /// A worker's side.
  struct Worker {
    var queue: [Scheduler.Assignment] = []
    var store: Set<BlockID> = []
    /// When the first of the queue will be done.
    var doneAt: Int?
  }

  private enum Message {
    case action(Scheduler.Action)
    case event(Scheduler.Event)
  }

  var scheduler: Scheduler
  var workers: [Int: Worker] = [:]
  var time = 0
  /// How often each block has been made, and how many blocks by each worker.
  var made: [BlockID: Int] = [:]
  var madeBy: [Int: Int] = [:]
  /// How many whole blocks of each collection have gone from one worker to another.
  var shipped: [Int: Int] = [:]
  /// Of every block.
  var blockBytes = 8
  /// How often a worker has been called for, and how many of the calls have been answered.
  var calls = 0
  private var answered = 0
  var ready: Set<Int> = []
  var failed: [Int: Scheduler.Failure] = [:]
  var violations: [String] = []
  private var generator: SeededGenerator
  private let accidents: Accidents
  /// Messages on their way, by worker and direction, in order.
  private var channels: [String: [(arrival: Int, worker: Int, message: Message)]] = [:]

  init(
    workers count: Int, seed: Int, accidents: Accidents = Accidents(), limits: Scheduler.Limits = .init()
  ) {
    scheduler = Scheduler(workers: Array(0..<count), limits: limits)
    for worker in 0..<count { workers[worker] = Worker() }
    generator = SeededGenerator(seed: seed)
    self.accidents = accidents
  }

  private mutating func chance(_ probability: Double) -> Bool {
    Double(generator.next() >> 11) / Double(1 << 53) < probability
  }

  private mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

  mutating func perform(_ actions: [Scheduler.Action]) {
    for action in actions {
      switch action {
      case .run(let assignments, let worker):
        for assignment in assignments {
          for case .every(let source) in scheduler.dependencies(of: assignment.block)
          where scheduler.collections[source]?.isComplete != true {
            violations.append("\(assignment.block) begins without a block of collection \(source)")
          }
        }
        post(.action(action), worker, "to")
      case .cancel(_, let worker), .drop(_, let worker), .fetch(_, let worker):
        post(.action(action), worker, "to")
      case .call: calls += 1
      case .ready(let job): ready.insert(job)
      case .forget: break
      case .fail(let job, let failure): failed[job] = failure
      }
    }
    violations += scheduler.violations()
  }

  private mutating func post(_ message: Message, _ worker: Int, _ direction: String) {
    let key = "\(direction) \(worker)"
    let earliest = max(time, channels[key]?.last?.arrival ?? 0)
    channels[key, default: []].append((earliest + below(5), worker, message))
  }

  private mutating func handle(_ event: Scheduler.Event) {
    perform(scheduler.handle(event, at: time * 1_000_000))
  }

  /// Kills a worker: what it has sent may still arrive, what it has stored is gone.
  mutating func kill(_ worker: Int) {
    guard workers.removeValue(forKey: worker) != nil else { return }
    channels["to \(worker)"] = nil
    post(.event(.lost(worker: worker, reason: "killed")), worker, "from")
  }

  /// Lets one unit of time pass.
  mutating func advance() {
    time += 1
    for key in channels.keys.sorted() {
      while let first = channels[key]?.first, first.arrival <= time {
        channels[key]?.removeFirst()
        deliver(first.message, first.worker)
      }
    }
    for worker in workers.keys.sorted() { work(worker) }
    let others = workers.keys.filter { $0 != 0 }.sorted()
    if chance(accidents.loss), let victim = others.randomElement(using: &generator) { kill(victim) }
    if chance(accidents.join) { join() }
    if answered < calls, chance(0.1) {
      answered += 1
      if !accidents.answersCalls {
        handle(.nobodyElse)
      } else if answered <= accidents.lostOnTheWay {
        handle(.lostOnItsWay)
      } else {
        join()
      }
    }
    if time % 10 == 0 { handle(.tick) }
  }

  mutating func join() {
    let worker = (scheduler.workers.keys.max() ?? 0) + 1
    workers[worker] = Worker()
    handle(.joined(worker: worker))
  }

  private mutating func deliver(_ message: Message, _ worker: Int) {
    switch message {
    case .event(let event): handle(event)
    case .action(.run(let assignments, _)): workers[worker]?.queue += assignments
    case .action(.cancel(let blocks, _)):
      let running = workers[worker]?.queue.first
      workers[worker]?.queue.removeAll { blocks.contains($0.block) && $0 != running }
    case .action(.drop(let blocks, _)): workers[worker]?.store.subtract(blocks)
    case .action(.fetch(let blocks, _)):
      guard let store = workers[worker]?.store else { return }
      for block in blocks {
        let isHere = store.contains(block)
        post(
          .event(isHere ? .fetched(block, worker: worker) : .missing(block, holder: worker, for: nil)),
          worker, "from")
      }
    case .action: break
    }
  }

  private mutating func work(_ worker: Int) {
    guard let assignment = workers[worker]?.queue.first else { return }
    let slowness = accidents.slowness[worker] ?? 1
    guard let doneAt = workers[worker]?.doneAt else {
      let done = time + (5 + below(3)) * slowness
      workers[worker]?.doneAt = done
      return
    }
    guard time >= doneAt else { return }
    workers[worker]?.doneAt = nil
    workers[worker]?.queue.removeFirst()
    let (block, attempt) = (assignment.block, assignment.attempt)
    if accidents.lethal.contains(block) { return kill(worker) }
    var inputs = assignment.inputs
    for case .every(let source) in scheduler.dependencies(of: block) {
      // Where everybody's parts are is looked up by the driver when it sends the task.
      let state = scheduler.collections[source]
      for (index, part) in (state?.blocks ?? []).enumerated() {
        inputs.append(Location(block: BlockID(source, index), holder: part.holders.first ?? 0))
      }
    }
    for input in inputs where workers[input.holder]?.store.contains(input.block) != true {
      return post(
        .event(.missing(input.block, holder: input.holder, for: (block, worker, attempt))), worker, "from")
    }
    for input in assignment.inputs where input.holder != worker {
      shipped[input.block.collection, default: 0] += 1
      guard assignment.keepsInputs else { continue }
      workers[worker]?.store.insert(input.block)
      post(.event(.copied(input.block, worker: worker)), worker, "from")
    }
    if accidents.refusing.contains(block) || chance(accidents.failure) {
      return post(.event(.failed(block, worker: worker, attempt: attempt, message: "no")), worker, "from")
    }
    made[block, default: 0] += 1
    madeBy[worker, default: 0] += 1
    workers[worker]?.store.insert(block)
    post(
      .event(
        .made(
          block, worker: worker, attempt: attempt, bytes: blockBytes, duration: 6_000_000 * slowness,
          isSent: assignment.isWanted)),
      worker, "from")
    if chance(accidents.eviction),
      let victim = workers[worker]?.store.sorted().randomElement(using: &generator)
    {
      workers[worker]?.store.remove(victim)
      post(.event(.evicted([victim], worker: worker)), worker, "from")
    }
  }

  /// Runs a job to its end; nil when it has not ended in `limit` units of time.
  mutating func run(_ wanted: [BlockID], job: Int, limit: Int = 100_000) -> Bool? {
    perform(scheduler.want(wanted, job: job, at: time * 1_000_000))
    let end = time + limit
    while time < end {
      if failed[job] != nil { return false }
      if ready.remove(job) != nil {
        perform(scheduler.finish(job: job, at: time * 1_000_000))
        return true
      }
      advance()
    }
    return nil
  }
}
