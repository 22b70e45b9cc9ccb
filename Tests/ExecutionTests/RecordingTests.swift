// Words on the move are counted, and are as many as the verbs' docstrings say.

import TesseraCommunication
import TesseraExecution
import TesseraInstrumentation
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct RecordingTests {
  @Test(arguments: 1...9, [1, 2, 7, 16])
  func wordsMovedAreThoseOfTheFormula(workers: Int, tiles: Int) async throws {
    let recorder = Recorder(workers: workers)
    let ownership = Ownership(tileCount: tiles, workerCount: workers)
    let remote = tiles - ownership.tiles(of: 0).count
    let expected = try await withCluster(workers: workers, registry: .test, recorder: recorder) { cluster in
      let collection = try await cluster.engine.place((0..<tiles).map { _ in Numbers([1, 2, 3]) })
      let placed = 3 * remote
      let argument = Numbers([Double](repeating: 0, count: 100))
      _ = try await cluster.engine.reduce(SumTask.self, argument, over: collection)
      let reduced = 100 * (workers - 1) + 3 * (hops(ReductionNode(root: tiles), ownership))
      _ = try await cluster.engine.collect(collection)
      return placed + reduced + 3 * remote
    }
    // A message is recorded when it has been sent: perhaps only after the driver has its result.
    #expect(recorder.wordsSent == expected)
  }

  @Test func stepsAndTasksAreRecordedWhereTheyRan() async throws {
    let recorder = Recorder(workers: 2)
    try await withCluster(workers: 2, registry: .test, recorder: recorder) { cluster in
      let tiles = try await cluster.engine.place(texts(4))
      _ = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
    }
    let events = recorder.events()
    #expect(events.filter { $0.kind == .step }.map(\.name) == ["place test/text", "map test/numbering"])
    let tasks = events.filter { $0.kind == .task }
    #expect(tasks.allSatisfy { $0.name == "test/numbering" })
    #expect(tasks.map(\.worker).sorted() == [0, 0, 1, 1])
  }

  /// Partial results that change workers, the last hop to the driver included.
  private func hops(_ node: ReductionNode, _ ownership: Ownership) -> Int {
    func below(_ node: ReductionNode) -> Int {
      if node.isLeaf { return 0 }
      let (left, right) = node.children
      guard let right else { return below(left) }
      let moves = ownership.owner(of: left.first) != ownership.owner(of: right.first)
      return below(left) + below(right) + (moves ? 1 : 0)
    }
    return below(node) + (ownership.owner(of: 0) == 0 ? 0 : 1)
  }
}
