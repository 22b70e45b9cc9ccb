// Dataflow goes on without the workers it loses, and its results have the same bits.

import Foundation
import Synchronization
import TesseraCommunication
import TesseraInstrumentation
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// Numbers that take a while, so that something can happen meanwhile.
private enum SlowDoublingTask: MapTask {
  typealias Arguments = Int
  typealias Input = Numbers
  static let name = "test/slow-doubling"
  static func run(_ microseconds: Int, _ input: Numbers, tile: Int) -> Numbers {
    usleep(UInt32(microseconds))
    return Numbers(input.elements.map { 2 * $0 })
  }
}

/// The rank of the worker whose task this is: its thread's name says so, the one that the system knows.
private var workerOfThisTask: Int? {
  let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var name = [UInt8](repeating: 0, count: 64)
  let count = read(file, &name, name.count)
  let text = String(decoding: name.prefix(max(0, count)), as: UTF8.self)
  return text.split { $0 == " " || $0 == "\n" }.last.flatMap { Int($0) }
}

/// The ends of a group by the number of a test, for tasks that end their worker.
private let victims = Mutex<[Int: [InProcessCommunicator]]>([:])

/// Ends its worker at tile 3, whoever that is.
private enum LethalTask: MapTask {
  typealias Arguments = Int
  typealias Input = Numbers
  static let name = "test/lethal"
  static func run(_ test: Int, _ input: Numbers, tile: Int) throws -> Numbers {
    if tile == 3 {
      guard let rank = workerOfThisTask, let group = victims.withLock({ $0[test] }) else {
        throw Refusal(tile: tile)
      }
      group[rank].die(reason: "of tile 3 at worker \(rank)")
    }
    return input
  }
}

/// Whether the lingering task has begun, and whether the test has its result, so that it may end.
private let (hasBegun, hasResult) = (Signal(), Signal())

/// Something that happens once.
private final class Signal: Sendable {
  private let isGiven = Atomic(false)
  func give() { isGiven.store(true, ordering: .releasing) }
  /// Waits for it, ten seconds at most.
  func wait() { for _ in 0..<10_000 where !isGiven.load(ordering: .acquiring) { usleep(1000) } }
}

/// Tile 5 on worker 1 waits until the test has its result; everybody else until that has begun.
private enum LingeringTask: MapTask {
  typealias Arguments = Empty
  typealias Input = Numbers
  static let name = "test/lingering"
  static func run(_: Empty, _ input: Numbers, tile: Int) -> Numbers {
    if tile == 5 && workerOfThisTask == 1 {
      hasBegun.give()
      hasResult.wait()
    } else {
      hasBegun.wait()
    }
    return input
  }
}

/// An end that sends what `replacement` makes of a value instead of it, whenever that is done.
private final class InterceptingCommunicator: Communicator {
  private let base: InProcessCommunicator
  private let replacement: @Sendable (any WireCodable) -> any WireCodable

  init(_ base: InProcessCommunicator, _ replacement: @escaping @Sendable (any WireCodable) -> any WireCodable)
  {
    (self.base, self.replacement) = (base, replacement)
  }

  var rank: Int { base.rank }
  var size: Int { base.size }
  func close(reason: String) { base.close(reason: reason) }

  func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: TesseraCommunication.Tag)
    throws(CommunicationError)
  {
    try base.send(replacement(value), to: destination, tag: tag)
  }

  func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: TesseraCommunication.Tag)
    throws(CommunicationError) -> Received<Value>
  {
    try base.receive(type, from: source, tag: tag)
  }
}

/// What a worker says instead of a report.
private enum Lie: CaseIterable {
  case noReport, endOfTheDriversWorker

  var value: any WireCodable {
    switch self {
    case .noReport: [-7, -7]
    case .endOfTheDriversWorker: ReportMessage([.stopped])
    }
  }
}

extension TaskRegistry {
  fileprivate static var slow: TaskRegistry {
    .test.adding([.map(SlowDoublingTask.self), .map(LethalTask.self), .map(LingeringTask.self)])
  }
}

