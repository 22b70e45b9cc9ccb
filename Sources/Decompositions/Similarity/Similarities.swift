// Pairs of columns that point the same way: what a search for similarities returns.

public import TesseraLocalMatrices

/// The pairs of columns of a matrix whose cosine similarity reaches a threshold.
public struct Similarities<S: Scalar>: Sendable {
  /// n x n, with an entry in row i, column j, i < j, for each pair: conj(a_i) . a_j / (|a_i| |a_j|), zero
  /// cosines left out. The entries are in the order of columns, or of the tiles they were found in.
  public let pairs: TripletMatrix<S>
  /// The Euclidean norms of the columns.
  public let norms: [S.Real]
  /// A bound on the standard deviation of each similarity: zero where they are exact.
  public let standardError: S.Real
}
