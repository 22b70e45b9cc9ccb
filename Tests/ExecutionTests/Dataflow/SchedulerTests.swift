// The scheduler against simulated workers: nothing is made twice without need, whatever happens the job ends,
// and between any two events the invariants hold.

import TesseraExecution
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// A pipeline of everything: two placed collections, a map over both, an exchange, a map, a reduction.
private struct Pipeline {
  let tiles: Int
  let targets: Int
  let steps: [ReductionStep]
  var result: BlockID { BlockID(6, steps.count - 1) }
  var collected: [BlockID] { (0..<targets).map { BlockID(5, $0) } }

  init(tiles: Int, targets: Int) {
    self.tiles = tiles
    self.targets = targets
    steps = ReductionStep.steps(over: Ownership(tileCount: targets, workerCount: 1), span: 2)
  }

  func define(in scheduler: inout Scheduler) {
    scheduler.define(0, Recipe(.none, count: tiles))
    scheduler.define(1, Recipe(.none, count: tiles))
    scheduler.define(2, Recipe(.sameIndex([0, 1]), count: tiles))
    scheduler.define(3, Recipe(.sameIndex([2]), count: tiles))
    scheduler.define(4, Recipe(.everyBlock(of: 3), count: targets))
    scheduler.define(5, Recipe(.sameIndex([4]), count: targets))
    scheduler.define(6, Recipe(.reduction([5], steps), count: steps.count))
  }
}

