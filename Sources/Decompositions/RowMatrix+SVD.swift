// The truncated SVD of a distributed matrix: one front door, four ways behind it, one certificate for all.
// Whatever finds the right vectors V, the values come from the triangle of A V, which does not square them,
// and the residuals from one more fused pass.

public import TesseraDistributedMatrices
import TesseraExecution
public import TesseraLocalMatrices
import Numerics

extension RowMatrix {
  /// The `count` largest singular values of this m x n matrix and their vectors.
  ///
  /// Shapes: A is m x n, U m x r beside the rows (on request), s has r elements, V n x r on the driver,
  /// r <= k = min(count, m, n). A wide matrix (n > m) is redistributed and decomposed by its adjoint.
  ///
  /// | method | chosen when (n the smaller dimension) | passes | driver memory | from each worker |
  /// | --- | --- | --- | --- | --- |
  /// | gram | n <= 512, or 3k >= n, or k + 2 > n | 4 | 3 n^2 | n(n+1)/2 words |
  /// | lanczos | otherwise | 3 + one per step, 2k to a few hundred | n(2k + 5) | n words a pass |
  /// | randomized | asked for | 4 + 4 per cycle, each of k + 10 vectors | 10 n (k + 10) | n(k + 10) words a pass |
  /// | tsqr | n <= 4096, and the least wanted value is below eps^(1/3) s1 or one did not converge | 3, or 3 more | 4 n^2 | n^2 words |
  ///
  /// Where values fall below eps^(1/3) s1 the certificate takes one pass more. Not counted are scaling, the
  /// redistribution of a wide matrix, and left vectors. Lanczos's steps include those that search for further
  /// copies of multiple values, 20 to 200 of them.
  ///
  /// Lanczos and the randomized method read a prepared form of the matrix (`PreparedRowMatrix`), which they hold
  /// beside it while they run: 10 bytes an entry of slabs in short sparse rows, nothing of others.
  ///
  /// The first pass inspects the elements. A matrix whose elements are so large or small that their squares
  /// would leave the range of the scalar is scaled by a power of two first.
  ///
  /// - Parameters:
  ///   - count: how many; more than min(m, n) asks for all.
  ///   - method: how; `auto` chooses by the table.
  ///   - tolerance: the relative accuracy asked of Lanczos (by default 1e-10, or 10 ulp in single precision),
  ///     and of every triplet: one whose residual exceeds 100 max(tolerance, 10 ulp) s1 is not returned.
  ///   - seed: of Lanczos's first vector, or of the random block.
  ///   - passes: how often `randomized` may read the matrix before it gives up; what has converged by then is
  ///     returned.
  ///   - leftVectors: whether to compute U, as Q of the QR factorization of A V: one more pass, m x r numbers
  ///     on the workers.
  ///   - progress: called with the number of passes so far.
  /// - Returns: the triplets that converged, with their residuals; fewer than asked for is not an error.
  /// - Throws: `LinearAlgebraError.notFinite` for NaN or infinite elements, `invalidArgument` for a negative
  ///   count, `notConverged` when ARPACK or LAPACK gives up, `outOfMemory`, `ExecutionError`.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100, leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> TruncatedSVD<S> {
    let job = try SVDJob<S>(
      shape, count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      progress: progress)
    let size = try await magnitudes()
    progress?(1)
    if rows >= columns { return try await job.run(self, size, rangeVectors: leftVectors) }
    // A^H = V S U^H: the range vectors of the adjoint are A's right vectors.
    let flipped = try await job.run(try await adjoint().materialized(), size, rangeVectors: true)
    guard let right = try await flipped.left?.collect().dense() else {
      preconditionFailure("a job that was asked for range vectors returned none")
    }
    let phases = right.columnPhases()
    return TruncatedSVD(
      singularValues: flipped.singularValues, right: right.scalingColumns(by: phases),
      left: leftVectors
        ? try await RowMatrix(
          .dense(flipped.right.scalingColumns(by: phases)), beside: self)
        : nil,
      residuals: flipped.residuals, converged: flipped.converged, method: flipped.method,
      passes: flipped.passes, frobeniusNorm: flipped.frobeniusNorm)
  }
}

extension PreparedRowMatrix {
  /// The `count` largest singular values and their vectors, as `RowMatrix.svd` finds them; no second copy of the
  /// matrix is made, unless it is wide or a Gram matrix or the triangle of A is asked for.
  ///
  /// - Throws: as `RowMatrix.svd` does.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100, leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> TruncatedSVD<S> {
    guard rows >= columns else {
      return try await rowMatrix().svd(
        count: count, method: method, tolerance: tolerance, seed: seed, passes: passes,
        leftVectors: leftVectors, progress: progress)
    }
    let job = try SVDJob<S>(
      shape, count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      progress: progress)
    let size = try await magnitudes()
    progress?(1)
    return try await job.run(self, size, rangeVectors: leftVectors)
  }
}
