// A sparse m x n matrix in compressed form (CSR or CSC; Saad, Iterative Methods for Sparse Linear
// Systems, 3.4). 8(p + 1) + 12 z bytes in Double, p the compressed dimension, z the nonzeros.

import Numerics

/// The dimension whose vectors a sparse matrix stores one after the other.
public enum CompressedAxis: Sendable, Hashable {
  /// Row after row: CSR.
  case rows
  /// Column after column: CSC.
  case columns

  /// The other axis.
  public var flipped: CompressedAxis { self == .rows ? .columns : .rows }
}

/// A sparse local matrix, a value with copy-on-write storage.
///
/// The *major* vectors are the rows (CSR) or columns (CSC); the stored entries of major vector `p` are at
/// `offsets[p]..<offsets[p + 1]`, with their minor indices ascending and without duplicates. Stored
/// zeros are kept.
public struct SparseMatrix<S: Scalar>: Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Whether rows or columns are stored one after the other.
  public let axis: CompressedAxis
  /// Whether the values are the conjugates of `storage`; never so for a real scalar.
  public let isConjugated: Bool
  /// Where each major vector starts, and the end: one more than there are major vectors.
  public let offsets: [Int]
  /// Minor index of each stored entry.
  public let indices: [Int32]
  /// Raw value of each stored entry. To read values use `forEach` or `values`.
  public let storage: [S]

  package init(
    unchecked rows: Int, _ columns: Int, axis: CompressedAxis, conjugated: Bool = false,
    offsets: [Int], indices: [Int32], _ storage: [S]
  ) {
    self.rows = rows
    self.columns = columns
    self.axis = axis
    self.isConjugated = conjugated && S.isComplex
    self.offsets = offsets
    self.indices = indices
    self.storage = storage
  }

  /// A matrix from its compressed arrays, which are checked. O(dimension + nonzeros).
  ///
  /// - Throws: `invalidArgument` when offsets do not ascend from 0 to the number of entries, or indices
  ///   leave the matrix, descend or repeat within a major vector; `tooLarge` beyond 2^31-1 rows or columns.
  public init(
    rows: Int, columns: Int, axis: CompressedAxis, offsets: [Int], indices: [Int32], values: [S]
  ) throws(LinearAlgebraError) {
    try checkDimensions(rows, columns)
    let (major, minor) = axis == .rows ? (rows, columns) : (columns, rows)
    guard offsets.count == major + 1, offsets.first == 0, offsets.last == indices.count,
      indices.count == values.count
    else {
      throw .invalidArgument(
        "compressed arrays of \(offsets.count) offsets, \(indices.count) indices and "
          + "\(values.count) values do not describe \(rows) x \(columns)")
    }
    for p in 0..<major {
      guard offsets[p] <= offsets[p + 1], offsets[p + 1] <= indices.count else {
        throw .invalidArgument("offset \(p + 1) is \(offsets[p + 1]), not ascending")
      }
      var last = -1
      for q in offsets[p]..<offsets[p + 1] {
        let index = Int(indices[q])
        guard index > last, index < minor else {
          throw .invalidArgument(
            "index \(index) at \(q) is out of range, unsorted or repeated (vector \(p))")
        }
        last = index
      }
    }
    self.init(
      unchecked: rows, columns, axis: axis, offsets: offsets, indices: indices, values)
  }

  /// A matrix without stored entries. O(dimension).
  ///
  /// - Precondition: nonnegative dimensions below 2^31.
  public init(zeros rows: Int, _ columns: Int, axis: CompressedAxis = .rows) {
    precondition(isTileDimension(rows) && isTileDimension(columns), "\(rows) x \(columns)")
    let major = axis == .rows ? rows : columns
    self.init(
      unchecked: rows, columns, axis: axis, offsets: [Int](repeating: 0, count: major + 1),
      indices: [], [])
  }

  /// Rows and columns.
  public var shape: Shape { Shape(rows, columns) }
  /// Number of stored entries, stored zeros included.
  public var nonzeroCount: Int { storage.count }
  /// Number of major vectors: rows of CSR, columns of CSC.
  public var majorCount: Int { offsets.count - 1 }
  /// The value of each stored entry: the storage itself unless a conjugation is pending.
  public var values: [S] { isConjugated ? storage.map(\.conjugate) : storage }

  /// The transpose, sharing the buffers. O(1).
  public func transposed() -> SparseMatrix {
    SparseMatrix(
      unchecked: columns, rows, axis: axis.flipped, conjugated: isConjugated, offsets: offsets,
      indices: indices, storage)
  }

  /// The elementwise conjugate, sharing the buffers. O(1).
  public func conjugated() -> SparseMatrix {
    SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: !isConjugated, offsets: offsets,
      indices: indices, storage)
  }

  /// The conjugate transpose, sharing the buffers. O(1).
  public func adjoint() -> SparseMatrix { transposed().conjugated() }

  /// The same matrix without a pending conjugation: itself, or a copy of the values.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func resolved() -> SparseMatrix {
    isConjugated
      ? SparseMatrix(
        unchecked: rows, columns, axis: axis, offsets: offsets, indices: indices, values) : self
  }

  /// The element in row `i`, column `j`; zero where none is stored. O(log of the major vector's length).
  ///
  /// - Precondition: (i, j) lies in the matrix.
  public subscript(i: Int, j: Int) -> S {
    precondition(
      i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) is outside \(rows) x \(columns)")
    let (p, wanted) = axis == .rows ? (i, Int32(j)) : (j, Int32(i))
    var (low, high) = (offsets[p], offsets[p + 1])
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    guard low < offsets[p + 1], indices[low] == wanted else { return 0 }
    return isConjugated ? storage[low].conjugate : storage[low]
  }

  /// Calls `body` with row, column and value of every stored entry, major vector after major vector.
  public func forEach(_ body: (Int, Int, S) throws -> Void) rethrows {
    for p in 0..<majorCount {
      for q in offsets[p]..<offsets[p + 1] {
        let value = isConjugated ? storage[q].conjugate : storage[q]
        let index = Int(indices[q])
        if axis == .rows { try body(p, index, value) } else { try body(index, p, value) }
      }
    }
  }
}

extension SparseMatrix: Equatable {
  /// Whether shapes, patterns and values agree, whatever the compressed axis. Stored zeros count as entries.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func == (a: SparseMatrix, b: SparseMatrix) -> Bool {
    guard a.shape == b.shape, a.nonzeroCount == b.nonzeroCount else { return false }
    let b = b.compressed(by: a.axis)
    return a.offsets == b.offsets && a.indices == b.indices && a.values == b.values
  }
}
