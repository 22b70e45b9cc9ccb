// What factorizations by tiles do with dense tiles whose rows are contiguous, so that rows are exchanged by copying
// them whole:
//
//   X op(T) = B,  op(T) X = B     T a triangle of order n: m n^2 flops for m rows or columns of B
//   C -= op(A) op(B)              2mnk flops
//
// BLAS reads a buffer by columns, and so sees the transpose of each tile: X op(T) = B becomes op(T)^T X^T = B^T, whose
// op(T)^T is op of the buffer, T^T; likewise C^T -= op(B)^T op(A)^T. No tile is ever turned. Source: Dongarra et
// al., A Set of Level 3 Basic Linear Algebra Subprograms, 1990.

import Numerics

/// A triangle within a square tile, and how it is to be read.
package struct TriangleView: Sendable, Hashable {
  /// Whether it is the upper one as it is stored; what is beyond the diagonal is not read.
  package var isUpper: Bool
  /// Whether its diagonal is taken to be ones, and not read either.
  package var hasUnitDiagonal: Bool
  /// The triangle itself, its transpose or its adjoint.
  package var operation: MatrixOperation

  /// The given triangle.
  package init(isUpper: Bool, hasUnitDiagonal: Bool = false, operation: MatrixOperation = .identity) {
    self.isUpper = isUpper
    self.hasUnitDiagonal = hasUnitDiagonal
    self.operation = operation
  }

  /// Whether what is read is upper triangular.
  package var readsUpper: Bool { isUpper == (operation == .identity) }
}

extension DenseMatrix {
  /// The same matrix with its buffer in row-major order and no pending conjugation.
  package func rowMajor() -> DenseMatrix {
    isRowMajor
      ? self : DenseMatrix(unchecked: rows, columns, order: .rowMajor, elements(in: .rowMajor))
  }

  /// Whether the buffer is in row-major order and means what it holds.
  package var isRowMajor: Bool { order == .rowMajor && !isConjugated }

  /// X with op(T) X = B (`fromLeft`) or X op(T) = B in the place of this B.
  ///
  /// - Throws: `shapeMismatch` unless T is square and fits, `invalidArgument` for a tile that is not row-major.
  package mutating func divide(by t: DenseMatrix, _ view: TriangleView, fromLeft: Bool)
    throws(LinearAlgebraError)
  {
    guard t.rows == t.columns, t.rows == (fromLeft ? rows : columns) else {
      throw .shapeMismatch(operation: "triangular solve", left: t.shape, right: shape)
    }
    try requireRowMajor()
    try t.requireRowMajor()
    guard rows > 0, columns > 0 else { return }
    let (m, n, order) = (columns, rows, t.rows)
    S.count(multiplyAdds: rows * columns * order / 2)
    storage.withUnsafeMutableBufferPointer { x in
      t.storage.withUnsafeBufferPointer {
        S.trsm(
          left: !fromLeft, upper: !view.isUpper, view.operation, unitDiagonal: view.hasUnitDiagonal, m, n,
          $0.baseAddress!, order, x.baseAddress!, m)
      }
    }
  }

  /// Takes op(A) op(B) away from this C.
  ///
  /// - Throws: `shapeMismatch` unless the product is of C's shape, `invalidArgument` for a tile that is not
  ///   row-major.
  package mutating func subtract(
    _ opA: MatrixOperation, _ a: DenseMatrix, times opB: MatrixOperation, _ b: DenseMatrix
  ) throws(LinearAlgebraError) {
    let left = opA == .identity ? a.shape : Shape(a.columns, a.rows)
    let right = opB == .identity ? b.shape : Shape(b.columns, b.rows)
    guard left.columns == right.rows else {
      throw .shapeMismatch(operation: "product", left: left, right: right)
    }
    guard shape == Shape(left.rows, right.columns) else {
      throw .shapeMismatch(operation: "subtraction", left: shape, right: Shape(left.rows, right.columns))
    }
    try requireRowMajor()
    try a.requireRowMajor()
    try b.requireRowMajor()
    guard rows > 0, columns > 0, left.columns > 0 else { return }
    let (m, n) = (columns, rows)
    S.count(multiplyAdds: m * n * left.columns)
    storage.withUnsafeMutableBufferPointer { c in
      a.storage.withUnsafeBufferPointer { x in
        b.storage.withUnsafeBufferPointer { y in
          S.gemm(
            opB, opA, m, n, left.columns, -1, y.baseAddress!, b.columns, x.baseAddress!, a.columns, 1,
            c.baseAddress!, m)
        }
      }
    }
  }

