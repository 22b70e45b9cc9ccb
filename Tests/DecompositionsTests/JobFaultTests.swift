// Whatever goes wrong with whichever message of a whole job, at whichever worker, in either style: the
// program gets the right bits or a typed error, the cluster ends, and nobody waits for ever. A product and
// a decomposition on three workers, the product with every message; of the decomposition's `make test`
// draws some, other ones every day, and `make test-full` takes all.

import TesseraCommunication
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct JobFaultTests {
  private static let workers = 3

  @Test(arguments: ExecutionStyle.allCases, Fault.allCases)
  func everyFaultOfAProductEndsInATypedErrorOrTheSameBits(style: ExecutionStyle, fault: Fault) async throws {
    var generator = SeededGenerator(seed: 81)
    let (a, b): (DenseMatrix<Double>, DenseMatrix<Double>) = (
      generator.dense(40, 30), generator.dense(30, 20)
    )
    try await sweep(style, fault, step: 1) { cluster in
      let x = try await BlockMatrix(a, grid: Partitioning(rows: 40, columns: 30, blockSize: 16), on: cluster)
      let y = try await RowMatrix(b, partitions: 4, on: cluster)
      var bits = Fingerprint()
      bits.add(try await (x * y).collect().dense())
      return bits
    }
  }

  @Test(arguments: ExecutionStyle.allCases, Fault.allCases)
  func everyFaultOfADecompositionEndsInATypedErrorOrTheSameBits(style: ExecutionStyle, fault: Fault)
    async throws
  {
    var generator = SeededGenerator(seed: 82)
    let a: DenseMatrix<Double> = generator.dense(50, 8)
    try await sweep(style, fault, step: isFullTest ? 1 : 7) { cluster in
      let x = try await RowMatrix(.dense(a), partitions: 5, on: cluster)
      return try await CollectedSVD(try await x.svd(count: 3, leftVectors: true)).fingerprint
    }
  }

  /// Runs the job with the fault at every `step`-th operation or message of each worker.
  private func sweep(
    _ style: ExecutionStyle, _ fault: Fault, step: Int, _ job: (Cluster) async throws -> Fingerprint
  ) async throws {
    // Where workers may be lost, a transport that fails one of them tells the others, which is the fault `die`.
    if style == .dataflow, fault == .fail { return }
    func run(_ group: [FaultyCommunicator]) async throws -> Fingerprint {
      try await withCluster(over: group, style: style, registry: .distributedMatrices) { try await job($0) }
    }
    let sound = group(fault, at: -1)
    let expected = try await run(sound)
    var (runs, errors) = (0, 0)
    for rank in 0..<Self.workers {
      let chances = sound[rank].chances(of: fault)
      for number in stride(from: testSeed % step, to: chances, by: step) {
        let faulty = group(fault, at: number, of: rank)
        let what = "\(fault) at \(number) of \(chances) at rank \(rank)"
        runs += 1
        do {
          let bits = try await run(faulty)
          #expect(bits == expected, "\(what)")
        } catch let error as ExecutionError {
          errors += 1
          #expect(fault != .delay, "\(what): \(error)")
          // Others make again what a lost worker had, but for the driver's.
          #expect(style == .messagePassing || fault != .die || rank == 0, "\(what): \(error)")
        }
      }
    }
    // In message passing only the very last message is not missed.
    if style == .messagePassing, fault != .delay, fault != .duplicate {
      #expect(runs > 3 && 2 * errors > runs, "\(errors) errors in \(runs) runs")
    }
  }

  private func group(_ fault: Fault, at number: Int, of rank: Int = 0) -> [FaultyCommunicator] {
    InProcessCommunicator.group(size: Self.workers).map {
      FaultyCommunicator($0, fault, at: $0.rank == rank ? number : -1)
    }
  }
}
