// A local matrix put together from parts that lie side by side, and sums in place. Each element is copied once;
// sparse parts stay sparse unless dense ones cover a third of the matrix.

import Numerics

/// A part of a larger matrix and the place of its first element there.
public struct PlacedPart<S: Scalar>: Sendable {
  /// Row of the part's first element.
  public var row: Int
  /// Column of the part's first element.
  public var column: Int
  /// The part.
  public var matrix: LocalMatrix<S>

  /// `matrix` with its first element in row `row`, column `column`.
  public init(row: Int, column: Int, _ matrix: LocalMatrix<S>) {
    self.row = row
    self.column = column
    self.matrix = matrix
  }
}

extension LocalMatrix {
  /// The matrix of the given shape with the given parts, which do not overlap, and zeros elsewhere. O(size of
  /// the result).
  ///
  /// - Throws: `invalidArgument` for a part that leaves the matrix, `outOfMemory`.
  public static func assembled(rows: Int, columns: Int, _ parts: [PlacedPart<S>]) throws(LinearAlgebraError)
    -> LocalMatrix
  {
    var denseArea = 0
    for part in parts {
      guard part.row >= 0, part.column >= 0, part.row + part.matrix.rows <= rows,
        part.column + part.matrix.columns <= columns
      else {
        throw .invalidArgument(
          "a part of \(part.matrix.shape) at (\(part.row), \(part.column)) leaves \(rows) x \(columns)")
      }
      if case .dense(let a) = part.matrix { denseArea += a.storage.count }
    }
    if parts.count == 1, parts[0].matrix.shape == Shape(rows, columns) { return parts[0].matrix }
    // Compared as numbers that do not overflow: the area of a sparse shape can be beyond Int.
    guard Double(denseArea) * 3 > Double(rows) * Double(columns) else {
      return .sparse(try assembleSparse(rows, columns, parts))
    }
    try MemoryGuard.check("the assembled matrix", rows, columns, bytesPerElement: MemoryLayout<S>.stride)
    let isByRows = parts.allSatisfy {
      if case .dense(let a) = $0.matrix { a.order == .rowMajor } else { true }
    }
    return .dense(assembleDense(rows, columns, parts, order: isByRows ? .rowMajor : .columnMajor))
  }

  /// Adds `other`: dense as soon as one of the two is.
  ///
  /// - Throws: `shapeMismatch`.
  public mutating func add(_ other: LocalMatrix) throws(LinearAlgebraError) {
    guard shape == other.shape else {
      throw .shapeMismatch(operation: "addition", left: shape, right: other.shape)
    }
    switch (self, other) {
    case (.dense(var a), .dense(let b)):
      self = .sparse(SparseMatrix(zeros: 0, 0))  // Lets go of the buffer, so that it is changed in place.
      a.addInPlace(b)
      self = .dense(a)
    case (.dense(var a), .sparse(let b)):
      self = .sparse(SparseMatrix(zeros: 0, 0))
      a.addInPlace(b)
      self = .dense(a)
    case (.sparse(let a), .dense(var b)):
      b.addInPlace(a)
      self = .dense(b)
    case (.sparse(let a), .sparse(let b)): self = .sparse(try a + b)
    }
  }
}

extension DenseMatrix {
  /// Adds a matrix of the same shape.
  fileprivate mutating func addInPlace(_ b: DenseMatrix) {
    if isConjugated { self = DenseMatrix(unchecked: rows, columns, order: order, elements(in: order)) }
    axpy(1, b.elements(in: order), &storage)
  }

  /// Adds a matrix of the same shape. O(its nonzeros).
  fileprivate mutating func addInPlace(_ b: SparseMatrix<S>) {
    if isConjugated { self = DenseMatrix(unchecked: rows, columns, order: order, elements(in: order)) }
    scatter(b, 0, 0, adding: true)
  }

  /// Writes the entries of `b`, or adds them, with its corner at (row, column).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate mutating func scatter(_ b: SparseMatrix<S>, _ row: Int, _ column: Int, adding: Bool) {
    let (stride, isByRows) = (leadingDimension, order == .rowMajor)
    storage.withUnsafeMutableBufferPointer { target in
      b.forEach { i, j, value in
        let place =
          isByRows ? (row + i) * stride + column + j : (column + j) * stride + row + i
        target[place] = adding ? target[place] + value : value
      }
    }
  }
}

private func assembleDense<S: Scalar>(
  _ rows: Int, _ columns: Int, _ parts: [PlacedPart<S>], order: StorageOrder
) -> DenseMatrix<S> {
  // Parts do not overlap: when dense ones have as many elements as there are, all are written.
  let covered = parts.reduce(0) {
    if case .dense(let a) = $1.matrix { $0 + a.storage.count } else { $0 }
  }
  let stride = order == .rowMajor ? columns : rows
  let elements = [S](inLargePages: rows * columns) { target, count in
    if covered < rows * columns { target.initialize(repeating: 0) }
    for case (let row, let column, .dense(let b)) in parts.map({ ($0.row, $0.column, $0.matrix) }) {
      let (major, minor) = order == .rowMajor ? (b.rows, b.columns) : (b.columns, b.rows)
      let first = order == .rowMajor ? row * stride + column : column * stride + row
      guard major > 0, minor > 0, let start = target.baseAddress else { continue }
      b.elements(in: order).withUnsafeBufferPointer { source in
        for p in 0..<major {
          (start + first + p * stride).initialize(from: source.baseAddress! + p * minor, count: minor)
        }
      }
    }
    count = rows * columns
  }
  var result = DenseMatrix(unchecked: rows, columns, order: order, elements)
  for case (let row, let column, .sparse(let b)) in parts.map({ ($0.row, $0.column, $0.matrix) }) {
    result.scatter(b, row, column, adding: false)
  }
  return result
}

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func assembleSparse<S: Scalar>(_ rows: Int, _ columns: Int, _ parts: [PlacedPart<S>])
  throws(LinearAlgebraError) -> SparseMatrix<S>
{
  try checkDimensions(rows, columns)
  // By rows.
  var placed: [SparseMatrix<S>.Placed] = []
  for part in parts {
    switch part.matrix {
    case .sparse(let a): placed.append((part.row, part.column, a.compressed(by: .rows).resolved()))
    case .dense(let a): placed.append((part.row, part.column, a.sparse().compressed(by: .rows).resolved()))
    }
  }
  placed.sort { $0.row < $1.row }
  if zip(placed, placed.dropFirst()).allSatisfy({ $0.row + $0.matrix.rows <= $1.row }) {
    return .stacked(rows, columns, placed)
  }
  // From left to right, so that indices ascend.
  placed.sort { $0.column < $1.column }
  var offsets = [Int](repeating: 0, count: rows + 1)
  for (row, _, matrix) in placed {
    for i in 0..<matrix.rows { offsets[row + i + 1] += matrix.offsets[i + 1] - matrix.offsets[i] }
  }
  for i in 0..<rows { offsets[i + 1] += offsets[i] }
  var next = offsets
  var indices = [Int32](repeating: 0, count: offsets[rows])
  var values = [S](repeating: 0, count: offsets[rows])
  for (row, column, matrix) in placed {
    let shift = Int32(truncatingIfNeeded: column)
    for i in 0..<matrix.rows {
      var target = next[row + i]
      for q in matrix.offsets[i]..<matrix.offsets[i + 1] {
        indices[target] = matrix.indices[q] + shift
        values[target] = matrix.storage[q]
        target += 1
      }
      next[row + i] = target
    }
  }
  return SparseMatrix(
    unchecked: rows, columns, axis: .rows, offsets: offsets, indices: indices, values)
}