@Suite(.timeLimit(.minutes(30))) struct RecoveryTests {
  private let grid = (0..<12).map { i in Numbers((0..<5).map { 0.1 + Double(i * 100 + $0) * 1.1 }) }

  /// A map, an exchange, another map, a sum, and all tiles.
  private func pipeline(_ cluster: Cluster, microseconds: Int) async throws -> [Numbers] {
    let engine = cluster.engine
    let tiles = try await engine.place(grid)
    let doubled = try await engine.map(SlowDoublingTask.self, microseconds, over: tiles)
    let columns = try await engine.exchange(TransposingTask.self, [], over: doubled, into: 5)
    let again = try await engine.map(SlowDoublingTask.self, microseconds, over: columns)
    let sum = try await engine.reduce(SumTask.self, Numbers([]), over: again)
    return [sum] + (try await engine.collect(again))
  }

  @Test(arguments: 0..<20) func aWorkerLostAtAnyMomentChangesNoBit(seed: Int) async throws {
    var generator = SeededGenerator(seed: seed)
    let expected = try await withCluster(workers: 1, registry: .slow) {
      try await pipeline($0, microseconds: 0)
    }
    let group = InProcessCommunicator.group(size: 4, encodes: seed % 2 == 0)
    let victim = group[1 + Int(generator.next() % 3)]
    let moment = Double(generator.next() % 1000) * 1e-5
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: moment)
      victim.die(reason: "killed by the test")
    }
    let results = try await withCluster(over: group, style: .dataflow, registry: .slow) { cluster in
      var results: [[Numbers]] = []
      for _ in 0..<3 { results.append(try await pipeline(cluster, microseconds: 300)) }
      return results
    }
    #expect(results == [expected, expected, expected])
  }

  /// Nobody else pays for what one worker says, and nobody waits for it.
  @Test(arguments: Lie.allCases) fileprivate func aWorkerWhoseReportIsNoneIsDoneWithout(lie: Lie)
    async throws
  {
    let expected = try await withCluster(workers: 1, registry: .slow) {
      try await pipeline($0, microseconds: 0)
    }
    let group = InProcessCommunicator.group(size: 3, encodes: true)
    let reports = Mutex(0)
    let lying = InterceptingCommunicator(group[2]) { value in
      guard value is ReportMessage else { return value }
      return reports.withLock {
        $0 += 1
        return $0 == 3
      } ? lie.value : value
    }
    let ends: [any Communicator] = [group[0], group[1], lying]
    let (results, living) = try await withCluster(over: ends, style: .dataflow, registry: .slow) { cluster in
      var results: [[Numbers]] = []
      for _ in 0..<3 { results.append(try await pipeline(cluster, microseconds: 300)) }
      return (results, cluster.engine.livingWorkerCount)
    }
    #expect(results == [expected, expected, expected])
    #expect(living == 2)
  }

  /// A task that a backup has overtaken may ask for its inputs when the program has ended: it is still answered.
  @Test func aTaskThatAsksAfterTheEndIsAnswered() async throws {
    let group = InProcessCommunicator.group(size: 3)
    let expected = try await withCluster(workers: 1, registry: .slow) { cluster in
      let tiles = try await cluster.engine.place(grid)
      return try await cluster.engine.collect(
        cluster.engine.exchange(TransposingTask.self, [], over: tiles, into: 5))
    }
    let end = Signal()
    // Its requests for blocks wait, as those of a thread that gets no processor would.
    let hesitant = InterceptingCommunicator(group[1]) { value in
      if case .fetch? = value as? Command { end.wait() }
      return value
    }
    let ends: [any Communicator] = [group[0], hesitant, group[2]]
    let result = try await withCluster(over: ends, style: .dataflow, registry: .slow) { cluster in
      let tiles = try await cluster.engine.place(grid)
      let columns = try await cluster.engine.exchange(TransposingTask.self, [], over: tiles, into: 5)
      defer {
        Thread.detachNewThread {
          Thread.sleep(forTimeInterval: 0.3)
          end.give()
        }
      }
      return try await cluster.engine.collect(columns)
    }
    #expect(result == expected)
  }

  @Test(arguments: [2, 5]) func theDriversWorkerIsEnough(workers: Int) async throws {
    let expected = try await withCluster(workers: 1, registry: .slow) {
      try await pipeline($0, microseconds: 0)
    }
    let group = InProcessCommunicator.group(size: workers)
    let result = try await withCluster(over: group, style: .dataflow, registry: .slow) { cluster in
      let tiles = try await cluster.engine.place(grid)
      #expect(try await cluster.engine.collect(tiles) == grid)
      for worker in group.dropFirst() {
        worker.die(reason: "one after the other")
        // What it held is placed again.
        #expect(try await cluster.engine.collect(tiles) == grid)
      }
      #expect(cluster.engine.workerCount == workers && cluster.engine.livingWorkerCount == 1)
      return try await pipeline(cluster, microseconds: 0)
    }
    #expect(result == expected)
  }

  @Test(arguments: [4, 5, 8]) func aTaskThatEndsItsWorkersEndsTheJobByName(workers: Int) async throws {
    let group = InProcessCommunicator.group(size: workers)
    victims.withLock { $0[workers] = group }
    defer { victims.withLock { $0[workers] = nil } }
    try await Scheduler.Limits.$inForce.withValue(.timeless) {
      try await withCluster(over: group, style: .dataflow, registry: .slow) { cluster in
        let tiles = try await cluster.engine.place(grid)
        do {
          _ = try await cluster.engine.collect(cluster.engine.map(LethalTask.self, workers, over: tiles))
          Issue.record("the task was never given up")
        } catch let error as ExecutionError {
          guard case .workersLost("test/lethal", 3, let count, let reason) = error else { throw error }
          #expect(count == min(4, workers - 1) && reason.contains(": of tile 3 at worker "))
          #expect(!reason.hasSuffix(" 0"))
        }
        // The driver's own worker lives, and whoever else is left.
        #expect(try await cluster.engine.collect(tiles) == grid)
      }
    }
  }

  @Test func whatIsLostIsRecordedAsComputedAgain() async throws {
    let group = InProcessCommunicator.group(size: 3)
    let recorder = Recorder(workers: 3)
    try await withCluster(over: group, style: .dataflow, registry: .slow, recorder: recorder) { cluster in
      let tiles = try await cluster.engine.map(
        SlowDoublingTask.self, 100, over: cluster.engine.place(grid))
      let doubled = try await cluster.engine.collect(tiles)
      group[2].die(reason: "killed by the test")
      #expect(try await cluster.engine.collect(tiles) == doubled)
    }
    let events = recorder.events().filter { $0.name == SlowDoublingTask.name }
    #expect(events.count { $0.kind == .task } == 12)
    // Of twelve tiles on three workers.
    #expect(events.count { $0.kind == .recompute } == 4)
  }

  @Test func aSlowTaskIsBackedUpAndItsJobDoesNotWait() async throws {
    let recorder = Recorder(workers: 2)
    try await withCluster(workers: 2, way: .dataflow, registry: .slow, recorder: recorder) { cluster in
      // Worker 1 has one tile, which it has begun with before the others are done.
      let owners = Ownership(owners: [0, 0, 0, 0, 0, 1], workerCount: 2)
      let tiles = try await cluster.engine.place(Array(grid.prefix(6)), on: owners)
      _ = try await cluster.engine.collect(tiles)
      _ = try await cluster.engine.collect(cluster.engine.map(LingeringTask.self, Empty(), over: tiles))
      hasResult.give()
    }
    let events = recorder.events()
    let backups = events.filter { $0.kind == .backup }
    #expect(backups.map(\.name) == [LingeringTask.name] && backups.map(\.worker) == [0])
    // The backup was done before the task that it stood in for.
    let lingering = try #require(
      events.filter { $0.kind == .task && $0.name == LingeringTask.name }.max { $0.end < $1.end })
    #expect(lingering.worker == 1 && backups.allSatisfy { $0.end < lingering.end })
    #expect(SummaryTable(events).rows.contains { $0.category == .backup && $0.count == 1 })
  }
}