@Suite(.timeLimit(.minutes(30))) struct SchedulerTests {
  @Test(arguments: [1, 2, 3, 4, 7], [(1, 1), (5, 3), (16, 9), (40, 40)])
  func withoutAccidentsEveryBlockIsMadeOnce(workers: Int, shape: (Int, Int)) {
    let pipeline = Pipeline(tiles: shape.0, targets: shape.1)
    var simulation = SimulatedWorkers(workers: workers, seed: 1)
    pipeline.define(in: &simulation.scheduler)
    #expect(simulation.run([pipeline.result], job: 1) == true)
    #expect(simulation.made.values.allSatisfy { $0 == 1 })
    #expect(simulation.made.count == 4 * shape.0 + 2 * shape.1 + pipeline.steps.count)
    // What is there is not made again.
    #expect(simulation.run(pipeline.collected, job: 2) == true)
    #expect(simulation.made.values.allSatisfy { $0 == 1 })
    #expect(simulation.violations == [])
  }

  @Test func aNewcomerGetsAFairShareOfWhatWaits() {
    var scheduler = Scheduler(workers: [0])
    scheduler.define(0, Recipe(.none, count: 12))
    scheduler.define(1, Recipe(.sameIndex([0]), count: 12))
    _ = scheduler.want((0..<12).map { BlockID(1, $0) }, job: 1, at: 0)
    var moved: Set<BlockID> = []
    for worker in 1...2 {
      for action in scheduler.handle(.joined(worker: worker), at: worker) {
        switch action {
        case .run(let assignments, worker): #expect(assignments.count == 24 / (worker + 1))
        case .cancel(let blocks, _): moved.formUnion(blocks)
        default: Issue.record("\(action)")
        }
      }
      #expect(scheduler.violations() == [])
    }
    // What the driver's worker has begun it goes on with.
    #expect(scheduler.workers[0]?.queue.first?.block == BlockID(0, 0) && !moved.contains(BlockID(0, 0)))
    #expect(scheduler.workers.values.allSatisfy { $0.queue.count == 8 })
  }

  /// What lies on others goes to those who have come, once each, as soon as tasks over it have taken as long as its way.
  @Test func newcomersTakeOverTilesOfAnIteration() {
    var limits = Scheduler.Limits.timeless
    limits.transferTime = 10
    var simulation = SimulatedWorkers(workers: 2, seed: 1, limits: limits)
    simulation.scheduler.define(0, Recipe(.none, count: 12))
    // A tile's way takes as long as five tasks over it, of 6 ms.
    simulation.blockBytes = 3_000_000
    var passes = 0
    func pass() {
      passes += 1
      simulation.scheduler.define(passes, Recipe(.sameIndex([0]), count: 12))
      let wanted = (0..<12).map { BlockID(passes, $0) }
      #expect(simulation.run(wanted, job: passes) == true, "\(simulation.failed)")
      simulation.perform(simulation.scheduler.release(passes, at: simulation.time * 1_000_000))
    }
    for _ in 0..<5 { pass() }
    for newcomers in 1...2 {
      simulation.join()
      let shipped = simulation.shipped[0, default: 0]
      for _ in 0..<4 { pass() }
      #expect(simulation.shipped[0, default: 0] == shipped)
      for _ in 0..<20 { pass() }
      let share = 12 / (2 + newcomers)
      // Nobody has more than a fair share then, and no tile has travelled twice.
      simulation.madeBy = [:]
      pass()
      #expect(simulation.madeBy.values.allSatisfy { $0 == share } && simulation.madeBy.count == 2 + newcomers)
      #expect(simulation.shipped[0, default: 0] == shipped + share)
    }
    #expect(simulation.violations == [])
  }

  @Test func aStageTravelsInOneMessagePerWorker() {
    var scheduler = Scheduler(workers: [0, 1, 2, 3])
    scheduler.define(0, Recipe(.none, count: 12))
    scheduler.define(1, Recipe(.sameIndex([0]), count: 12))
    scheduler.define(2, Recipe(.sameIndex([1]), count: 12))
    let actions = scheduler.want((0..<12).map { BlockID(2, $0) }, job: 1, at: 0)
    #expect(actions.count == 4)
    for (worker, action) in actions.enumerated() {
      guard case .run(let assignments, worker) = action else {
        Issue.record("\(action)")
        continue
      }
      // Three tiles, each with its chain of three tasks in order.
      #expect(assignments.map(\.block.index) == (3 * worker..<3 * worker + 3).flatMap { [$0, $0, $0] })
      #expect(assignments.map(\.block.collection) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    }
  }

  @Test(arguments: 0..<(isFullTest ? 1000 : 100))
  func whateverIsLostTheJobEndsWithItsBlocks(seed: Int) {
    let pipeline = Pipeline(tiles: 3 + seed % 20, targets: 1 + seed % 7)
    var accidents = SimulatedWorkers.Accidents(loss: 0.01, join: 0.01, failure: 0.005, eviction: 0.02)
    accidents.slowness = [1: 10]
    var limits = Scheduler.Limits()
    limits.losses = .max
    limits.missingInputs = .max
    (accidents.answersCalls, accidents.lostOnTheWay) = (true, seed % 3)
    var simulation = SimulatedWorkers(workers: 4, seed: seed, accidents: accidents, limits: limits)
    pipeline.define(in: &simulation.scheduler)
    #expect(simulation.run([pipeline.result], job: 1) == true, "\(simulation.failed)")
    #expect(simulation.run(pipeline.collected, job: 2) == true, "\(simulation.failed)")
    #expect(simulation.violations.isEmpty, "\(simulation.violations.prefix(3))")
  }

  @Test func aJoinDoesNotWaitForOneHalfBeforeItAsksForTheOther() {
    var scheduler = Scheduler(workers: [0, 1, 2, 3])
    let steps = ReductionStep.steps(over: Ownership(tileCount: 4, workerCount: 4), span: 1)
    scheduler.define(0, Recipe(.none, count: 4))
    scheduler.define(1, Recipe(.reduction([0], steps), count: steps.count))
    let actions = scheduler.want([BlockID(1, steps.count - 1)], job: 1, at: 0)
    #expect(actions.count == 4)
  }

  @Test(arguments: [1, 2, 3, 5, 8, 40], [1, 2, 7, 16, 37]) func aReductionIsTheTrees(workers: Int, tiles: Int)
  {
    for span in [1, 2, 4] {
      let reduction = Reduction(over: Ownership(tileCount: tiles, workerCount: workers), span: span)
      #expect(reduction.parts.count <= min(2 * workers, 16))
      #expect(reduction.parts.flatMap { Array($0.node.first..<$0.node.end) } == Array(0..<tiles))
      // Every value says how it was put together.
      func text(_ node: ReductionNode) -> String {
        if node.isLeaf { return "\(node.first)" }
        let (left, right) = node.children
        return right.map { "(\(text(left))+\(text($0)))" } ?? text(left)
      }
      let value = reduction.value(of: reduction.parts.map { text($0.node) }) { left, right, _ in
        left = "(\(left)+\(right))"
      }
      #expect(value == text(ReductionNode(root: tiles)))
      for part in reduction.parts {
        if case .tiles(let node) = reduction.steps[part.step] {
          #expect((node.first, node.end) == (part.node.first, part.node.end))
        }
      }
    }
  }

  @Test func onlyWhatIsNeededIsMadeAgain() {
    let pipeline = Pipeline(tiles: 16, targets: 4)
    var simulation = SimulatedWorkers(workers: 4, seed: 3)
    pipeline.define(in: &simulation.scheduler)
    #expect(simulation.run(pipeline.collected, job: 1) == true)
    let lost = simulation.scheduler.collections[5]?.blocks.indices.filter {
      simulation.scheduler[BlockID(5, $0)].holders == [2]
    }
    simulation.kill(2)
    for _ in 0..<20 { simulation.advance() }
    #expect(simulation.run(pipeline.collected, job: 2) == true)
    let again = simulation.made.filter { $0.value > 1 }.keys
    #expect(Set(again.filter { $0.collection == 5 }.map(\.index)) == Set(lost ?? []))
    // Three of four workers keep what they have.
    #expect(again.count <= simulation.made.count / 4 + 1)
    #expect(simulation.violations == [])
  }

  @Test func aTaskThatEndsItsWorkersFailsTheJobAndSparesTheDriver() {
    let pipeline = Pipeline(tiles: 8, targets: 4)
    for (workers, answersCalls) in [(3, false), (3, true), (6, false), (6, true)] {
      var accidents = SimulatedWorkers.Accidents()
      accidents.lethal = [BlockID(2, 5)]
      accidents.answersCalls = answersCalls
      var simulation = SimulatedWorkers(workers: workers, seed: 4, accidents: accidents)
      pipeline.define(in: &simulation.scheduler)
      #expect(simulation.run([pipeline.result], job: 1) == false)
      guard case .losses(BlockID(2, 5), let count, "killed") = simulation.failed[1] else {
        Issue.record("\(simulation.failed)")
        continue
      }
      #expect(count == (answersCalls ? 4 : min(4, workers - 1)))
      #expect(simulation.calls == (workers == 3 ? (answersCalls ? 2 : 1) : 0))
      #expect(simulation.workers[0] != nil)
      #expect(simulation.violations == [])
    }
  }

  /// All that is known of a task that was at two lost workers is that it was there: it is tried again, and not on the
  /// driver's own worker before somebody else has survived it.
  @Test func aTaskThatWasAtTwoLostWorkersIsForOneThatIsCalledFor() {
    var scheduler = Scheduler(workers: [0, 1, 2])
    let block = BlockID(0, 1)
    scheduler.define(0, Recipe(.none, count: 3))
    _ = scheduler.want((0..<3).map { BlockID(0, $0) }, job: 1, at: 0)
    #expect(scheduler[block].attempts.map(\.worker) == [1])
    for (worker, next) in [(1, [2]), (2, [])] {
      // Nothing else is left for the next one to be at.
      for other in [0, 2] where scheduler[BlockID(0, other)].attempts.map(\.worker) == [other] {
        _ = scheduler.handle(
          .made(BlockID(0, other), worker: other, attempt: 1, bytes: 8, duration: 1, isSent: true), at: 1)
      }
      let actions = scheduler.handle(.lost(worker: worker, reason: "killed"), at: 2)
      #expect(scheduler[block].attempts.map(\.worker) == next)
      #expect(actions.contains(.call) == next.isEmpty)
      #expect(scheduler.violations() == [])
    }
    #expect(scheduler.handle(.tick, at: 3).isEmpty)
    // Who is lost on the way is called for again.
    #expect(scheduler.handle(.lostOnItsWay, at: 3) == [.call])
    guard case .run(let assignments, worker: 3)? = scheduler.handle(.joined(worker: 3), at: 4).first else {
      Issue.record("the one that has come has nothing to do")
      return
    }
    #expect(assignments.map(\.block) == [block])
    let made = Scheduler.Event.made(
      block, worker: 3, attempt: assignments[0].attempt, bytes: 8, duration: 1, isSent: true)
    #expect(scheduler.handle(made, at: 5).contains(.ready(job: 1)))
  }

  /// A task that puts together parts of every block cannot be done twice while one of them is lost, though it was
  /// given out when all were there.
  @Test func nothingIsBackedUpThatLacksAPart() {
    var limits = Scheduler.Limits()
    limits.leastBackupTime = 0
    var scheduler = Scheduler(workers: [0, 1, 2], limits: limits)
    scheduler.define(0, Recipe(.none, count: 3))
    scheduler.define(1, Recipe(.everyBlock(of: 0), count: 8))
    _ = scheduler.want((0..<8).map { BlockID(1, $0) }, job: 1, at: 0)
    func make(_ collection: Int, _ index: Int, at time: Int) {
      let block = BlockID(collection, index)
      guard let attempt = scheduler[block].attempts.first else { return }
      _ = scheduler.handle(
        .made(
          block, worker: attempt.worker, attempt: attempt.number, bytes: 8, duration: 1,
          isSent: collection == 1), at: time)
    }
    for index in 0..<3 { make(0, index, at: 1) }
    let last = (0..<8).first { scheduler[BlockID(1, $0)].attempts.first?.worker == 2 } ?? 0
    for index in 0..<8 where index != last { make(1, index, at: 2) }
    // Worker 2 has stopped, which another has noticed and the driver has not.
    let held = (0..<3).first { scheduler[BlockID(0, $0)].holders == [2] } ?? 0
    _ = scheduler.handle(.missing(BlockID(0, held), holder: 2, for: nil), at: 3)
    _ = scheduler.handle(.tick, at: 1_000_000_000)
    #expect(scheduler[BlockID(1, last)].attempts.map(\.worker) == [2])
    // When the part is there again, it can.
    make(0, held, at: 1_000_000_001)
    _ = scheduler.handle(.tick, at: 2_000_000_000)
    #expect(scheduler.violations() == [])
  }

  @Test func theDriversWorkerBacksNothingUpThatWasUnderWayOnALostWorker() {
    var limits = Scheduler.Limits()
    limits.leastBackupTime = 0
    var scheduler = Scheduler(workers: [0, 1, 2], limits: limits)
    let owners = Ownership(owners: [0, 0, 0, 1, 2, 2, 2], workerCount: 3)
    scheduler.define(0, Recipe(.none, count: 7, placement: owners))
    _ = scheduler.want((0..<7).map { BlockID(0, $0) }, job: 1, at: 0)
    _ = scheduler.handle(.lost(worker: 1, reason: "killed"), at: 1)
    for (block, worker) in [(0, 0), (1, 0), (2, 0), (4, 2), (5, 2), (6, 2)] {
      _ = scheduler.handle(
        .made(BlockID(0, block), worker: worker, attempt: 1, bytes: 8, duration: 1, isSent: true), at: 2)
    }
    // It takes its time on worker 2, and the driver's is idle.
    #expect(scheduler[BlockID(0, 3)].attempts.map(\.worker) == [2])
    #expect(scheduler.handle(.tick, at: 1_000_000) == [])
    // Worker 3 is not the driver's.
    _ = scheduler.handle(.joined(worker: 3), at: 1_000_001)
    _ = scheduler.handle(.tick, at: 2_000_000)
    #expect(scheduler[BlockID(0, 3)].attempts.map(\.worker) == [2, 3])
    #expect(scheduler.violations() == [])
  }

  @Test func whoTakesLeaveIsNoLossOfATask() {
    for isPolite in [true, false] {
      var scheduler = Scheduler(workers: Array(0..<8))
      scheduler.define(0, Recipe(.none, count: 1))
      _ = scheduler.want([BlockID(0, 0)], job: 1, at: 0)
      var failed: [Scheduler.Action] = []
      for time in 1...7 {
        // The driver's own worker stays; the task goes to somebody else first.
        guard let worker = scheduler[BlockID(0, 0)].attempts.first?.worker else { break }
        if worker == 0 {
          _ = scheduler.handle(.failed(BlockID(0, 0), worker: 0, attempt: 1, message: ""), at: time)
          continue
        }
        let actions = scheduler.handle(
          isPolite ? .left(worker: worker) : .lost(worker: worker, reason: "killed"), at: time)
        failed += actions.filter { if case .fail = $0 { true } else { false } }
        #expect(scheduler.violations() == [])
      }
      #expect(
        failed == (isPolite ? [] : [.fail(job: 1, .losses(BlockID(0, 0), count: 4, reason: "killed"))]))
    }
  }

  @Test(arguments: 0..<20) func theFailureIsThatOfTheLowestTile(seed: Int) {
    let pipeline = Pipeline(tiles: 20, targets: 4)
    var accidents = SimulatedWorkers.Accidents(loss: 0.002)
    accidents.refusing = [BlockID(2, 17), BlockID(2, 9), BlockID(2, 11)]
    var simulation = SimulatedWorkers(workers: 5, seed: seed, accidents: accidents)
    pipeline.define(in: &simulation.scheduler)
    #expect(simulation.run([pipeline.result], job: 1) == false)
    #expect(simulation.failed[1] == .task(BlockID(2, 9), message: "no"))
    #expect(simulation.violations == [])
  }

  @Test func aSlowWorkerCostsLittle() {
    let pipeline = Pipeline(tiles: 32, targets: 16)
    func duration(_ accidents: SimulatedWorkers.Accidents) -> Int {
      var simulation = SimulatedWorkers(
        workers: 4, seed: 5, accidents: accidents,
        limits: {
          var limits = Scheduler.Limits(); limits.leastBackupTime = 0; return limits
        }())
      pipeline.define(in: &simulation.scheduler)
      #expect(simulation.run([pipeline.result], job: 1) == true)
      #expect(simulation.violations == [])
      return simulation.time
    }
    var slow = SimulatedWorkers.Accidents()
    slow.slowness = [3: 10]
    let (fast, delayed) = (duration(.init()), duration(slow))
    #expect(delayed < 2 * fast, "\(fast) \(delayed)")
  }

  /// Sums over tiles that lie on four workers, one after the other; returns the time and the tiles that travelled.
  private func sums(
    _ count: Int, of tiles: Int, bytes: Int = 8, _ limits: Scheduler.Limits,
    _ accidents: SimulatedWorkers.Accidents = .init()
  ) -> (time: Int, shipped: Int) {
    var simulation = SimulatedWorkers(workers: 4, seed: 7, accidents: accidents, limits: limits)
    simulation.blockBytes = bytes
    let ownership = Ownership(tileCount: tiles, workerCount: 4)
    let reduction = Reduction(over: ownership, span: 2)
    simulation.scheduler.define(0, Recipe(.none, count: tiles))
    #expect(simulation.run((0..<tiles).map { BlockID(0, $0) }, job: 1) == true)
    let start = simulation.time
    for k in 1...count {
      simulation.scheduler.define(k, Recipe(.reduction([0], reduction.steps), count: reduction.steps.count))
      #expect(simulation.run(reduction.parts.map { BlockID(k, $0.step) }, job: k + 1) == true)
      simulation.perform(simulation.scheduler.release(k, at: simulation.time * 1_000_000))
    }
    #expect(simulation.violations == [])
    return (simulation.time - start, simulation.shipped[0] ?? 0)
  }

  @Test(arguments: [4, 13, 16, 37]) func tasksStayWithTheirInputs(tiles: Int) {
    // As suspicious as can be: tasks take between 5 and 7 milliseconds, their messages up to 5 each way.
    var limits = Scheduler.Limits()
    (limits.leastBackupTime, limits.leastDelay) = (20_000_000, 20_000_000)
    #expect(sums(40, of: tiles, limits).shipped == 0)
  }

  @Test func aSlowWorkerIsAvoidedAlsoInShortSteps() {
    var limits = Scheduler.Limits()
    // A step takes some thirty milliseconds.
    (limits.leastBackupTime, limits.leastDelay) = (.max, 20_000_000)
    var slow = SimulatedWorkers.Accidents()
    slow.slowness = [3: 10]
    let sound = sums(300, of: 16, limits)
    let delayed = sums(300, of: 16, limits, slow)
    #expect(sound.shipped == 0)
    #expect(delayed.time <= 2 * sound.time, "\(delayed.time) \(sound.time)")
    // What has travelled once is there.
    #expect(0 < delayed.shipped && delayed.shipped <= 8, "\(delayed.shipped)")
    // A minute of travelling is worth no wait of a second.
    #expect(sums(10, of: 16, bytes: 6_000_000_000, limits, slow).shipped == 0)
  }

  @Test func lateAndDuplicateReportsChangeNothing() {
    var scheduler = Scheduler(workers: [0, 1])
    scheduler.define(0, Recipe(.none, count: 2))
    _ = scheduler.want([BlockID(0, 0), BlockID(0, 1)], job: 1, at: 0)
    let made = Scheduler.Event.made(BlockID(0, 1), worker: 1, attempt: 1, bytes: 8, duration: 1, isSent: true)
    #expect(scheduler.handle(made, at: 1) == [])
    #expect(scheduler.handle(made, at: 2) == [])
    // From another attempt, for another block, for a collection that never was.
    #expect(
      scheduler.handle(
        .made(BlockID(0, 1), worker: 0, attempt: 9, bytes: 8, duration: 1, isSent: false), at: 3)
        == [.drop([BlockID(0, 1)], worker: 0)])
    #expect(scheduler.handle(.failed(BlockID(0, 7), worker: 0, attempt: 1, message: ""), at: 4) == [])
    #expect(scheduler.handle(.failed(BlockID(8, 0), worker: 0, attempt: 1, message: ""), at: 5) == [])
    #expect(scheduler.handle(.evicted([BlockID(8, 0), BlockID(0, -1)], worker: 0), at: 6) == [])
    let last = Scheduler.Event.made(BlockID(0, 0), worker: 0, attempt: 1, bytes: 8, duration: 1, isSent: true)
    #expect(scheduler.handle(last, at: 7) == [.ready(job: 1)])
    #expect(scheduler.violations() == [])
  }

  @Test func whatNobodyCanAskForIsDropped() {
    var simulation = SimulatedWorkers(workers: 2, seed: 6)
    simulation.scheduler.define(0, Recipe(.none, count: 4))
    simulation.scheduler.define(1, Recipe(.sameIndex([0]), count: 4))
    // The input is let go before the output is made: it stays until then.
    simulation.perform(simulation.scheduler.release(0, at: 0))
    #expect(simulation.run((0..<4).map { BlockID(1, $0) }, job: 1) == true)
    for _ in 0..<10 { simulation.advance() }
    #expect(simulation.workers.values.allSatisfy { $0.store.allSatisfy { $0.collection == 1 } })
    // Lost blocks are still made again.
    simulation.kill(1)
    for _ in 0..<10 { simulation.advance() }
    #expect(simulation.run((0..<4).map { BlockID(1, $0) }, job: 2) == true)
    simulation.perform(simulation.scheduler.release(1, at: 0))
    #expect(simulation.scheduler.collections.isEmpty)
    #expect(simulation.violations == [])
  }
}
