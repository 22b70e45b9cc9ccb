// A row matrix from a matrix on the driver: cut into slabs, each sent to its owner. All stored elements move
// from the driver once.

public import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Parameter partitions: the number of slabs; by default chosen from shape and stored elements (see
  ///   `Partitioning.defaultSlabCount`). Dense slabs have equally many rows, sparse ones nearly equally many
  ///   nonzeros.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public init(_ local: LocalMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    let (rows, columns) = (local.rows, local.columns)
    let count =
      partitions
      ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: local.storedCount)
    try checkSlabCount(count)
    let byRows = try local.byRows()
    try await self.init(byRows, rowCuts: byRows.slabCuts(parts: count), on: cluster)
  }

  /// Spreads `local`, duplicates added up, over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: TripletMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    try await self.init(.sparse(try local.compressed(by: .rows)), partitions: partitions, on: cluster)
  }

  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: DenseMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    try await self.init(.dense(local), partitions: partitions, on: cluster)
  }

  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: SparseMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    try await self.init(.sparse(local), partitions: partitions, on: cluster)
  }

  /// Spreads `local` beside the rows of `a`: equal numbers of slabs hold equal rows.
  ///
  /// - Precondition: equally many rows.
  /// - Throws: `ExecutionError`.
  package init(_ local: LocalMatrix<S>, beside a: RowMatrix) async throws {
    try await self.init(local, rowCuts: a.partitioning.rowCuts, on: a.cluster)
  }

  private init(_ local: LocalMatrix<S>, rowCuts: Cuts, on cluster: Cluster) async throws {
    precondition(rowCuts.extent == local.rows)
    let (byRows, columns) = (try local.byRows(), local.columns)
    let slabs = try (0..<rowCuts.count).map { try byRows[rowCuts[$0], 0..<columns].compact() }
    self.init(
      partitioning: Partitioning(slabs: rowCuts, columns: columns),
      storedCount: slabs.reduce(0) { $0 + $1.storedCount }, cluster: cluster,
      tiles: try await cluster.engine.place(slabs))
  }
}
