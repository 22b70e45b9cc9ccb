// Mean, variance, extremes, nonzeros and norms of every column in one pass, which stays accurate where means
// are large against deviations: see `ColumnMoments` for how and for the sources.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import Numerics

/// Facts about each column of an m x n matrix.
public struct ColumnStatistics<S: Scalar>: Sendable, Equatable {
  /// The number of rows whose weight is not zero.
  public let count: Int
  /// The sum of the weights w_i; `count` without weights.
  public let weight: Double
  /// sum w_i x_i / sum w_i; NaN without rows.
  public let mean: [S]
  /// sum w_i |x_i - mean|^2 / (sum w_i - ddof); NaN where that divides by zero or less.
  public let variance: [S.Real]
  /// The least element, for a complex scalar the least modulus; NaN without rows.
  public let minimum: [S.Real]
  /// The largest element, for a complex scalar the largest modulus; NaN without rows.
  public let maximum: [S.Real]
  /// The number of elements other than zero.
  public let nonzeros: [Int]
  /// sum w_i |x_i|
  public let oneNorms: [S.Real]
  /// sqrt(sum w_i |x_i|^2)
  public let twoNorms: [S.Real]
}

extension RowMatrix {
  /// Mean, variance, least and largest element, nonzeros and norms of every column.
  ///
  /// One pass, 9 flops per stored element, in double precision whatever the scalar; 7n words (complex: 10n)
  /// from every worker, and on the driver. Sparse slabs stay sparse. Where columns are so large or small that
  /// their squares leave the range of a number a second pass scales them first; results that leave the range
  /// themselves are infinite or zero.
  ///
  /// - Parameters:
  ///   - weights: one for each row, finite and not negative; a row of weight zero is as if it were not there.
  ///   - ddof: what is taken off the weight in the variance's divisor: 1 for the unbiased estimate, 0 for the
  ///     mean of squares (NumPy's name).
  /// - Throws: `LinearAlgebraError.notFinite` with row and column of the first NaN or infinite element,
  ///   `shapeMismatch` for another number of weights, `invalidArgument` with the row of a negative or infinite
  ///   one, `ExecutionError`.
  public func columnStatistics(weights: RangeVector<S.Real>? = nil, ddof: Double = 1) async throws
    -> ColumnStatistics<S>
  {
    let (moments, scales) = try await safeColumnMoments(weights: weights)
    return ColumnStatistics(moments, scales, ddof: ddof)
  }

  /// The moments of the columns, each times a power of two where its squares would leave the range of a number.
  func safeColumnMoments(weights: RangeVector<S.Real>? = nil) async throws -> (
    moments: ColumnMoments, scales: [Double]
  ) {
    let moments = try await columnMoments(weights: weights)
    let ones = [Double](repeating: 1, count: columns)
    if moments.rows == 0 { return (moments, ones) }
    let isFinite = moments.squares.allSatisfy(\.isFinite) && moments.sums.allSatisfy(\.isFinite)
    // What is not finite is named; what only its sums or squares make so is scaled.
    if !isFinite { _ = try await magnitudes() }
    let scales = (0..<columns).map { j in
      let size = max(moments.minimum[j].magnitude, moments.maximum[j].magnitude)
      let exponent = size > 0 ? max(-1000, min(Int(size.exponent), 1000)) : 0
      return exponent.magnitude < 400 ? 1 : Double(sign: .plus, exponent: -exponent, significand: 1)
    }
    if scales == ones { return (moments, ones) }
    return (try await columnMoments(weights: weights, scales: scales), scales)
  }
}

extension ColumnStatistics {
  init(_ moments: ColumnMoments, _ scales: [Double], ddof: Double) {
    let (n, parts) = (scales.count, S.isComplex ? 2 : 1)
    let isEmpty = moments.rows == 0
    (count, weight, nonzeros) = (moments.rows, moments.weight, moments.nonzeros)
    mean = (0..<n).map { j in
      if isEmpty { return S(real: .nan) }
      let part = { (p: Int) in S.Real(moments.mean[j * parts + p] / scales[j]) }
      return S(real: part(0), imaginary: parts == 2 ? part(1) : 0)
    }
    let divisor = moments.weight - ddof
    func squares(_ j: Int) -> Double { (0..<parts).reduce(0) { $0 + moments.squares[j * parts + $1] } }
    variance = (0..<n).map { divisor > 0 ? S.Real(squares($0) / divisor / scales[$0] / scales[$0]) : .nan }
    minimum = (0..<n).map { isEmpty ? .nan : S.Real(moments.minimum[$0] / scales[$0]) }
    maximum = (0..<n).map { isEmpty ? .nan : S.Real(moments.maximum[$0] / scales[$0]) }
    oneNorms = (0..<n).map { S.Real(moments.sums[$0] / scales[$0]) }
    twoNorms = zip(moments.norms(ofColumns: n), scales).map { S.Real($0 / $1) }
  }
}
