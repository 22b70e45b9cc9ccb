// The driver's verbs do the same on any number of workers, whether messages are handed over or encoded.

import TesseraCommunication
import TesseraExecution
import TesseraTestSupport
import Testing

private let workerCounts = Array(1...9)

/// A task that says nothing but what it does.
private enum BareTask: ReduceTask {
  static func run(_ factor: Double, _ input: Numbers, tile: Int) -> [Double] {
    input.elements.map { factor * $0 }
  }
  static func combine(_ left: inout [Double], _ right: [Double], _ factor: Double) { left += right }
}

@Suite(.timeLimit(.minutes(30))) struct EngineTests {
  @Test(arguments: Way.allCases) func aTaskNeedsNoNameAndNoTypesSpelledOut(way: Way) async throws {
    let registry = TaskRegistry([.reduce(BareTask.self), .tile(Numbers.self)])
    #expect(registry.names == ["BareTask", "test/numbers"])
    let result = try await withCluster(workers: 3, way: way, registry: registry) { cluster in
      let tiles = try await cluster.engine.place((0..<5).map { Numbers([Double($0)]) })
      return try await cluster.engine.reduce(BareTask.self, 0.5, over: tiles)
    }
    #expect(result == [0, 0.5, 1, 1.5, 2])
  }

  @Test(arguments: workerCounts, Way.allCases)
  func placedTilesAreCollectedInOrder(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .test) { cluster in
      #expect(cluster.engine.workerCount == workers)
      for count in [0, 1, 2, 3, 7, 64] {
        let tiles = try await cluster.engine.place(texts(count))
        #expect(tiles.tileCount == count)
        #expect(try await cluster.engine.collect(tiles) == texts(count))
      }
    }
  }

  @Test(arguments: workerCounts, Way.allCases)
  func mapKeepsTileNumbers(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .test) { cluster in
      for count in [0, 1, 5, 20] {
        let tiles = try await cluster.engine.place(texts(count))
        let mapped = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
        #expect(try await cluster.engine.collect(mapped) == (0..<count).map { Text("\($0):\($0)") })
        let joined = try await cluster.engine.map(JoiningTask.self, "+", over: AlignedPair(tiles, mapped))
        #expect(try await cluster.engine.collect(joined) == (0..<count).map { Text("\($0)+\($0):\($0)") })
      }
    }
  }

  @Test(arguments: workerCounts, Way.allCases)
  func theReductionTreeHasTheSameShapeOnAnyNumberOfWorkers(workers: Int, way: Way) async throws {
    let expected = [
      1: "0", 2: "(0 1)", 3: "((0 1) 2)", 5: "(((0 1) (2 3)) 4)", 6: "(((0 1) (2 3)) (4 5))",
      7: "(((0 1) (2 3)) ((4 5) 6))", 8: "(((0 1) (2 3)) ((4 5) (6 7)))",
      11: "((((0 1) (2 3)) ((4 5) (6 7))) ((8 9) 10))",
    ]
    try await withCluster(workers: workers, way: way, registry: .test) { cluster in
      for (count, tree) in expected {
        let tiles = try await cluster.engine.place(texts(count))
        #expect(try await cluster.engine.reduce(BracketingTask.self, [], over: tiles) == tree)
      }
    }
  }

  @Test func reductionsOfManyTilesAgree() async throws {
    var trees: [[String]] = []
    for workers in workerCounts {
      trees.append(
        try await withCluster(workers: workers, registry: .test) { cluster in
          var trees: [String] = []
          for count in 1...70 {
            let tiles = try await cluster.engine.place(texts(count))
            trees.append(try await cluster.engine.reduce(BracketingTask.self, [], over: tiles))
          }
          return trees
        })
    }
    #expect(Set(trees).count == 1)
  }

  @Test(arguments: workerCounts, Way.allCases)
  func exchangeTransposesAGrid(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .test) { cluster in
      for (rows, columns) in [(0, 0), (1, 1), (3, 5), (5, 3), (17, 4), (1, 20), (0, 3), (4, 0)] {
        let grid = (0..<rows).map { i in Numbers((0..<columns).map { Double(i * 100 + $0) }) }
        let tiles = try await cluster.engine.place(grid)
        let transposed = try await cluster.engine.exchange(
          TransposingTask.self, [], over: tiles, into: columns)
        #expect(transposed.tileCount == columns)
        #expect(
          try await cluster.engine.collect(transposed)
            == (0..<columns).map { j in Numbers((0..<rows).map { Double($0 * 100 + j) }) })
      }
    }
  }

  @Test func stepsAskedForAtOnceAreTakenOneAfterTheOther() async throws {
    try await withCluster(workers: 3, registry: .test) { cluster in
      let tiles = try await cluster.engine.place(texts(8))
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<50 {
          group.addTask {
            let mapped = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
            return try await cluster.engine.reduce(BracketingTask.self, [], over: mapped)
          }
        }
        for try await tree in group {
          #expect(tree == "(((0:0 1:1) (2:2 3:3)) ((4:4 5:5) (6:6 7:7)))")
        }
      }
    }
  }
}

