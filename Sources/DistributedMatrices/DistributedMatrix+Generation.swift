// Matrices made where they are to be: every tile from the places of its elements alone, so that any number of
// workers makes the same matrix. Nothing moves but the places.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A test matrix as a function of a seed; see `MatrixGenerator`.
public enum GeneratedMatrix: WireCodable, Equatable {
  /// Elements uniform in [-1, 1).
  case dense
  /// As many entries a row as chance gives it, about `density` n, at distinct columns, every set of them equally
  /// likely.
  case sparse(density: Double)
  /// As many draws a row, column j with a probability that falls as 1 / (j + 1); what coincides adds up.
  case powerLaw(density: Double)

  /// Writes a number and the density.
  public func encode(to writer: inout WireWriter) {
    let (number, density) =
      switch self {
      case .dense: (0, 1.0)
      case .sparse(let density): (1, density)
      case .powerLaw(let density): (2, density)
      }
    writer.write(number)
    writer.write(Int(bitPattern: UInt(density.bitPattern)))
  }

  /// Reads a kind back.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let number = try reader.readInt(in: 0...2, "a kind of matrix")
    let density = Double(bitPattern: UInt64(UInt(bitPattern: try reader.readInt())))
    self = number == 0 ? .dense : number == 1 ? .sparse(density: density) : .powerLaw(density: density)
  }
}

/// The rows and columns of a tile that is to be made.
struct TilePlaces: Tile {
  let rows: Range<Int>
  let columns: Range<Int>

  static let typeName = "places"

  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  func encode(to writer: inout WireWriter) {
    for bound in [rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound] {
      writer.write(bound)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let bounds = [try reader.readInt(), try reader.readInt(), try reader.readInt(), try reader.readInt()]
    guard 0 <= bounds[0], bounds[0] <= bounds[1], 0 <= bounds[2], bounds[2] <= bounds[3] else {
      throw .malformed(expected: "rows and columns")
    }
    rows = bounds[0]..<bounds[1]
    columns = bounds[2]..<bounds[3]
  }
}

/// A generated matrix's shape, kind and seed.
struct Generation: WireCodable {
  let kind: GeneratedMatrix
  let columns: Int
  let seed: UInt64

  init(_ kind: GeneratedMatrix, columns: Int, seed: UInt64) {
    self.kind = kind
    self.columns = columns
    self.seed = seed
  }

  func encode(to writer: inout WireWriter) {
    kind.encode(to: &writer)
    writer.write(columns)
    writer.write(Int(bitPattern: UInt(seed)))
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    kind = try GeneratedMatrix(from: &reader)
    columns = try reader.readInt(in: 0...Int(Int32.max), "a number of columns")
    seed = UInt64(UInt(bitPattern: try reader.readInt()))
  }
}

enum GenerationTask<S: Scalar>: MapTask {
  typealias Arguments = Generation
  typealias Input = TilePlaces
  static var name: String { scalarName("generation", S.self) }

  static func run(_ what: Generation, _ places: TilePlaces, tile: Int) throws -> LocalMatrix<S> {
    let (rows, columns, seed) = (places.rows, places.columns, what.seed)
    let sparse: SparseMatrix<S>
    switch what.kind {
    case .dense: return .dense(try MatrixGenerator.dense(rows: rows, columns: columns, seed: seed))
    case .sparse(let density):
      sparse = try MatrixGenerator.sparse(rows: rows, columns: what.columns, density: density, seed: seed)
    case .powerLaw(let density):
      sparse = try MatrixGenerator.powerLaw(rows: rows, columns: what.columns, density: density, seed: seed)
    }
    guard columns.upperBound <= what.columns else {
      throw CommunicationError.malformed(expected: "columns of \(what.columns)")
    }
    let tile = columns == 0..<what.columns ? sparse : try sparse[0..<rows.count, columns]
    return try LocalMatrix.sparse(tile).compact()
  }
}

enum MatrixFunctionTask<F: MatrixFunction>: MapTask {
  typealias Arguments = F.Arguments
  typealias Input = TilePlaces
  static var name: String { "make/\(F.name)" }

