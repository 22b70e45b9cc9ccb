// Whole numbers of 64 bits as doubles: beyond 2^53 not every one has a double of its own, and the nearest is taken. O(n)
// for n stored numbers.

import Numerics
import TesseraLocalMatrices

extension MatrixFileHeader {
  /// Whether the file holds whole numbers that no scalar may hold exactly.
  public var hasLongIntegers: Bool {
    elementType == "integer" || elementType.hasSuffix("i8") || elementType.hasSuffix("u8")
  }
}

extension MatrixContents {
  /// How many stored numbers are 2^53 or more in magnitude, and row and column of the first of them, from zero; nil
  /// where none is. From a file with `hasLongIntegers` these may have been rounded.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func largeIntegers() -> (count: Int, row: Int, column: Int)? {
    let values =
      switch self {
      case .triplets(let matrix): matrix.storage
      case .dense(let matrix): matrix.storage
      }
    let limit = S.Real(0x1p53)
    var (count, first) = (0, 0)
    for (place, value) in values.enumerated() where value.realPart.magnitude >= limit {
      if count == 0 { first = place }
      count += 1
    }
    guard count > 0 else { return nil }
    switch self {
    case .triplets(let matrix):
      return (count, Int(matrix.rowIndices[first]), Int(matrix.columnIndices[first]))
    case .dense(let matrix):
      let length = max(1, matrix.order == .columnMajor ? matrix.rows : matrix.columns)
      let (major, minor) = (first / length, first % length)
      return matrix.order == .columnMajor ? (count, minor, major) : (count, major, minor)
    }
  }
}
