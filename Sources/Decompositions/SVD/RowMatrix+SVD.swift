// The truncated SVD of a distributed matrix: one front door, the ways of `SVDPlan` behind it, one certificate for
// all. Whatever finds the right vectors V, the values come from the triangle of A V, which does not square them,
// and the residuals from one more fused pass.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension RowMatrix {
  /// The `count` largest singular values of this m x n matrix and their vectors.
  ///
  /// Shapes: A is m x n, U m x r beside the rows (on request), s has r elements, V n x r on the driver,
  /// r <= k = min(count, m, n). A wide matrix (n > m) is redistributed and decomposed by its adjoint.
  ///
  /// | method | for | passes | driver memory | from each worker |
  /// | --- | --- | --- | --- | --- |
  /// | gram | few columns | 4 | 2 n^2 + n k | n(n+1)/2 words |
  /// | lanczos | few values of many columns | 3 + one per step, 2k to a few hundred | n(4k + 11), at least n(2k + 30) | n words a pass |
  /// | randomized | few passes, repeated values | 4 + 4 per cycle, each of k + 10 vectors | 12 n (k + 10) | n(k + 10) words a pass |
  /// | tsqr | many values, or small ones, of a tall matrix | 4 | 4 n^2 | n(n+1)/2 words a level |
  /// | dense | the same of a matrix that is not tall | 4 | 3 m n + 5 n^2 | its elements |
  ///
  /// The words of the way that was taken, and what each way would need, stand in the result: `predicted`, `plan`.
  ///
  /// n is the smaller dimension. `auto` takes what `SVDPlan` predicts to cost least. Where that squares and a value turns
  /// out below eps^(1/3) s1, or does not converge, it looks for the others by Lanczos in the complement of the vectors found
  /// (and of those that it finds, while they hide others), if that is predicted to cost less than what follows; and where that does not find them all, for n <= 4096, takes the
  /// cheaper of `tsqr` and `dense` too, 3 passes more; unless all converged and one pass shows that the rest of A is zero to
  /// rounding, as that of a matrix of low rank is. The result says which and why. The choice depends on the matrix alone.
  ///
  /// Where values fall below eps^(1/3) s1 the certificate takes one pass more. Not counted are scaling, the
  /// redistribution of a wide matrix, and left vectors. Lanczos's steps include those that search for further
  /// copies of multiple values, 20 to 200 of them; crowded values that do not converge in forty restarts are sought
  /// once more with a basis four times as long.
  ///
  /// Lanczos and the randomized method read a prepared form of the matrix (`PreparedRowMatrix`), which they hold
  /// beside it while they run: 10 bytes an entry of slabs in short sparse rows, nothing of others.
  ///
  /// The first pass inspects the elements. A matrix whose elements are so large or small that their squares
  /// would leave the range of the scalar is scaled by a power of two first.
  ///
  /// - Parameters:
  ///   - count: how many; more than min(m, n) asks for all.
  ///   - method: how.
  ///   - tolerance: the relative accuracy asked of Lanczos (by default 1e-10, or 10 ulp in single precision),
  ///     and of every triplet: one whose residual exceeds 100 max(tolerance, 10 ulp) s1, or a hundredth of its value (a
  ///     tenth where the method does not square), is not returned, but counted as `unresolved` where the method squares;
  ///     unless it stands for zero, as one pass shows that what the others leave of A is zero to rounding.
  ///   - seed: of Lanczos's first vector, or of the random block.
  ///   - passes: how often `randomized` may read the matrix before it gives up; what has converged by then is
  ///     returned.
  ///   - leftVectors: whether to compute U, as Q of the QR factorization of A V: one more pass, m x r numbers
  ///     on the workers.
  ///   - progress: called with the number of passes so far.
  /// - Returns: the triplets that converged, with their residuals; fewer than asked for is not an error.
  /// - Throws: `LinearAlgebraError.notFinite` for NaN or infinite elements, with row and column, `invalidArgument`
  ///   for a negative count, `notConverged` when ARPACK or LAPACK gives up, `outOfMemory`, `ExecutionError`.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100, leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> TruncatedSVD<S> {
    try await SVDRequest(
      count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      leftVectors: leftVectors, progress: progress
    ).run(self)
  }
}
