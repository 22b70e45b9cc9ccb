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
  /// sum w_i |x_i - mean|^2 / (sum w_i - ddof): a weight counts how often its row occurs. NaN where without
  /// weights that divides by zero or less.
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
  /// Whether variances and norms are in the range of the scalar: one that is too large is infinite, a variance
  /// that is too small is zero or has lost digits. The others are good all the same.
  public let isInRange: Bool
}

extension RowMatrix {
  /// Mean, variance, least and largest element, nonzeros and norms of every column.
  ///
  /// One pass, 9 flops per stored element, in double precision whatever the scalar; 7n words (complex: 10n)
  /// from every worker, and on the driver. Sparse slabs stay sparse. Where columns are so large or small that
  /// their squares leave the range of a number a second pass scales them first; where results leave the range
  /// themselves `isInRange` says so.
  ///
  /// - Parameters:
  ///   - weights: one for each row, finite and not negative: how often the row counts, as NumPy's `fweights`,
  ///     though not only whole numbers. A row of weight zero is as if it were not there. Weights that sum to one
  ///     have a variance for a ddof of 0 only.
  ///   - ddof: what is taken off the weight in the variance's divisor: 1 for the unbiased estimate, 0 for the
  ///     mean of squares (NumPy's name).
  /// - Throws: `LinearAlgebraError.notFinite` with row and column of the first NaN or infinite element,
  ///   `shapeMismatch` for another number of weights, `invalidArgument` with the row of a negative or infinite
  ///   one, or with the sum of weights that is not above `ddof` by more than rounding, `ExecutionError`.
  public func columnStatistics(weights: RangeVector<S.Real>? = nil, ddof: Double = 1) async throws
    -> ColumnStatistics<S>
  {
    let (moments, scales) = try await safeColumnMoments(weights: weights)
    // What is left of weights as 1 / m, of which one is taken off, is what their sum was rounded by.
    let rounding = (Double(S.Real.ulpOfOne) + Double(moments.rows) * .ulpOfOne) * moments.weight
    if weights != nil, !(moments.weight - ddof > rounding) {
      throw LinearAlgebraError.invalidArgument(
        "weights count how often a row occurs; these sum to \(moments.weight), expected more than the \(ddof) "
          + "of ddof")
    }
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
    let variance = (0..<n).map {
      divisor > 0 ? S.Real(squares($0) / divisor / scales[$0] / scales[$0]) : .nan
    }
    self.variance = variance
    minimum = (0..<n).map { isEmpty ? .nan : S.Real(moments.minimum[$0] / scales[$0]) }
    maximum = (0..<n).map { isEmpty ? .nan : S.Real(moments.maximum[$0] / scales[$0]) }
    oneNorms = (0..<n).map { S.Real(moments.sums[$0] / scales[$0]) }
    twoNorms = zip(moments.norms(ofColumns: n), scales).map { S.Real($0 / $1) }
    isInRange =
      (oneNorms + twoNorms).allSatisfy(\.isFinite)
      && (0..<n).allSatisfy { variance[$0].isNormal || variance[$0].isNaN || squares($0) == 0 }
  }
}