@Suite(.timeLimit(.minutes(30))) struct FailingTaskTests {
  private let expected = TaskFailureFields(tile: 3, message: "tile 3 refuses")

  @Test(arguments: workerCounts, Way.allCases)
  func theLowestFailingTileIsReportedAndTheClusterGoesOn(workers: Int, way: Way) async throws {
    try await withCluster(workers: workers, way: way, registry: .test) { cluster in
      let engine = cluster.engine
      let tiles = try await engine.place(texts(8))
      let numbers = try await engine.place((0..<8).map { Numbers([Double($0), 1]) })
      for _ in 0..<2 {
        #expect(
          await failure { _ = try await engine.collect(engine.map(NumberingTask.self, [5, 3], over: tiles)) }
            == expected)
        #expect(
          await failure { _ = try await engine.reduce(BracketingTask.self, [5, 3], over: tiles) } == expected)
        #expect(
          await failure {
            _ = try await engine.collect(
              engine.exchange(TransposingTask.self, [5, 3], over: numbers, into: 2))
          } == expected)
        #expect(
          await failure {
            _ = try await engine.collect(
              engine.exchange(TransposingTask.self, [1001, 1000], over: numbers, into: 2))
          } == TaskFailureFields(tile: 0, message: "tile 1000 refuses"))
        #expect(
          await failure { _ = try await engine.reduce(BracketingTask.self, [-1], over: tiles) }?.message
            == "tile -1 refuses")
        #expect(try await engine.reduce(BracketingTask.self, [], over: tiles).count > 8)
        #expect(try await engine.collect(tiles) == texts(8))
      }
    }
  }

  @Test(arguments: [1, 3]) func aPieceForATileThatIsNotThereIsATaskFailure(workers: Int) async throws {
    try await withCluster(workers: workers, registry: .test) { cluster in
      let numbers = try await cluster.engine.place([Numbers([1, 2]), Numbers([1, 2, 3])])
      for count in [0, 2] {
        let failure = await failure {
          _ = try await cluster.engine.exchange(TransposingTask.self, [], over: numbers, into: count)
        }
        #expect(failure?.message == "a piece was sent to tile \(count) of \(count)")
        #expect(failure?.tile == (count == 0 ? 0 : 1))
      }
    }
  }

  @Test func aLongMessageIsCut() async throws {
    enum Talking: MapTask {
      struct Complaint: Error, CustomStringConvertible {
        var description: String { String(repeating: "x", count: 100_000) }
      }
      typealias Arguments = Empty
      typealias Input = Text
      static let name = "test/talking"
      static func run(_: Empty, _ input: Text, tile: Int) throws -> Text { throw Complaint() }
    }
    try await withCluster(workers: 2, registry: .test.adding([.map(Talking.self)])) { cluster in
      let tiles = try await cluster.engine.place(texts(2))
      let failure = await failure { _ = try await cluster.engine.map(Talking.self, Empty(), over: tiles) }
      #expect(failure?.message.count == 10_000)
    }
  }

  @Test func whatIsNotRegisteredIsNamed() async throws {
    try await withCluster(workers: 2, registry: .test) { cluster in
      let tiles = try await cluster.engine.place(texts(3))
      await #expect(throws: ExecutionError.notRegistered(name: "test/unknown")) {
        _ = try await cluster.engine.map(UnknownTask.self, Empty(), over: tiles)
      }
      #expect(try await cluster.engine.collect(tiles) == texts(3))
    }
    _ = try await withCluster(workers: 2, registry: TaskRegistry()) { cluster in
      await #expect(throws: ExecutionError.notRegistered(name: "test/text")) {
        _ = try await cluster.engine.place(texts(3))
      }
    }
  }

  private func failure(_ body: () async throws -> Void) async -> TaskFailureFields? {
    do {
      try await body()
    } catch ExecutionError.taskFailed(let failure) {
      return TaskFailureFields(tile: failure.tile, message: failure.message)
    } catch {
      Issue.record("\(error)")
    }
    return nil
  }
}

private struct TaskFailureFields: Equatable {
  let tile: Int
  let message: String
}

@Suite struct TaskRegistryTests {
  @Test func namesAreThoseOfTasksAndOfTheTilesTheyMake() {
    let names = ["bracketing", "joining", "numbering", "numbers", "sum", "text", "transposing"]
    #expect(TaskRegistry.test.names == names.map { "test/" + $0 })
  }

  @Test func addingWhatIsThereChangesNothing() {
    #expect(TaskRegistry.test.adding([.map(NumberingTask.self)]).names == TaskRegistry.test.names)
  }
}
