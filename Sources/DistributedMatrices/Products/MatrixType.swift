// The five types by name, the type of each product, and a matrix of the driver's laid out as one of them.

public import TesseraLocalMatrices
import TesseraPartitioning

/// One of the five matrix types.
public enum MatrixType: String, CaseIterable, Sendable {
  /// `CoordinateMatrix`
  case coordinate
  /// `RowMatrix`
  case row
  /// `BlockMatrix`
  case block
  /// `DenseMatrix`, on the driver
  case localDense = "local-dense"
  /// `SparseMatrix`, on the driver
  case localSparse = "local-sparse"

  /// Whether it stands on the driver.
  public var isLocal: Bool { self == .localDense || self == .localSparse }

  /// The type of a product of two types.
  public static func product(_ left: MatrixType, _ right: MatrixType) -> MatrixType {
    switch (left, right) {
    case (.row, _): .row
    case (.block, _): .block
    case (.coordinate, .coordinate), (.coordinate, .localSparse): .coordinate
    case (.coordinate, .row), (.coordinate, .localDense): .row
    case (.coordinate, .block): .block
    case (.localDense, .coordinate), (.localDense, .block): .block
    case (.localDense, _): .localDense
    case (.localSparse, .coordinate): .coordinate
    case (.localSparse, .row): .row
    case (.localSparse, .block): .block
    case (.localSparse, .localDense): .localDense
    case (.localSparse, .localSparse): .localSparse
    }
  }
}

extension ProductOperand {
  /// `matrix` as one of the five types. The tiles of the distributed ones go to the workers where the plan of
  /// a product wants them, not before.
  ///
  /// - Parameters:
  ///   - partitions: the number of slabs of a row matrix, and of a coordinate matrix without `blockSize`; by default
  ///     chosen from shape and stored elements.
  ///   - blockSize: the size of the square blocks of a block matrix, and of the cells of a coordinate matrix; by
  ///     default blocks are chosen from shape and stored elements, and a coordinate matrix is cut in slabs of rows.
  /// - Throws: `LinearAlgebraError.invalidArgument` for a number below one, `outOfMemory`.
  public init(
    _ matrix: LocalMatrix<S>, as type: MatrixType, partitions: Int? = nil, blockSize: Int? = nil
  ) throws {
    let (rows, columns, stored) = (matrix.rows, matrix.columns, matrix.storedCount)
    guard partitions ?? 1 >= 1, blockSize ?? 1 >= 1 else {
      throw LinearAlgebraError.invalidArgument("a matrix is cut into one piece or more, of one row or more")
    }
    switch type {
    case .localDense: self.init(.dense(try matrix.dense()))
    case .localSparse:
      switch matrix {
      case .sparse: self.init(matrix)
      case .dense(let a): self.init(.sparse(a.sparse()))
      }
    case .row:
      let byRows = try matrix.byRows()
      let count = partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: stored)
      let grid = Partitioning(slabs: byRows.slabCuts(parts: count), columns: columns)
      self.init(.unplacedMatrices(try byRows.tiles(of: grid)), Layout(grid), on: nil)
    case .block:
      let grid =
        blockSize.map { Partitioning(rows: rows, columns: columns, blockSize: $0) }
        ?? .defaultBlocks(rows: rows, columns: columns, stored: stored)
      self.init(.unplacedMatrices(try matrix.tiles(of: grid)), Layout(grid), on: nil)
    case .coordinate:
      let count = partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: stored)
      let grid =
        if let blockSize {
          Partitioning(rows: rows, columns: columns, blockSize: blockSize)
        } else {
          Partitioning(slabs: try matrix.byRows().slabCuts(parts: count), columns: columns)
        }
      self.init(.unplacedEntries(try matrix.tiles(of: grid)), Layout(grid), on: nil)
    }
  }
}
