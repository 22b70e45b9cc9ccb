// A ~ U S V^H with the k largest singular values: what a truncated decomposition returns.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

/// How a truncated SVD is computed.
public enum SVDMethod: String, Sendable, CaseIterable {
  /// Chosen by predicted passes, words and memory; see `SVDPlan`.
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
  /// LAPACK's SVD of the whole matrix on the driver: mn numbers move there once. As accurate as `tsqr`.
  case dense

  /// Whether the method finds vectors from A^H A, and so cannot tell values below sqrt(eps) s1 from rounding.
  public var squares: Bool { self == .gram || iterates }

  /// Whether nobody knows beforehand how often the method reads the matrix.
  var iterates: Bool { self == .lanczos || self == .randomized }
}

/// How far an iteration had come after some passes over the matrix.
public struct ConvergencePoint: Sendable, Equatable {
  /// Passes so far.
  public let passes: Int
  /// The largest |A^H A v - t v| of the wanted pairs, relative to the largest t.
  public let residual: Double
}

/// The largest singular values of an m x n matrix with their vectors, and how well they satisfy their
/// equations. `TruncatedSVD`, `LocalSVD` and `OperatorSVD` differ in where the left vectors are.
public struct PartialSVD<S: Scalar, Left: Sendable>: Sendable {
  /// The singular values that converged, largest first: r <= k of them.
  public let singularValues: [S.Real]
  /// The right singular vectors, n x r, on the driver. The largest component of each is real and positive.
  public let right: DenseMatrix<S>
  /// The left singular vectors, m x r with orthonormal columns, when asked for.
  public let left: Left?
  /// For each triplet the norm of (A v - s u, A^H u - s v): with u = A v / s, or u the left singular vector
  /// where s is too small for that.
  public let residuals: [S.Real]
  /// The larger of |I - V^H V|_F and, where U was computed, |I - U^H U|_F.
  public let orthogonality: S.Real
  /// Whether all singular values that were asked for converged, and are in the range of the scalar.
  public let converged: Bool
  /// Whether all values returned are in the range of the scalar; one that is not is infinite. Vectors are good all the
  /// same.
  public let isInRange: Bool
  /// How many of those that were asked for the method found, but could not resolve: values below
  /// eps^(1/3) s1 of a method that squares. They are not returned; `tsqr` and `dense` resolve them.
  public let unresolved: Int
  /// The method that computed them; never `auto`.
  public let method: SVDMethod
  /// Why that method: what was predicted, or what the first method could not do.
  public let reason: String
  /// What every method was predicted to cost; nil where there was nothing to find.
  public let plan: SVDPlan?
  /// What the method was predicted to cost; nil where there was nothing to find. `words(passes:)` of the passes made are
  /// the words that the ledger counts, but for what `SVDPlan` says is not among them.
  public var predicted: RoutePrediction? { plan?.estimates.first { $0.method == method }?.prediction }
  /// The number of times the matrix was read, the vectors on request not counted.
  public let passes: Int
  /// How the residuals of an iterative method fell, cycle by cycle, before its vectors were refined; empty for the
  /// others.
  public let history: [ConvergencePoint]
  /// The Frobenius norm of the matrix: the squares of all singular values sum up to its square. NaN of an operator
  /// whose elements are not known.
  public let frobeniusNorm: S.Real
}

/// The truncated SVD of a distributed matrix, its left vectors beside the rows.
public typealias TruncatedSVD<S: Scalar> = PartialSVD<S, RowMatrix<S>>

/// The truncated SVD of a matrix on the driver.
public typealias LocalSVD<S: Scalar> = PartialSVD<S, DenseMatrix<S>>

/// The truncated SVD of a linear operator, a range vector for each left vector.
public typealias OperatorSVD<S: Scalar> = PartialSVD<S, [RangeVector<S>]>
