// Large sparse matrices by Lanczos agree with a dense SVD, and give the same bits on any number of workers
// and in every run, even where the iteration has to start anew.

import Numerics
import TesseraCommunication
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(30))) struct LanczosTests {
  @Test(arguments: [(800, 700), (600, 1200), (3000, 620)])
  func largeSparseMatricesAgreeWithADenseDecomposition(shape: (Int, Int)) async throws {
    func check<S: Scalar>(_: S.Type, accuracy: S.Real) async throws {
      var generator = SeededGenerator(seed: 70)
      let a: SparseMatrix<S> = try generator.sparse(shape.0, shape.1, density: 0.01)
      let dense = try a.dense()
      let svd = try await decompose(.sparse(a), count: 6)
      #expect(svd.converged && svd.method == .lanczos)
      #expect(svd.residuals.allSatisfy { $0 <= 100 * accuracy * svd.values[0] })
      try svd.check(
        dense, expected: try dense.singularValues(), accuracy: accuracy, "\(shape), \(S.kind)")
    }
    try await check(Double.self, accuracy: 1e-10)
    if shape == (800, 700) { try await check(Complex<Double>.self, accuracy: 1e-10) }
    if shape == (800, 700) { try await check(Float.self, accuracy: 1e-4) }
  }

  /// The Krylov space of a matrix of rank r is exhausted after r steps: ARPACK starts anew from another
  /// vector.
  @Test(arguments: [1, 2, 5], ScalarKind.allCases)
  func lowRankIsFoundWithTheSameBitsInEveryRun(rank: Int, scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 71 + rank)
      let a = try lowRank(620, 560, rank: rank, of: S.self, using: &generator)
      let expected = try a.dense().singularValues()
      for method in [SVDMethod.lanczos, .auto] where method == .lanczos || rank == 2 {
        let first = try await decompose(.sparse(a), count: 8, method: method, workers: 1)
        let name = "rank \(rank), \(method), \(scalar)"
        #expect(first.values.count >= rank, "\(name): \(first.values.count)")
        #expect(first.converged, "\(name)")
        let accuracy = max(1e-10, 100 * S.Real.ulpOfOne)
        try first.check(try a.dense(), expected: expected, accuracy: accuracy, name)
        for workers in [1, 3] {
          let again = try await decompose(.sparse(a), count: 8, method: method, workers: workers)
          #expect(again.fingerprint == first.fingerprint, "\(name), \(workers) workers")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases)
  func theBitsAreTheSameOnAnyNumberOfWorkers(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 72)
      let a: SparseMatrix<S> = try generator.sparse(700, 600, density: 0.01)
      let expected = try await decompose(.sparse(a), count: 4, workers: 1)
      #expect(expected.method == .lanczos)
      for (workers, encodes) in [(1, false), (2, false), (3, true), (7, false)] {
        let svd = try await decompose(.sparse(a), count: 4, workers: workers, encodes: encodes)
        #expect(svd.fingerprint == expected.fingerprint, "\(workers) workers")
      }
    }
    try await check(scalar.type)
  }

  /// Values that crowd at the top, closer than a few restarts can resolve.
  @Test func whatDoesNotConvergeIsLeftOut() async throws {
    let n = 4000
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    for i in 0..<n { entries.append(i, i, 1 - Double(i * i) / Double(n * n)) }
    let svd = try await decompose(
      .sparse(try entries.compressed()), count: 3, method: .lanczos, tolerance: 1e-15)
    #expect(svd.values.count < 3 && !svd.converged)
    #expect(svd.right.columns == svd.values.count && svd.left.columns == svd.values.count)
    #expect(svd.residuals.allSatisfy { $0 <= 1e-13 })
  }

  /// A Krylov space sees one of the thirty copies, and then the crowd just below them.
  @Test func copiesOfASmallValueAreNotMistakenForTheCrowdBelow() async throws {
    let n = 3000
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      entries.append(i, i, i == 0 ? 1 : i <= 30 ? 3e-4 : 2.999e-4 - 3e-6 * Double(i) / Double(n))
    }
    let svd = try await decompose(.sparse(try entries.compressed()), count: 10, method: .lanczos)
    let expected = [1] + [Double](repeating: 3e-4, count: 9)
    for (value, exact) in zip(svd.values, expected) {
      #expect((value - exact).magnitude <= 1e-10, "\(value)")
    }
    #expect(!svd.values.isEmpty)
  }

  /// Clusters that a basis of 21 never separates: whatever is returned are the largest, and none is left out.
  @Test(arguments: [7, 10])
  func clustersAreResolvedOrCutOffWhereTheyBegin(count: Int) async throws {
    let n = 5000
    var entries = try TripletMatrix<Double>(rows: n, columns: n)
    let all: [Double] = (0..<n).map { i -> Double in
      if i < 40 { return i < 5 ? 10 - Double(i) : 4 - 1e-6 * Double(i) }
      return 3.9 * Double(n - i) / Double(n)
    }
    for i in 0..<n { entries.append(i, i, all[i]) }
    let svd = try await decompose(.sparse(try entries.compressed()), count: count, method: .lanczos)
    #expect(svd.values.count >= 5)
    for (value, exact) in zip(svd.values, all) {
      #expect((value - exact).magnitude <= 1e-9, "\(value) for \(exact)")
    }
  }

  @Test func decompositionsAtTheSameTimeDoNotDisturbEachOther() async throws {
    var generator = SeededGenerator(seed: 73)
    var matrices: [SparseMatrix<Double>] = []
    for _ in 0..<4 { matrices.append(try generator.sparse(700, 600, density: 0.01)) }
    var alone: [Fingerprint] = []
    for a in matrices { alone.append(try await decompose(.sparse(a), count: 3).fingerprint) }
    let together = try await withThrowingTaskGroup(of: (Int, Fingerprint).self) { group in
      for (i, a) in matrices.enumerated() {
        group.addTask { (i, try await decompose(.sparse(a), count: 3).fingerprint) }
      }
      var together = alone
      for try await (i, bits) in group { together[i] = bits }
      return together
    }
    #expect(together == alone)
  }

  @Test func anIterationThatFailsOpensTheGateForTheNext() async throws {
    var generator = SeededGenerator(seed: 74)
    let sparse: SparseMatrix<Double> = try generator.sparse(700, 600, density: 0.01)
    for failing in [40, 60] {
      let group = InProcessCommunicator.group(size: 2).map {
        FaultyCommunicator($0, at: $0.rank == 1 ? failing : -1)
      }
      await #expect(throws: ExecutionError.self) {
        try await withCluster(over: group, registry: .distributedMatrices) { cluster in
          _ = try await RowMatrix(.sparse(sparse), on: cluster).svd(count: 3)
        }
      }
    }
    #expect(try await decompose(.sparse(sparse), count: 3).converged)
  }

  private func lowRank<S: Scalar>(
    _ m: Int, _ n: Int, rank: Int, of _: S.Type, using generator: inout SeededGenerator
  ) throws -> SparseMatrix<S> {
    // Outer products on disjoint rows, so that the rank is exact in spite of rounding.
    var entries = try TripletMatrix<S>(rows: m, columns: n)
    for r in 0..<rank {
      let row: [S] = generator.vector(n)
      for i in stride(from: r, to: m, by: 40 * rank) {
        let factor: S = generator.integer() + S(real: 10)
        for j in stride(from: r % 3, to: n, by: 7) { entries.append(i, j, factor * row[j]) }
      }
    }
    return try entries.compressed()
  }
}
