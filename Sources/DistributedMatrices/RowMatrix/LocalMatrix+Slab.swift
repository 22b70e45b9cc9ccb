// A local matrix as a slab: row after row in memory, and dense or sparse as takes fewer bytes.

import Numerics
public import TesseraLocalMatrices
public import TesseraPartitioning

extension LocalMatrix {
  /// The same matrix stored row after row.
  func byRows() throws(LinearAlgebraError) -> LocalMatrix {
    switch self {
    case .dense(let a):
      .dense(
        try DenseMatrix(
          rows: a.rows, columns: a.columns, order: .rowMajor, elements: a.elements(in: .rowMajor)))
    case .sparse(let a): .sparse(a.compressed(by: .rows))
    }
  }

  /// Where a row matrix of `parts` slabs cuts this one: equally many rows of a dense matrix, nearly equally
  /// many nonzeros of a sparse one. O(parts log rows), after a compression by rows where the matrix is by
  /// columns.
  ///
  /// - Precondition: `parts >= 1`.
  public func slabCuts(parts: Int) -> Cuts {
    switch self {
    case .dense(let a): Cuts(even: a.rows, parts: parts)
    case .sparse(let a): Cuts(balancing: a.compressed(by: .rows).offsets, parts: parts)
    }
  }

  /// A sparse matrix as it is, or dense when that takes fewer bytes; a dense one as it is.
  func compact() throws(LinearAlgebraError) -> LocalMatrix {
    guard case .sparse(let a) = self, a.nonzeroCount > 0 else { return self }
    // The bytes of a large shape can leave the range of Int.
    let denseBytes = Double(rows) * Double(columns) * Double(MemoryLayout<S>.stride)
    guard denseBytes < Double(Self.sparseBytes(a.nonzeroCount, lines: a.majorCount)) else { return self }
    return .dense(try a.dense(order: .rowMajor))
  }

  /// A dense matrix as it is, or without its zeros when that takes fewer bytes; a sparse one as it is. O(mn).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func compactWithoutZeros() -> LocalMatrix {
    guard case .dense(let a) = self else { return self }
    let nonzeros = a.storage.reduce(0) { $1 == 0 ? $0 : $0 + 1 }
    let denseBytes = a.storage.count * MemoryLayout<S>.stride
    return Self.sparseBytes(nonzeros, lines: rows) < denseBytes ? .sparse(a.sparse()) : self
  }

  /// Bytes of values, indices and offsets of a sparse matrix with so many compressed lines.
  private static func sparseBytes(_ nonzeros: Int, lines: Int) -> Int {
    nonzeros * (MemoryLayout<S>.stride + 4) + (lines + 1) * 8
  }

  /// The parts one below the other: sparse when any is, so that one dense part does not fill the others.
  static func stackedSparsely(_ parts: [LocalMatrix]) throws(LinearAlgebraError) -> LocalMatrix {
    var isDense = true
    for case .sparse in parts { isDense = false }
    return try .stackedRows(isDense ? parts : parts.map { .sparse($0.sparse()) })
  }

  private func sparse() -> SparseMatrix<S> {
    switch self {
    case .dense(let a): a.sparse()
    case .sparse(let a): a
    }
  }
}