  static func run(_ arguments: F.Arguments, _ places: TilePlaces, tile: Int) throws -> LocalMatrix<F.Element>
  {
    let (rows, columns) = (places.rows, places.columns)
    try MemoryGuard.check(
      "a tile of \(rows.count) x \(columns.count)", rows.count, columns.count,
      bytesPerElement: MemoryLayout<F.Element>.stride)
    var elements: [F.Element] = []
    elements.reserveCapacity(rows.count * columns.count)
    for i in rows { for j in columns { elements.append(F.value(row: i, column: j, arguments)) } }
    let tile = try DenseMatrix(rows: rows.count, columns: columns.count, order: .rowMajor, elements: elements)
    return LocalMatrix.dense(tile).compactWithoutZeros()
  }
}

extension RowMatrix {
  /// A test matrix, made on the workers: the same for any number of slabs and workers.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `outOfMemory` where a worker's share fits
  ///   no memory, `ExecutionError`.
  public static func generated(
    _ kind: GeneratedMatrix, _ shape: Shape, seed: UInt64, partitions: Int? = nil, on cluster: Cluster
  ) async throws -> RowMatrix {
    try await generate(kind, try slabs(shape, kind.expectedCount(shape), partitions), seed: seed, on: cluster)
  }

  /// The matrix whose element (i, j) is `function`'s value there, made on the workers. Every tile is dense while it is
  /// made, and stays so where that takes fewer bytes than its nonzeros do. One pass that counts these.
  ///
  /// - Parameter function: one that the cluster's registry has (`TaskRegistry.adding(matrixFunction:)`).
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `outOfMemory` where a worker's share fits
  ///   no memory, `ExecutionError`.
  public static func made<F: MatrixFunction<S>>(
    by function: F.Type, _ arguments: F.Arguments, _ shape: Shape, partitions: Int? = nil, on cluster: Cluster
  ) async throws -> RowMatrix {
    let grid = try slabs(shape, shape.elementCount, partitions)
    return try await make(function, arguments, grid, on: cluster)
  }

  static func slabs(_ shape: Shape, _ stored: Int, _ partitions: Int?) throws -> Partitioning {
    let count =
      partitions ?? Partitioning.defaultSlabCount(rows: shape.rows, columns: shape.columns, stored: stored)
    try checkSlabCount(count)
    return Partitioning(slabs: Cuts(even: shape.rows, parts: count), columns: shape.columns)
  }
}

extension BlockMatrix {
  /// A test matrix, made on the workers: the same for any grid and number of workers. A row of a sparse one is drawn
  /// as a whole, so that each of c blocks beside each other draws all of its rows and keeps its columns: c times the
  /// work of a row matrix.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `outOfMemory` where a worker's
  ///   share fits no memory, `ExecutionError`.
  public static func generated(
    _ kind: GeneratedMatrix, _ shape: Shape, seed: UInt64, grid: Partitioning? = nil, on cluster: Cluster
  ) async throws -> BlockMatrix {
    let grid =
      grid ?? .defaultBlocks(rows: shape.rows, columns: shape.columns, stored: kind.expectedCount(shape))
    try checkGrid(grid, shape)
    return try await generate(kind, grid, seed: seed, on: cluster)
  }

  /// The matrix whose element (i, j) is `function`'s value there, made on the workers. Every tile is dense while it is
  /// made, and stays so where that takes fewer bytes than its nonzeros do. One pass that counts these.
  ///
  /// - Parameter function: one that the cluster's registry has (`TaskRegistry.adding(matrixFunction:)`).
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `outOfMemory` where a worker's
  ///   share fits no memory, `ExecutionError`.
  public static func made<F: MatrixFunction<S>>(
    by function: F.Type, _ arguments: F.Arguments, _ shape: Shape, grid: Partitioning? = nil,
    on cluster: Cluster
  ) async throws -> BlockMatrix {
    let grid =
      grid ?? .defaultBlocks(rows: shape.rows, columns: shape.columns, stored: shape.elementCount)
    try checkGrid(grid, shape)
    return try await make(function, arguments, grid, on: cluster)
  }
}

extension CoordinateMatrix {
  /// A test matrix, made on the workers: the same for any grid and number of workers.
  ///
  /// - Throws: as for a block matrix.
  public static func generated(
    _ kind: GeneratedMatrix, _ shape: Shape, seed: UInt64, grid: Partitioning? = nil, on cluster: Cluster
  ) async throws -> CoordinateMatrix {
    try await BlockMatrix.generated(kind, shape, seed: seed, grid: grid, on: cluster).coordinateMatrix()
  }

