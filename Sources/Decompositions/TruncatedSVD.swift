// A ~ U S V^H with the k largest singular values: what a truncated decomposition returns.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

/// How a truncated SVD is computed.
public enum SVDMethod: String, Sendable, CaseIterable {
  /// Chosen by shape and count; see `RowMatrix.svd`.
  case auto
  /// Eigenvectors of the Gram matrix A^H A, formed on the workers: one pass, n^2 numbers on the driver.
  case gram
  /// Implicitly restarted Lanczos on A^H A: one pass per step, 2n numbers moved per pass and worker.
  case lanczos
  /// Restarted block Krylov iteration on A^H A from a random block: few passes, each for a whole block of
  /// vectors, that also sees every copy of a repeated value.
  case randomized
  /// The triangle of a tall-skinny QR, then its SVD: one pass, n^2 numbers on the driver, and full accuracy
  /// for small singular values, which the Gram matrix squares away.
  case tsqr
}

/// How far an iteration had come after some passes over the matrix.
public struct ConvergencePoint: Sendable, Equatable {
  /// Passes so far.
  public let passes: Int
  /// The largest |A^H A v - t v| of the wanted pairs, relative to the largest t.
  public let residual: Double
}

/// The largest singular values of an m x n matrix with their vectors, and how well they satisfy their
/// equations.
public struct TruncatedSVD<S: Scalar>: Sendable {
  /// The singular values that converged, largest first: r <= k of them.
  public let singularValues: [S.Real]
  /// The right singular vectors, n x r, on the driver. The largest component of each is real and positive.
  public let right: DenseMatrix<S>
  /// The left singular vectors, m x r with orthonormal columns, beside the rows, when asked for.
  public let left: RowMatrix<S>?
  /// For each triplet the norm of (A v - s u, A^H u - s v): with u = A v / s, or u the left singular vector
  /// where s is too small for that.
  public let residuals: [S.Real]
  /// Whether all singular values that were asked for converged.
  public let converged: Bool
  /// The method that computed them; never `auto`.
  public let method: SVDMethod
  /// The number of times the matrix was read, the vectors on request not counted.
  public let passes: Int
  /// How the residuals of an iterative method fell, cycle by cycle, before its vectors were refined; empty for
  /// gram and tsqr, which do not iterate.
  public let history: [ConvergencePoint]
  /// The Frobenius norm of the matrix: the squares of all singular values sum up to its square.
  public let frobeniusNorm: S.Real
}
