// A local matrix that is dense or sparse by content: what a tile holds. The product table of a pair of
// tiles is here; the four kernels are in Kernels/.

/// A dense or a sparse local matrix.
public enum LocalMatrix<S: Scalar>: Sendable, Equatable {
  /// A dense matrix.
  case dense(DenseMatrix<S>)
  /// A sparse matrix.
  case sparse(SparseMatrix<S>)

  /// Rows and columns.
  public var shape: Shape {
    switch self {
    case .dense(let a): a.shape
    case .sparse(let a): a.shape
    }
  }

  /// Number of rows.
  public var rows: Int { shape.rows }
  /// Number of columns.
  public var columns: Int { shape.columns }

  /// Number of stored elements: all of a dense matrix.
  public var storedCount: Int {
    switch self {
    case .dense(let a): a.storage.count
    case .sparse(let a): a.nonzeroCount
    }
  }

  /// The dense form. O(mn) when sparse.
  ///
  /// - Throws: `outOfMemory` when it would not fit this machine.
  public func dense(order: StorageOrder = .columnMajor) throws(LinearAlgebraError) -> DenseMatrix<S> {
    switch self {
    case .dense(let a): a
    case .sparse(let a): try a.dense(order: order)
    }
  }

  /// The transpose, sharing the buffers. O(1).
  public func transposed() -> LocalMatrix {
    switch self {
    case .dense(let a): .dense(a.transposed())
    case .sparse(let a): .sparse(a.transposed())
    }
  }

  /// The conjugate transpose, sharing the buffers. O(1).
  public func adjoint() -> LocalMatrix {
    switch self {
    case .dense(let a): .dense(a.adjoint())
    case .sparse(let a): .sparse(a.adjoint())
    }
  }

  /// The submatrix of the given rows and columns (zero-based ranges).
  ///
  /// - Throws: `invalidArgument` when a range leaves the matrix.
  public subscript(rows: Range<Int>, columns: Range<Int>) -> LocalMatrix {
    get throws(LinearAlgebraError) {
      switch self {
      case .dense(let a): .dense(try a[rows, columns])
      case .sparse(let a): .sparse(try a[rows, columns])
      }
    }
  }

  /// The parts one below the other: sparse when all parts are, dense otherwise.
  ///
  /// - Throws: `shapeMismatch` when the numbers of columns differ, `invalidArgument` for no part.
  public static func stackedRows(_ parts: [LocalMatrix]) throws(LinearAlgebraError) -> LocalMatrix {
    var sparse: [SparseMatrix<S>] = []
    var dense: [DenseMatrix<S>] = []
    for part in parts {
      if case .sparse(let a) = part { sparse.append(a) }
    }
    if sparse.count == parts.count { return .sparse(try .stackedRows(sparse)) }
    for part in parts { dense.append(try part.dense(order: .rowMajor)) }
    return .dense(try .stackedRows(dense))
  }

  /// Calls `body` with row, column and value of every stored element.
  public func forEach(_ body: (Int, Int, S) throws -> Void) rethrows {
    switch self {
    case .dense(let a): try a.forEach(body)
    case .sparse(let a): try a.forEach(body)
    }
  }

  /// A norm of the matrix.
  public func norm(_ kind: MatrixNorm = .frobenius) -> S.Real {
    switch self {
    case .dense(let a): a.norm(kind)
    case .sparse(let a): a.norm(kind)
    }
  }

  /// A B: sparse when both are, dense otherwise.
  ///
  /// - Throws: `shapeMismatch`, `tooLarge` or `outOfMemory`, as the kernels do.
  public static func * (a: LocalMatrix, b: LocalMatrix) throws(LinearAlgebraError) -> LocalMatrix {
    switch (a, b) {
    case (.dense(let a), .dense(let b)): .dense(try a * b)
    case (.dense(let a), .sparse(let b)): .dense(try a * b)
    case (.sparse(let a), .dense(let b)): .dense(try a * b)
    case (.sparse(let a), .sparse(let b)): .sparse(try a * b)
    }
  }
}
