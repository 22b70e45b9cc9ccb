// A row matrix from a matrix on the driver: cut into slabs, each sent to its owner. All stored elements move from
// the driver once.

public import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Parameter partitions: the number of slabs; by default chosen from shape and stored elements (see
  ///   `Partitioning.defaultSlabCount`). Dense slabs have equally many rows, sparse ones nearly equally many nonzeros.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public init(_ local: LocalMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    let (rows, columns) = (local.rows, local.columns)
    let count =
      partitions
      ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: local.storedCount)
    guard count >= 1 else {
      throw LinearAlgebraError.invalidArgument("a matrix cannot be cut into \(count) slabs")
    }
    let cuts: Cuts
    let slabs: [LocalMatrix<S>]
    switch local {
    case .dense(let a):
      let byRows = try DenseMatrix(
        rows: rows, columns: columns, order: .rowMajor, elements: a.elements(in: .rowMajor))
      cuts = Cuts(even: rows, parts: count)
      slabs = try (0..<count).map { .dense(try byRows[cuts[$0], 0..<columns]) }
    case .sparse(let a):
      let byRows = a.compressed(by: .rows)
      cuts = Cuts(balancing: byRows.offsets, parts: count)
      slabs = try (0..<count).map { Self.compact(try byRows[cuts[$0], 0..<columns]) }
    }
    self.init(
      partitioning: Partitioning(slabs: cuts, columns: columns),
      storedCount: slabs.reduce(0) { $0 + $1.storedCount }, cluster: cluster,
      tiles: try await cluster.engine.place(slabs))
  }

  /// A sparse slab as it is, or dense when that takes fewer bytes.
  private static func compact(_ slab: SparseMatrix<S>) -> LocalMatrix<S> {
    let element = MemoryLayout<S>.stride
    let sparseBytes = slab.nonzeroCount * (element + 4) + (slab.rows + 1) * 8
    let cells = slab.rows * slab.columns
    guard slab.nonzeroCount > 0, cells * element < sparseBytes,
      let dense = try? slab.dense(order: .rowMajor)
    else { return .sparse(slab) }
    return .dense(dense)
  }
}
