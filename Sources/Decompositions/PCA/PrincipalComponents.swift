// The directions in which the rows of a matrix vary most: what a principal component analysis returns.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

/// How principal components are computed.
public enum PCAMethod: String, Sendable, CaseIterable {
  /// Chosen by shape and count; see `RowMatrix.pca`.
  case auto
  /// Eigenvectors of the covariance matrix, formed on the workers: n^2 numbers on the driver.
  case gram
  /// The triangle of the centred matrix, then its SVD: n^2 numbers on the driver, and full accuracy for small
  /// variances, which the covariance matrix hides below eps times the largest.
  case tsqr
  /// Implicitly restarted Lanczos on the covariance, which is never formed: for any number of columns.
  case lanczos

  /// Whether variances are found from the covariance matrix, which hides those below eps times the largest.
  var squares: Bool { self != .tsqr }
}

/// The principal components of m rows of n numbers: the eigenvectors of the covariance matrix.
public struct PrincipalComponents<S: Scalar>: Sendable {
  /// The components, n x r, in columns, orthonormal; the largest element of each is real and positive.
  public let components: DenseMatrix<S>
  /// The variance along each, largest first, with divisor m - 1.
  public let explainedVariance: [S.Real]
  /// The same as parts of the variance of all columns, not only of those along the components found.
  public let explainedVarianceRatio: [S.Real]
  /// The singular values of the centred matrix: the square roots of (m - 1) times the variances.
  public let singularValues: [S.Real]
  /// The sum of the variances of all columns.
  public let totalVariance: S.Real
  /// What was taken off each column.
  public let mean: [S]
  /// What each column was divided by: its standard deviation, or one.
  public let deviation: [S.Real]
  /// |S v - l v| for each component v, its variance l and the covariance matrix S; a bound on it where the variances had
  /// to be certified without squaring.
  public let residuals: [S.Real]
  /// Whether all components that were asked for converged, and their variances are in the range of the scalar.
  public let converged: Bool
  /// Whether the variances are in the range of the scalar. Where they are not they are infinite or zero, and components,
  /// ratios, singular values and scores are good all the same.
  public let isInRange: Bool
  /// How many of those that were asked for the method found, but could not resolve: variances below eps^(2/3) of the
  /// largest of a method that squares. They are not returned; `tsqr` resolves them.
  public let unresolved: Int
  /// The method that computed them; never `auto`.
  public let method: PCAMethod
  /// What the method was predicted to cost. `words(passes:)` of the passes made are the words that the ledger counts, but
  /// for those of scaling by powers of two, of scores, and of variances too small for their covariance matrix.
  public let predicted: RoutePrediction
  /// The number of times the matrix was read, for scores once more.
  public let passes: Int
  /// The centred (and scaled) rows in the coordinates of the components, m x r, beside the rows, when asked for.
  public let scores: RowMatrix<S>?
}
