// The ledger of a job: every verb moves what its docstring says, on any number of workers, handed over or
// encoded; asking for the ledger is not in it; workers elsewhere send what they have counted and recorded.

import TesseraCommunication
import TesseraExecution
import TesseraInstrumentation
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct ExecutionLedgerTests {
  /// Every verb once.
  private func job(_ cluster: Cluster, tiles: Int) async throws -> LedgerReport {
    let engine = cluster.engine
    let argument = Numbers([Double](repeating: 0, count: 100))
    let collection = try await engine.place((0..<tiles).map { _ in Numbers([1, 2, 3]) })
    _ = try await engine.reduce(SumTask.self, argument, over: collection)
    _ = try await engine.exchange(TransposingTask.self, [], over: collection, into: 3)
    _ = try await engine.collect(collection)
    let names = try await engine.place(texts(tiles))
    _ = try await engine.map(NumberingTask.self, [], over: names)
    return try await cluster.ledger()
  }

  @Test(arguments: 1...9, [1, 2, 7, 16])
  func wordsMovedAreThoseOfTheFormula(workers: Int, tiles: Int) async throws {
    let ownership = Ownership(tileCount: tiles, workerCount: workers)
    let columns = Ownership(tileCount: 3, workerCount: workers)
    let expected = [
      "place test/numbers": { (rank: Int) in rank == 0 ? 0 : 3 * ownership.tiles(of: rank).count },
      "reduce test/sum": { rank in
        (rank == 0 ? 0 : 100) + 3 * hops(to: rank, ReductionNode(root: tiles), ownership)
      },
      "exchange test/transposing": { rank in
        columns.tiles(of: rank).count * (tiles - ownership.tiles(of: rank).count)
      },
      "collect test/numbers": { rank in rank == 0 ? 3 * (tiles - ownership.tiles(of: 0).count) : 0 },
      "map test/numbering": { _ in 0 },
    ]
    var reports: [LedgerReport] = []
    for encodes in [false, true] {
      let report = try await withCluster(workers: workers, encodes: encodes, registry: .test) {
        try await job($0, tiles: tiles)
      }
      #expect(report.workers.map(\.rank) == Array(0..<workers))
      #expect(report.total.sent == report.total.received)
      for worker in report.workers {
        for (operation, words) in expected {
          #expect(worker[operation].received.words == words(worker.rank), "\(operation) at \(worker.rank)")
          #expect(worker[operation].received.payloadBytes == 8 * words(worker.rank))
        }
      }
      reports.append(report)
    }
    // What is handed over counts as what is encoded, to the byte, by operation and peer.
    #expect(reports[0].withoutWaiting == reports[1].withoutWaiting)
  }

  @Test(arguments: 1...9) func aStepIsOneBroadcastAndOneCollective(workers: Int) async throws {
    try await withCluster(workers: workers, registry: .test) { cluster in
      let tiles = try await cluster.engine.place(texts(workers))
      let before = try await cluster.ledger()
      _ = try await cluster.engine.map(NumberingTask.self, [], over: tiles)
      let step = try await cluster.ledger() - before
      #expect(step.total.sent.messages == 2 * (workers - 1))
      #expect(step.operations.filter { $0 != Ledger.idle } == (workers > 1 ? ["map test/numbering"] : []))
    }
  }

  @Test(arguments: [1, 2, 5]) func askingIsNotCounted(workers: Int) async throws {
    try await withCluster(workers: workers, registry: .test) { cluster in
      _ = try await cluster.engine.place(texts(7))
      let before = try await cluster.ledger()
      for _ in 0..<3 { _ = try await cluster.ledger() }
      #expect(try await cluster.ledger().withoutWaiting == before.withoutWaiting)
    }
  }

  @Test func workersElsewhereSendWhatTheyHaveCountedAndRecorded() async throws {
    let group = InProcessCommunicator.group(size: 3, encodes: true)
    async let one: Void = Cluster.serve(group[1], registry: .test)
    async let two: Void = Cluster.serve(group[2], registry: .test)
    let recorder = Recorder()
    let report = try await withCluster(over: [group[0]], registry: .test, recorder: recorder) { cluster in
      try await job(cluster, tiles: 6)
    }
    _ = await (one, two)
    let here = try await withCluster(workers: 3, registry: .test) { try await job($0, tiles: 6) }
    #expect(report.withoutWaiting == here.withoutWaiting)
    let tasks = recorder.events().filter { $0.kind == .task && $0.name == "test/numbering" }
    #expect(tasks.map(\.worker).sorted() == [0, 0, 1, 1, 2, 2])
    let steps = recorder.events().filter { $0.kind == .step && $0.name == "map test/numbering" }
    // One clock: what the others did lies within the driver's step.
    for task in tasks { #expect(task.start > steps[0].start && task.end < steps[0].end) }
  }

  @Test func nothingIsSentWhereNobodyRecords() async throws {
    let group = InProcessCommunicator.group(size: 2, encodes: true)
    async let served: Void = Cluster.serve(group[1], registry: .test)
    let report = try await withCluster(over: [group[0]], registry: .test) { try await job($0, tiles: 2) }
    #expect(report.workers.count == 2)
    await served
  }
}

@Suite(.timeLimit(.minutes(30))) struct LostWorkerTests {
  /// Loses sight of worker 2 from the `failing`-th receive on.
  private final class Losing: Communicator {
    let base: any Communicator
    init(_ base: any Communicator) { self.base = base }
    var rank: Int { base.rank }
    var size: Int { base.size }
    func send<Value: WireCodable>(_ value: Value, to destination: Int, tag: TesseraCommunication.Tag)
      throws(CommunicationError)
    {
      if destination == 2 { throw .lost(rank: 2, reason: "connection reset") }
      try base.send(value, to: destination, tag: tag)
    }
    func receive<Value: WireCodable>(_ type: Value.Type, from source: Source, tag: TesseraCommunication.Tag)
      throws(CommunicationError) -> Received<Value>
    { try base.receive(type, from: source, tag: tag) }
    func close(reason: String) { base.close(reason: reason) }
  }

  @Test func everyWorkerHearsWhoIsLost() async throws {
    let group = InProcessCommunicator.group(size: 4)
    let ends: [any Communicator] = [Losing(group[0])] + Array(group[1...])
    await #expect(
      throws: ExecutionError.communication(.lost(rank: 2, reason: "connection reset"))
    ) {
      try await withCluster(over: ends, registry: .test) { _ = try await $0.engine.place(texts(4)) }
    }
    for end in group {
      #expect(throws: CommunicationError.closed(reason: "worker 2 is lost: connection reset")) {
        try end.receive(Int.self, from: 0, tag: .tiles)
      }
    }
  }
}

extension LedgerReport {
  /// What does not depend on the time.
  fileprivate var withoutWaiting: LedgerReport {
    LedgerReport(
      workers.map { worker in
        WorkerLedger(
          rank: worker.rank,
          operations: worker.operations.map { operation in
            WorkerLedger.Operation(
              operation.name,
              peers: operation.peers.map { peer in
                var peer = peer
                peer.account.waiting = 0
                return peer
              }.filter { $0.account != Account() })
          })
      })
  }
}

/// Partial results that come to worker `rank` from others, the last hop to the driver included.
private func hops(to rank: Int, _ node: ReductionNode, _ ownership: Ownership) -> Int {
  func below(_ node: ReductionNode) -> Int {
    if node.isLeaf { return 0 }
    let (left, right) = node.children
    guard let right else { return below(left) }
    let (receiver, sender) = (ownership.owner(of: left.first), ownership.owner(of: right.first))
    return below(left) + below(right) + (receiver != sender && receiver == rank ? 1 : 0)
  }
  return below(node) + (rank == 0 && ownership.owner(of: 0) != 0 ? 1 : 0)
}
