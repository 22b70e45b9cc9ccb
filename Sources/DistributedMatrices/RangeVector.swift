// One number per row of a distributed matrix, kept beside the matrix's tiles: A x, labels, residuals. The range
// vector of a matrix on the driver is on the driver too.

import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A vector of a matrix's range, cut as the matrix's rows are.
public struct RangeVector<S: Scalar>: Sendable {
  private enum Storage: Sendable {
    case driver([S])
    case workers(TileCollection<VectorTile<S>>, Cluster)
  }

  /// How the elements are cut.
  public let cuts: Cuts
  private let storage: Storage

  init(cuts: Cuts, tiles: TileCollection<VectorTile<S>>, cluster: Cluster) {
    self.cuts = cuts
    storage = .workers(tiles, cluster)
  }

  /// A vector that stays on the driver.
  public init(onDriver elements: [S]) {
    cuts = Cuts(even: elements.count, parts: 1)
    storage = .driver(elements)
  }

  /// The array `elements`, scattered as `cuts` says. m words from the driver.
  ///
  /// - Parameter ownership: who owns which piece; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the lengths differ, `ExecutionError`.
  public init(_ elements: [S], cuts: Cuts, ownership: Ownership? = nil, on cluster: Cluster) async throws {
    guard elements.count == cuts.extent else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "scatter", left: Shape(cuts.extent, 1), right: Shape(elements.count, 1))
    }
    let pieces = (0..<cuts.count).map { VectorTile(Array(elements[cuts[$0]])) }
    self.init(cuts: cuts, tiles: try await cluster.engine.place(pieces, on: ownership), cluster: cluster)
  }

  /// Number of elements.
  public var count: Int { cuts.extent }

  /// The elements on the driver, in row order. m words to the driver.
  ///
  /// - Throws: `ExecutionError`.
  public func collect() async throws -> [S] {
    switch storage {
    case .driver(let elements): elements
    case .workers(let tiles, let cluster):
      Array(try await cluster.engine.collect(tiles).map(\.elements).joined())
    }
  }

  /// The pieces where they are, and how they are cut; nil on the driver, and on workers of another cluster.
  func pieces(on cluster: Cluster) -> (tiles: TileCollection<VectorTile<S>>, cuts: Cuts)? {
    guard case .workers(let tiles, let own) = storage, own.isSame(as: cluster) else { return nil }
    return (tiles, cuts)
  }

  /// The pieces on workers of `cluster`, cut as `cuts`: those of this vector, or the elements scattered where
  /// they are on the driver, on another cluster, or cut otherwise (m words to the driver and back then).
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the lengths differ, `ExecutionError`.
  func tiles(_ cuts: Cuts, _ ownership: Ownership, on cluster: Cluster) async throws
    -> TileCollection<VectorTile<S>>
  {
    if let pieces = pieces(on: cluster), pieces.cuts == cuts { return pieces.tiles }
    guard cuts.extent == count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "scatter", left: Shape(cuts.extent, 1), right: Shape(count, 1))
    }
    let elements = try await collect()
    let pieces = (0..<cuts.count).map { VectorTile(Array(elements[cuts[$0]])) }
    return try await cluster.engine.place(pieces, on: ownership)
  }

  /// alpha x + beta y, cut as x is. Nothing moves but two numbers where y is cut as x is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the lengths differ, `ExecutionError`.
  public func combined(_ alpha: S, _ y: RangeVector, _ beta: S) async throws -> RangeVector {
    try checkSameShape("combination", Shape(count, 1), Shape(y.count, 1))
    switch storage {
    case .driver(let x):
      let other = try await y.collect()
      return RangeVector(onDriver: x.indices.map { alpha * x[$0] + beta * other[$0] })
    case .workers(let tiles, let cluster):
      let other = try await y.tiles(cuts, tiles.ownership, on: cluster)
      return RangeVector(
        cuts: cuts,
        tiles: try await cluster.engine.map(
          VectorCombinationTask<S>.self, VectorTile([alpha, beta]), over: AlignedPair(tiles, other)),
        cluster: cluster)
    }
  }

  /// x^H y. One word from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the lengths differ, `ExecutionError`.
  public func dot(_ y: RangeVector) async throws -> S {
    try checkSameShape("inner product", Shape(count, 1), Shape(y.count, 1))
    switch storage {
    case .driver(let x): return TesseraLocalMatrices.dot(x, try await y.collect())
    case .workers(let tiles, let cluster):
      let other = try await y.tiles(cuts, tiles.ownership, on: cluster)
      return try await cluster.engine.reduce(
        VectorDotTask<S>.self, Empty(), over: AlignedPair(tiles, other)
      ).elements.first ?? 0
    }
  }

  /// The Euclidean norm, safe from overflow. One word from every worker.
  ///
  /// - Throws: `ExecutionError`.
  public func norm() async throws -> S.Real {
    switch storage {
    case .driver(let x): TesseraLocalMatrices.norm(x)
    case .workers(let tiles, let cluster):
      try await cluster.engine.reduce(VectorNormTask<S>.self, Empty(), over: tiles).elements.first ?? 0
    }
  }

  /// f of every element. Nothing moves but f's arguments.
  ///
  /// - Parameter function: a function that the cluster's registry has (`TaskRegistry.adding(function:)`).
  /// - Throws: `ExecutionError`.
  public func map<F: ElementFunction<S>>(_ function: F.Type, _ arguments: F.Arguments) async throws
    -> RangeVector
  {
    switch storage {
    case .driver(let x): RangeVector(onDriver: x.map { F.value(of: $0, arguments) })
    case .workers(let tiles, let cluster):
      RangeVector(
        cuts: cuts,
        tiles: try await cluster.engine.map(VectorFunctionTask<F>.self, arguments, over: tiles),
        cluster: cluster)
    }
  }
}
