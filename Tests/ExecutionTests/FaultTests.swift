// Whichever message of a job is lost, at whichever worker: the program gets a typed error, nobody waits
// forever, and the cluster ends.

import TesseraCommunication
import TesseraExecution
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct FaultTests {
  @Test(arguments: 1...4) func everyLostMessageEndsTheJobWithATypedError(workers: Int) async throws {
    let sound = group(workers)
    try await withCluster(over: sound, registry: .test, job)
    for rank in 0..<workers {
      for operation in 0..<sound[rank].chances(of: .fail) {
        let faulty = group(workers, rank: rank, failing: operation)
        var isLost = false
        do {
          try await withCluster(over: faulty, registry: .test) { cluster in
            do {
              try await job(cluster)
            } catch {
              // What is asked for after the failure is refused as well.
              await #expect(throws: ExecutionError.self) { try await cluster.engine.place(texts(1)) }
              throw error
            }
          }
        } catch ExecutionError.communication(.closed) {
          isLost = true
        }
        // Only the last message, which tells the workers to stop, can be lost without the program's noticing;
        // a worker that hears nothing of its last step may be another.
        #expect(
          isLost || operation >= sound[rank].chances(of: .fail) - workers,
          "rank \(rank), operation \(operation)")
      }
    }
  }

  private func group(_ size: Int, rank: Int = 0, failing: Int = -1) -> [FaultyCommunicator] {
    InProcessCommunicator.group(size: size).map {
      FaultyCommunicator($0, at: $0.rank == rank ? failing : -1)
    }
  }

  private func job(_ cluster: Cluster) async throws {
    let engine = cluster.engine
    let tiles = try await engine.place((0..<6).map { Numbers([Double($0), 1]) })
    let transposed = try await engine.exchange(TransposingTask.self, [], over: tiles, into: 2)
    #expect(
      try await engine.collect(transposed) == [Numbers([0, 1, 2, 3, 4, 5]), Numbers([1, 1, 1, 1, 1, 1])])
    #expect(try await engine.reduce(SumTask.self, Numbers([]), over: tiles) == Numbers([15, 6]))
    let mapped = try await engine.map(NumberingTask.self, [], over: try await engine.place(texts(5)))
    _ = try await engine.collect(mapped)
  }
}
