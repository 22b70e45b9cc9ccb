// What one pass over the elements of a matrix tells: sum, nonzeros, whether all are finite, how large they
// get. O(stored elements).

import Numerics

/// Facts about the elements of a local matrix.
public struct ElementSummary<S: Scalar>: Sendable {
  /// The sum of all elements, in storage order, rounded once at the end.
  public var sum: S { S(real: S.Real(realSum), imaginary: S.Real(imaginarySum)) }
  /// The number of stored elements of a sparse matrix, of elements other than zero of a dense one.
  public fileprivate(set) var nonzeroCount = 0
  /// The largest modulus of a finite element; zero when there is none.
  public fileprivate(set) var largest: S.Real = 0
  /// The Frobenius norm; NaN or infinite when an element is.
  public var frobenius: S.Real { S.Real(squares.root) }
  /// Row and column of the first NaN or infinite element in row order, from zero.
  public fileprivate(set) var firstNotFinite: (row: Int, column: Int)?

  private var (realSum, imaginarySum) = (0.0, 0.0)
  private var squares = ScaledSquares()
  private let countsZeros: Bool

  fileprivate init(countsZeros: Bool) { self.countsZeros = countsZeros }

  fileprivate mutating func add(_ i: Int, _ j: Int, _ value: S) {
    let (real, imaginary) = (Double(value.realPart), Double(value.imaginaryPart))
    realSum += real
    imaginarySum += imaginary
    squares.add(real)
    squares.add(imaginary)
    if countsZeros || value != 0 { nonzeroCount += 1 }
    if value.isFiniteNumber {
      largest = max(largest, value.modulus)
    } else if firstNotFinite.map({ (i, j) < ($0.row, $0.column) }) ?? true {
      firstNotFinite = (i, j)
    }
  }
}

extension LocalMatrix {
  /// The facts, found in one pass.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func summary() -> ElementSummary<S> {
    switch self {
    case .dense(let a):
      var summary = ElementSummary<S>(countsZeros: false)
      a.forEach { summary.add($0, $1, $2) }
      return summary
    case .sparse(let a):
      var summary = ElementSummary<S>(countsZeros: true)
      a.forEach { summary.add($0, $1, $2) }
      return summary
    }
  }
}