  /// Copies row `row` of `source` into row `target` for each of `places`. O(size of what is copied).
  ///
  /// - Throws: `shapeMismatch` unless the rows are as long, `invalidArgument` for a row that is not there or a tile
  ///   that is not row-major.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  package mutating func setRows(_ places: [(target: Int, row: Int)], of source: DenseMatrix)
    throws(LinearAlgebraError)
  {
    guard columns == source.columns else {
      throw .shapeMismatch(operation: "row exchange", left: shape, right: source.shape)
    }
    try requireRowMajor()
    try source.requireRowMajor()
    for (target, row) in places where !(0..<rows ~= target && 0..<source.rows ~= row) {
      throw .invalidArgument("row \(row) of \(source.shape) does not go into row \(target) of \(shape)")
    }
    let width = columns
    if width == 0 { return }
    storage.withUnsafeMutableBufferPointer { x in
      source.storage.withUnsafeBufferPointer { y in
        for (target, row) in places {
          (x.baseAddress! + target * width).update(from: y.baseAddress! + row * width, count: width)
        }
      }
    }
  }

  /// The given rows of a row-major matrix, in their order. O(size of the result).
  ///
  /// - Throws: `invalidArgument` for a row that is not there or a matrix that is not row-major.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  package func selectingRows(_ selection: [Int]) throws(LinearAlgebraError) -> DenseMatrix {
    try requireRowMajor()
    for row in selection where !(0..<rows ~= row) { throw .invalidArgument("row \(row) of \(shape)") }
    let (width, count) = (columns, selection.count * columns)
    guard count > 0 else { return DenseMatrix(unchecked: selection.count, width, order: .rowMajor, []) }
    let elements = [S](inLargePages: count) { target, written in
      storage.withUnsafeBufferPointer { source in
        for (t, row) in selection.enumerated() {
          (target.baseAddress! + t * width).initialize(from: source.baseAddress! + row * width, count: width)
        }
      }
      written = count
    }
    return DenseMatrix(unchecked: selection.count, width, order: .rowMajor, elements)
  }

  /// The elements column after column, each `stride` after the one before, zeros between. O(stride n).
  ///
  /// - Precondition: `stride` is at least the number of rows.
  /// - Throws: `invalidArgument` for a matrix that is not row-major.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func columnMajor(stride: Int) throws(LinearAlgebraError) -> [S] {
    try requireRowMajor()
    let width = columns
    return [S](inLargePages: stride * width) { target, written in
      storage.withUnsafeBufferPointer { source in
        forEachBlock { rows, columns in
          for i in rows {
            for j in columns { target.initializeElement(at: j * stride + i, to: source[i * width + j]) }
          }
        }
      }
      for j in 0..<width {
        for i in rows..<stride { target.initializeElement(at: j * stride + i, to: 0) }
      }
      written = stride * width
    }
  }

  /// The largest |a_ij - conj(b_ji)| of two row-major matrices, NaN where one is. O(mn).
  ///
  /// - Throws: `shapeMismatch` unless B has the shape of the adjoint, `invalidArgument` for a matrix that is not
  ///   row-major.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  package func largestDifference(fromAdjointOf b: DenseMatrix) throws(LinearAlgebraError) -> S.Real {
    guard shape == Shape(b.columns, b.rows) else {
      throw .shapeMismatch(operation: "comparison", left: shape, right: Shape(b.columns, b.rows))
    }
    try requireRowMajor()
    try b.requireRowMajor()
    let (width, height) = (columns, rows)
    return storage.withUnsafeBufferPointer { x in
      b.storage.withUnsafeBufferPointer { y in
        var largest: S.Real = 0
        forEachBlock { rows, columns in
          for i in rows {
            for j in columns {
              largest = maximum(largest, (x[i * width + j] - y[j * height + i].conjugate).modulus)
            }
          }
        }
        return largest
      }
    }
  }

  /// Calls `body` with the rows and columns of blocks so small that what is read by rows and what is read by columns
  /// stay in cache beside each other, also where columns are a power of two apart.
  @inline(__always)
  private func forEachBlock(_ body: (Range<Int>, Range<Int>) -> Void) {
    let size = 16
    for i in Swift.stride(from: 0, to: rows, by: size) {
      for j in Swift.stride(from: 0, to: columns, by: size) {
        body(i..<min(i + size, rows), j..<min(j + size, columns))
      }
    }
  }

  /// The triangle of a row-major square tile, exact zeros beyond the diagonal, ones on it where it has those.
  /// O(n^2).
  package func triangle(_ view: TriangleView) throws(LinearAlgebraError) -> DenseMatrix {
    try requireRowMajor()
    var elements: [S] = []
    elements.reserveCapacity(storage.count)
    for i in 0..<rows {
      let row = storage[i * columns..<(i + 1) * columns]
      let before = min(i, columns)
      if view.isUpper {
        elements.append(contentsOf: repeatElement(0, count: before))
      } else {
        elements.append(contentsOf: row.prefix(before))
      }
      guard i < columns else { continue }
      elements.append(view.hasUnitDiagonal ? 1 : storage[i * columns + i])
      if view.isUpper {
        elements.append(contentsOf: row.dropFirst(i + 1))
      } else {
        elements.append(contentsOf: repeatElement(0, count: columns - i - 1))
      }
    }
    return DenseMatrix(unchecked: rows, columns, order: .rowMajor, elements)
  }

  /// - Throws: `invalidArgument`.
  func requireRowMajor() throws(LinearAlgebraError) {
    guard isRowMajor else { throw .invalidArgument("a tile whose rows are not contiguous") }
  }
}
