// Dataflow goes on without the workers it loses, and its results have the same bits.

import Foundation
import TesseraCommunication
import TesseraExecution
import TesseraTestSupport
import Testing

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

extension TaskRegistry {
  fileprivate static var slow: TaskRegistry { .test.adding([.map(SlowDoublingTask.self)]) }
}

@Suite(.timeLimit(.minutes(10))) struct RecoveryTests {
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
      return try await pipeline(cluster, microseconds: 0)
    }
    #expect(result == expected)
  }
}
