// Results as bits, to be compared between runs.

public import TesseraLocalMatrices

/// The bits of numbers, one after the other: equal for equal numbers, but for -0 and 0.
public struct Fingerprint: Equatable, Sendable {
  /// The bits so far.
  public private(set) var bits: [UInt64] = []

  /// Nothing yet.
  public init() {}

  /// Adds numbers.
  public mutating func add<S: Scalar>(_ numbers: [S]) {
    bits.append(UInt64(numbers.count))
    for x in numbers {
      bits.append(Double(x.realPart).bitPattern)
      if S.isComplex { bits.append(Double(x.imaginaryPart).bitPattern) }
    }
  }

  /// Adds the elements of a matrix, and its shape.
  public mutating func add<S: Scalar>(_ matrix: DenseMatrix<S>) {
    bits += [UInt64(matrix.rows), UInt64(matrix.columns)]
    add(matrix.elements(in: .columnMajor))
  }
}
