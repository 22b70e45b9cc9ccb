// One number per row of a distributed matrix, kept beside the matrix's tiles.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A vector of a matrix's range, cut as the matrix's rows are.
public struct RangeVector<S: Scalar>: Sendable {
  /// How the elements are cut.
  public let cuts: Cuts
  let tiles: TileCollection<VectorTile<S>>
  let cluster: Cluster

  init(cuts: Cuts, tiles: TileCollection<VectorTile<S>>, cluster: Cluster) {
    self.cuts = cuts
    self.tiles = tiles
    self.cluster = cluster
  }

  /// The array `elements`, scattered as `cuts` says. m words from the driver.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the lengths differ, `ExecutionError`.
  public init(_ elements: [S], cuts: Cuts, on cluster: Cluster) async throws {
    guard elements.count == cuts.extent else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "scatter", left: Shape(cuts.extent, 1), right: Shape(elements.count, 1))
    }
    let pieces = (0..<cuts.count).map { VectorTile(Array(elements[cuts[$0]])) }
    self.init(cuts: cuts, tiles: try await cluster.engine.place(pieces), cluster: cluster)
  }

  /// Number of elements.
  public var count: Int { cuts.extent }

  /// The elements on the driver, in row order. m words to the driver.
  ///
  /// - Throws: `ExecutionError`.
  public func collect() async throws -> [S] {
    Array(try await cluster.engine.collect(tiles).map(\.elements).joined())
  }
}
