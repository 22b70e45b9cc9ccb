// One of the five types as a product sees it: tiles in a grid, read as they are, transposed or adjoint. A
// matrix of the driver's is one tile that belongs to worker 0. A matrix that has just been read, by the driver or by
// the workers, can also be one whose tiles go where the plan wants them before the product begins.

import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

/// An operand of a product.
public struct ProductOperand<S: Scalar>: Sendable {
  /// Where the elements are.
  enum Source: Sendable {
    case matrices(TileCollection<LocalMatrix<S>>)
    case entries(TileCollection<TripletMatrix<S>>)
    case driver(LocalMatrix<S>)
    case unplacedMatrices([LocalMatrix<S>])
    case unplacedEntries([TripletMatrix<S>])
  }

  let layout: Layout
  let source: Source
  /// The cluster; nil on the driver.
  let cluster: Cluster?
  /// Whether tiles on the workers go where the plan wants them before the product begins.
  private(set) var isPlacedByPlan = false

  init(_ source: Source, _ layout: Layout, on cluster: Cluster?) {
    self.layout = layout
    self.source = source
    self.cluster = cluster
  }

  init(_ matrix: LocalMatrix<S>) {
    self.init(.driver(matrix), Layout(Partitioning(whole: matrix.rows, matrix.columns)), on: nil)
  }

  /// Whether it is a matrix of the driver's.
  var isOnDriver: Bool { if case .driver = source { true } else { false } }
  /// How the rows are cut; entries in any order are not.
  var rowCuts: Cuts { layout.partitioning.rowCuts }
  /// How the columns are cut.
  var columnCuts: Cuts { layout.partitioning.columnCuts }
  /// Rows and columns.
  var shape: Shape { layout.shape }

  /// The same operand for a product whose plan decides where its tiles are to lie, as of a matrix that has just been
  /// read. `PlannedProduct.placed` moves them there; what the plan predicts begins then.
  public func placedByPlan() -> ProductOperand {
    var operand = self
    operand.isPlacedByPlan = true
    return operand
  }

  /// The owners of the tiles; nil where the plan decides.
  var owners: [Int]? {
    if isPlacedByPlan { return nil }
    let ownership: Ownership
    switch source {
    case .driver: return [0]
    case .unplacedMatrices, .unplacedEntries: return nil
    case .matrices(let tiles): ownership = tiles.ownership
    case .entries(let tiles): ownership = tiles.ownership
    }
    return (0..<ownership.tileCount).map { ownership.owner(of: $0) }
  }

  /// The same operand on the workers: a matrix of the driver's on worker 0, where it moves nothing; tiles
  /// without a place, and those that the plan places, at `owners`.
  func placed(on cluster: Cluster, owners: [Int]) async throws -> ProductOperand {
    let ownership = Ownership(owners: owners, workerCount: cluster.engine.workerCount)
    return switch source {
    case .matrices(let tiles) where isPlacedByPlan:
      ProductOperand(.matrices(try await cluster.engine.move(tiles, to: ownership)), layout, on: cluster)
    case .entries(let tiles) where isPlacedByPlan:
      ProductOperand(.entries(try await cluster.engine.move(tiles, to: ownership)), layout, on: cluster)
    case .matrices, .entries: self
    case .driver(let matrix):
      ProductOperand(.matrices(try await cluster.engine.place([matrix], on: ownership)), layout, on: cluster)
    case .unplacedMatrices(let tiles):
      ProductOperand(.matrices(try await cluster.engine.place(tiles, on: ownership)), layout, on: cluster)
    case .unplacedEntries(let tiles):
      ProductOperand(.entries(try await cluster.engine.place(tiles, on: ownership)), layout, on: cluster)
    }
  }

  /// Waits until the tiles are where they were placed, which in dataflow is not before somebody asks. One step.
  func settle() async throws {
    guard let cluster else { return }
    switch source {
    case .matrices(let tiles): _ = try await tiles.storedCount(on: cluster)
    case .entries(let tiles): _ = try await tiles.storedCount(on: cluster)
    case .driver, .unplacedMatrices, .unplacedEntries: break
    }
  }

  /// What every tile stores in the given units, and how it lies over the inner dimension if that is wanted. One
  /// step.
  ///
  /// - Parameter side: which factor's lines are counted.
  func survey(_ unitRows: Cuts, _ unitColumns: Cuts, linesOf side: SurveyRoute.Side? = nil) async throws
    -> [TileSurvey]
  {
    let route = SurveyRoute(
      layout, Partitioning(rowCuts: unitRows, columnCuts: unitColumns), linesOf: side)
    switch source {
    case .driver(let matrix): return [try matrix.survey(route, tile: 0)]
    case .unplacedMatrices(let tiles):
      return try tiles.enumerated().map { try $0.element.survey(route, tile: $0.offset) }
    case .unplacedEntries(let tiles):
      return try tiles.enumerated().map { try $0.element.survey(route, tile: $0.offset) }
    case .matrices(let tiles):
      guard let cluster, tiles.tileCount > 0 else { return [] }
      return try await cluster.engine.reduce(SurveyTask<S, LocalMatrix<S>>.self, route, over: tiles)
    case .entries(let tiles):
      guard let cluster, tiles.tileCount > 0 else { return [] }
      return try await cluster.engine.reduce(SurveyTask<S, TripletMatrix<S>>.self, route, over: tiles)
    }
  }

  /// The planner's map of this operand.
  func map(_ surveys: [TileSurvey], _ unitRows: Cuts, _ unitColumns: Cuts) -> OperandMap {
    let isTransposed = layout.view.isTransposed
    return OperandMap(
      unitRows: unitRows, unitColumns: unitColumns,
      tiles: surveys.enumerated().map { t, survey in
        let cell = layout.cell(ofTile: t)
        let (rows, columns) = (layout.grid.rows(ofTile: cell), layout.grid.columns(ofTile: cell))
        return OperandMap.Tile(
          rows: isTransposed ? columns : rows, columns: isTransposed ? rows : columns, form: survey.form,
          stored: survey.stored, lines: survey.lines)
      }, owners: owners, bytesPerElement: MemoryLayout<S>.stride)
  }

  /// Sends the operand's parts to the cells.
  ///
  /// - Precondition: it is placed.
  func exchange(_ route: OperandRoute, into cells: Ownership, on cluster: Cluster) async throws
    -> TileCollection<CellOperand<S>>
  {
    switch source {
    case .matrices(let tiles):
      try await cluster.engine.exchange(OperandExchangeTask<S>.self, route, over: tiles, into: cells)
    case .entries(let tiles):
      try await cluster.engine.exchange(EntryExchangeTask<S>.self, route, over: tiles, into: cells)
    case .driver, .unplacedMatrices, .unplacedEntries: preconditionFailure("the operand is not placed")
    }
  }
}
