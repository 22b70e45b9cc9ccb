// Parts of a dense matrix, and matrices put together from parts. Each copies what it returns.

import Numerics

extension DenseMatrix {
  /// The submatrix of the given rows and columns (zero-based ranges). O(size of the result).
  ///
  /// - Throws: `invalidArgument` when a range leaves the matrix.
  public subscript(rowRange: Range<Int>, columnRange: Range<Int>) -> DenseMatrix {
    @specialized(where S == Float)
    @specialized(where S == Double)
    @specialized(where S == Complex<Float>)
    @specialized(where S == Complex<Double>)
    get throws(LinearAlgebraError) {
      guard rowRange.lowerBound >= 0, rowRange.upperBound <= rows, columnRange.lowerBound >= 0,
        columnRange.upperBound <= columns
      else {
        throw .invalidArgument("rows \(rowRange), columns \(columnRange) leave \(shape)")
      }
      let (major, minor) =
        order == .columnMajor ? (columnRange, rowRange) : (rowRange, columnRange)
      let stride = order == .columnMajor ? rows : columns
      var part = [S](roomInLargePages: major.count * minor.count)
      if minor.count == stride {
        part.append(contentsOf: storage[major.lowerBound * stride..<major.upperBound * stride])
      } else {
        for a in major {
          part.append(contentsOf: storage[a * stride + minor.lowerBound..<a * stride + minor.upperBound])
        }
      }
      return DenseMatrix(
        unchecked: rowRange.count, columnRange.count, order: order, conjugated: isConjugated, part)
    }
  }

  /// Column `j` as an array. O(rows).
  ///
  /// - Precondition: `j` is a column.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func column(_ j: Int) -> [S] {
    precondition(j >= 0 && j < columns, "column \(j) of \(shape)")
    return order == .columnMajor && !isConjugated
      ? Array(storage[j * rows..<(j + 1) * rows]) : (0..<rows).map { self[$0, j] }
  }

  /// Row `i` as an array. O(columns).
  ///
  /// - Precondition: `i` is a row.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func row(_ i: Int) -> [S] { (0..<columns).map { self[i, $0] } }

  /// The diagonal, min(rows, columns) long.
  public var diagonal: [S] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// The matrices one below the other. O(size of the result).
  ///
  /// - Throws: `shapeMismatch` when the numbers of columns differ, `invalidArgument` for no matrix.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func stackedRows(_ parts: [DenseMatrix]) throws(LinearAlgebraError) -> DenseMatrix {
    guard let first = parts.first else {
      throw .invalidArgument("stacking needs at least one matrix")
    }
    var elements = [S](roomInLargePages: parts.reduce(0) { $0 + $1.storage.count })
    for part in parts {
      guard part.columns == first.columns else {
        throw .shapeMismatch(operation: "stacking rows", left: first.shape, right: part.shape)
      }
      elements += part.elements(in: .rowMajor)
    }
    return try DenseMatrix(
      rows: parts.reduce(0) { $0 + $1.rows }, columns: first.columns, order: .rowMajor,
      elements: elements)
  }
}
