// The k largest eigenpairs of H = A^H A for a linear operator A, by implicitly restarted Lanczos: ARPACK on the
// driver asks for H x, the workers answer. Between 2k and a few hundred applications, each a pass over A that
// moves 2n words per worker; n (2k + 5) numbers on the driver. Source: Lehoucq, Sorensen, Yang, ARPACK Users' Guide,
// 1998; the division of labour is that of Zadeh et al., Matrix Computations and Optimization in Apache Spark, 2016.

import TesseraDistributedMatrices
import TesseraLocalMatrices

struct LanczosEigenpairs<S: Scalar> {
  /// The converged eigenvalues, largest first.
  let values: [S.Real]
  /// Their vectors, n x converged.
  let vectors: DenseMatrix<S>
  /// How often the operator was applied.
  let applications: Int

  /// The dimension of the Krylov basis for `count` eigenvalues of order n: ARPACK's advice of at least twice the
  /// count, and at least 20, where short bases restart too often.
  static func basis(order n: Int, count: Int) -> Int { min(n, max(2 * count + 1, 20)) }

  /// Whether the iteration can be used at all: it needs a basis larger than the count.
  static func canRun(order n: Int, count: Int) -> Bool { count >= 1 && count + 2 <= n }

  /// - Precondition: `canRun`.
  init(
    ofGramOf a: some LinearOperator<S>, count: Int, tolerance: S.Real, seed: UInt64,
    progress: ((Int) -> Void)?
  ) async throws {
    let n = a.shape.columns
    let random = CounterBasedRandom(seed: seed)
    await ArpackGate.shared.enter()
    do {
      let iteration = ArnoldiIteration<S>(
        order: n, wanted: count, basis: Self.basis(order: n, count: count), tolerance: tolerance,
        restarts: max(300, 3 * count),
        start: { number in (0..<n).map { random.symmetric(UInt64($0), stream: UInt64(number)) } })
      var applied = 0
      while try iteration.step() == .apply {
        iteration.setOutput(try await a.applyGram(iteration.input))
        applied += 1
        progress?(applied)
      }
      (values, vectors) = try iteration.eigenpairs()
      applications = applied
    } catch {
      await ArpackGate.shared.leave()
      throw error
    }
    await ArpackGate.shared.leave()
  }
}