  /// The matrix whose element (i, j) is `function`'s value there, made on the workers, where every cell is dense for
  /// a moment: the elements that are not zero stay.
  ///
  /// - Parameter function: one that the cluster's registry has (`TaskRegistry.adding(matrixFunction:)`).
  /// - Throws: as for a block matrix.
  public static func made<F: MatrixFunction<S>>(
    by function: F.Type, _ arguments: F.Arguments, _ shape: Shape, grid: Partitioning? = nil,
    on cluster: Cluster
  ) async throws -> CoordinateMatrix {
    try await BlockMatrix.made(by: function, arguments, shape, grid: grid, on: cluster).coordinateMatrix()
  }
}

extension Shape {
  /// The number of elements, as far as it can be told.
  package var elementCount: Int {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    return overflow ? .max : count
  }
}

extension GeneratedMatrix {
  /// About how many elements are stored.
  func expectedCount(_ shape: Shape) -> Int {
    let all = Double(shape.rows) * Double(shape.columns)
    let share =
      switch self {
      case .dense: 1.0
      case .sparse(let density), .powerLaw(let density): density
      }
    return all * share < 1e18 ? Int(max(0, all * share)) : Int.max / 4
  }
}

extension DistributedMatrix where Content == LocalMatrix<Element> {
  fileprivate static func generate(
    _ kind: GeneratedMatrix, _ grid: Partitioning, seed: UInt64, on cluster: Cluster
  ) async throws -> Self {
    let shape = Shape(grid.rows, grid.columns)
    try checkRoom(shape, stored: kind.expectedCount(shape), on: cluster)
    let places = try await cluster.engine.place(grid.places)
    return try await counted(
      grid,
      try await cluster.engine.map(
        GenerationTask<Element>.self, Generation(kind, columns: grid.columns, seed: seed), over: places),
      on: cluster)
  }

  fileprivate static func make<F: MatrixFunction<Element>>(
    _ function: F.Type, _ arguments: F.Arguments, _ grid: Partitioning, on cluster: Cluster
  ) async throws -> Self {
    let shape = Shape(grid.rows, grid.columns)
    try checkRoom(shape, stored: shape.elementCount, on: cluster)
    let places = try await cluster.engine.place(grid.places)
    return try await counted(
      grid, try await cluster.engine.map(MatrixFunctionTask<F>.self, arguments, over: places), on: cluster)
  }

  /// The matrix of `tiles`, with how many elements they store. One pass.
  private static func counted(
    _ grid: Partitioning, _ tiles: TileCollection<LocalMatrix<Element>>, on cluster: Cluster
  ) async throws -> Self {
    let stored = try await tiles.storedCount(on: cluster)
    return Self(layout: Layout(grid), storedCount: stored, cluster: cluster, tiles: tiles)
  }
}

extension DistributedMatrix {
  /// Refuses what no worker has room for, before anything is made: every tile by itself may fit where all of
  /// them do not. Under a limit on memory tiles make room for each other, and nothing is refused here.
  ///
  /// - Throws: `outOfMemory`.
  fileprivate static func checkRoom(_ shape: Shape, stored: Int, on cluster: Cluster) throws {
    guard cluster.configuration.memoryPerWorker == .max else { return }
    try MemoryGuard.check(
      "a worker's share of a matrix of \(shape)", stored / cluster.engine.workerCount, 1,
      bytesPerElement: MemoryLayout<Element>.stride)
  }
}

extension Partitioning {
  /// The places of all tiles.
  var places: [TilePlaces] {
    (0..<tileCount).map { TilePlaces(rows: rows(ofTile: $0), columns: columns(ofTile: $0)) }
  }
}
