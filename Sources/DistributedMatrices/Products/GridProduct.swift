// C = A B for any two layouts, by one algorithm (Docs/Decisions/0008): survey what is sparse, plan, exchange
// A to the cells, exchange B, multiply in the cells, exchange the partial results to C's owners.

import Numerics
public import TesseraExecution
public import TesseraLocalMatrices
import TesseraCommunication
import TesseraPartitioning

/// What may be asked of a product beside its operands.
public struct MultiplyOptions: Sendable {
  /// The plan to use; nil for the planner's.
  public var plan: MultiplyPlan?
  /// Bytes of operands, panels and results that a worker may hold; nil for what the cluster's configuration allows
  /// a worker, or without that an equal share of three quarters of this machine's memory.
  public var memoryPerWorker: Int?
  /// Where the result is to be added to what lies there: the partial results go there at once.
  var accumulated: (grid: Partitioning, ownership: Ownership)?
  /// What default cuts keep to.
  var limits = ProductCuts.Limits()

  /// The planner's choice, or the given plan and memory.
  public init(plan: MultiplyPlan? = nil, memoryPerWorker: Int? = nil) {
    self.plan = plan
    self.memoryPerWorker = memoryPerWorker
  }

  /// Makes default cuts finer, so that small matrices are cut too: pieces cut by length have at most
  /// `longestPiece`, unit products at least `leastWork` multiply-adds for an element of their result, and pieces of
  /// the result that are finer than those at least `shortestResultPiece`.
  package mutating func setLimits(longestPiece: Int, leastWork: Double, shortestResultPiece: Int = 32) {
    limits = ProductCuts.Limits(
      longestPiece: longestPiece, leastDenseWork: leastWork, leastSparseWork: leastWork,
      shortestResultPiece: shortestResultPiece)
  }

  /// Bytes of operands, panels and results that a worker of `cluster` may hold.
  public func memory(on cluster: Cluster) -> Int {
    let share = MemoryGuard.physicalBytes / 4 * 3 / cluster.engine.workerCount
    return memoryPerWorker ?? min(share, cluster.configuration.memoryPerWorker)
  }
}

/// What the result is: which tiles it has, and where.
public enum ResultLayout: Hashable, Sendable {
  /// All columns of some rows in each tile.
  case slabs
  /// A grid.
  case blocks
  /// A grid of lists of entries.
  case entries
  /// One matrix on the driver.
  case driver
}

/// A product whose plan is made and that has not begun.
public struct GridProduct<S: Scalar>: Sendable {
  private(set) var left: ProductOperand<S>
  private(set) var right: ProductOperand<S>
  let layout: ResultLayout
  let cluster: Cluster
  /// Whether A is B^H: C is Hermitian, and computed above the diagonal only.
  let isGram: Bool
  let cuts: ProductCuts
  /// Whether products of sparse parts are expected to fill up.
  let fillsUp: Bool
  /// Whether the result is dense everywhere, as one factor is. A few dense tiles among sparse ones are no reason.
  let isDense: Bool
  let explanation: MultiplyExplanation
  private let schedule: MultiplySchedule

  /// Surveys and plans.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  init(
    _ left: ProductOperand<S>, _ right: ProductOperand<S>, _ layout: ResultLayout, on cluster: Cluster,
    _ options: MultiplyOptions, isGram: Bool = false
  ) async throws {
    guard left.shape.columns == right.shape.rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "product", left: left.shape, right: right.shape)
    }
    (self.left, self.right, self.layout, self.cluster, self.isGram) = (left, right, layout, cluster, isGram)
    // Once for the contents as a whole, from which the cuts follow, and once for the units, where it matters.
    let (wholeLeft, wholeRight) = try await Self.wholeMaps(left, right)
    let content = ProductContent(left.shape, right.shape, wholeLeft, wholeRight)
    fillsUp = content.isSparse && content.density > 0.5
    isDense = wholeLeft.isDense || wholeRight.isDense
    cuts = Self.cuts(left, wholeLeft, right, wholeRight, content, layout, options, isGram: isGram)
    let (a, b) = try await Self.unitMaps(left, wholeLeft, right, wholeRight, cuts)
    let result = Self.resultMap(layout, cuts, options, isGram: isGram, fillsUp: fillsUp)
    let memory = options.memory(on: cluster)
    let choice = try await Self.choice(
      left, a, right, b, cuts, result, options, memory: memory, isGram: isGram, on: cluster)
    schedule = choice.schedule
    explanation = MultiplyExplanation(
      choice, left: left.shape, right: right.shape, isDense: content.isDense, isGram: isGram,
      memoryPerWorker: memory)
  }

  /// How C is cut.
  var partitioning: Partitioning { route.partitioning }

  private var route: ResultRoute {
    let pieces = cuts.ofResult
    return ResultRoute(
      rows: pieces.rows, columns: pieces.columns, innerCount: cuts.inner.count, isInSlabs: layout == .slabs,
      isDense: isDense || fillsUp)
  }

  /// Multiplies, into tiles that are local matrices. On worker 0 where C is the driver's.
  ///
  /// - Throws: `ExecutionError`.
  func matrices() async throws -> TileCollection<LocalMatrix<S>> {
    let ownership = Ownership(owners: schedule.resultOwners, workerCount: cluster.engine.workerCount)
    let tiles = try await cluster.engine.exchange(
      ResultExchangeTask<S>.self, route, over: try await partialResults(), into: ownership)
    guard isGram else { return tiles }
    return try await cluster.engine.exchange(
      MirrorTask<S>.self, partitioning.columnCuts.count, over: tiles, into: ownership)
  }

  /// Multiplies, into tiles that are lists of entries.
  ///
  /// - Throws: `ExecutionError`.
  func entries() async throws -> TileCollection<TripletMatrix<S>> {
    try await cluster.engine.exchange(
      EntryResultExchangeTask<S>.self, route, over: try await partialResults(),
      into: Ownership(owners: schedule.resultOwners, workerCount: cluster.engine.workerCount))
  }

  /// The same product with both operands on the workers, where the plan wants those that have no place yet.
  ///
  /// - Throws: `ExecutionError`.
  func placed() async throws -> GridProduct {
    var product = self
    let broadcasts = cluster.configuration.style == .messagePassing
    if !(broadcasts && left.isOnDriver) {
      product.left = try await left.placed(on: cluster, owners: schedule.leftOwners)
    }
    if !(broadcasts && right.isOnDriver) {
      product.right = try await right.placed(on: cluster, owners: schedule.rightOwners)
    }
    try await product.left.settle()
    try await product.right.settle()
    return product
  }

  private func partialResults() async throws -> TileCollection<CellResult<S>> {
    let engine = cluster.engine
    let cells = Ownership(owners: schedule.workers, workerCount: engine.workerCount)
    if let results = try await broadcastResults(into: cells) { return results }
    let left = try await left.placed(on: cluster, owners: schedule.leftOwners)
    let right = try await right.placed(on: cluster, owners: schedule.rightOwners)
    var a: TileCollection<CellOperand<S>>?
    var b: TileCollection<CellOperand<S>>?
    var result: TileCollection<CellResult<S>>?
    let panels = schedule.plan.streaming.panels
    for panel in 0..<panels {
      let work = schedule.work(panel: panel, fillsUp: fillsUp, isTriangular: isGram)
      // The operand that is not taken in panels is fetched once; a panel goes before the next one comes.
      if panel == 0 || schedule.plan.streaming.takesRows {
        a = nil
        a = try await left.exchange(schedule.route(of: left, isLeft: true, work), into: cells, on: cluster)
      }
      if panel == 0 || schedule.plan.streaming.takesColumns {
        b = nil
        b = try await right.exchange(schedule.route(of: right, isLeft: false, work), into: cells, on: cluster)
      }
      guard let a, let b else { preconditionFailure("both operands have been fetched") }
      result =
        if let before = result {
          try await engine.map(NextPanelTask<S>.self, work, over: AlignedTriple(before, a, b))
        } else {
          try await engine.map(CellProductTask<S>.self, work, over: AlignedPair(a, b))
        }
      // In dataflow nothing has happened yet: a panel is to be done with before the next one comes.
      if panels > 1, let result { _ = try await engine.reduce(DoneTask<S>.self, Empty(), over: result) }
    }
    guard let result else { preconditionFailure("a product has at least one panel") }
    return result
  }
}

extension GridProduct {
  /// What the operands store, each as one unit. One step for each.
  private static func wholeMaps(_ left: ProductOperand<S>, _ right: ProductOperand<S>) async throws -> (
    left: OperandMap, right: OperandMap
  ) {
    let (rows, inner, columns) = (
      Cuts(even: left.shape.rows, parts: 1), Cuts(even: left.shape.columns, parts: 1),
      Cuts(even: right.shape.columns, parts: 1)
    )
    return (
      left.map(try await left.survey(rows, inner), rows, inner),
      right.map(try await right.survey(inner, columns), inner, columns)
    )
  }

  /// The unit products, and the pieces of the result.
  private static func cuts(
    _ left: ProductOperand<S>, _ a: OperandMap, _ right: ProductOperand<S>, _ b: OperandMap,
    _ content: ProductContent, _ layout: ResultLayout, _ options: MultiplyOptions, isGram: Bool
  ) -> ProductCuts {
    let limits = options.limits
    var cuts = ProductCuts(
      left: (left.naturalRows(content.leftStored, a.isDense), left.columnCuts),
      right: (right.rowCuts, right.columnCuts), cutsColumns: b.isDense,
      innerPieces: content.innerPieces(limits), limits: limits)
    if isGram { cuts.columns = cuts.rows }
    // A C that lies in unit products takes them as they are.
    let units = Partitioning(rowCuts: cuts.rows, columnCuts: cuts.columns)
    if content.isDense, layout == .blocks, options.accumulated?.grid != units {
      cuts.splitResult(shortest: limits.shortestResultPiece)
    }
    return cuts
  }

  /// What the operands store in each unit. One step for each that is not dense.
  private static func unitMaps(
    _ left: ProductOperand<S>, _ a: OperandMap, _ right: ProductOperand<S>, _ b: OperandMap,
    _ cuts: ProductCuts
  ) async throws -> (left: OperandMap, right: OperandMap) {
    func map(
      _ operand: ProductOperand<S>, _ whole: OperandMap, _ rows: Cuts, _ columns: Cuts,
      linesOf side: SurveyRoute.Side?
    ) async throws -> OperandMap {
      operand.map(
        whole.isDense
          ? whole.tiles.map { TileSurvey($0.form, []) }
          : try await operand.survey(rows, columns, linesOf: side), rows, columns)
    }
    return (
      try await map(left, a, cuts.rows, cuts.inner, linesOf: b.isDense ? nil : .left),
      try await map(right, b, cuts.inner, cuts.columns, linesOf: a.isDense ? nil : .right)
    )
  }

  /// The result as the planner sees it: on the driver, or where it is to be added to what lies there.
  private static func resultMap(
    _ layout: ResultLayout, _ cuts: ProductCuts, _ options: MultiplyOptions, isGram: Bool, fillsUp: Bool
  ) -> ResultMap {
    var result = ResultMap(
      isInSlabs: layout == .slabs, isTriangular: isGram, fillsUp: fillsUp, isInEntries: layout == .entries)
    let pieces = cuts.ofResult
    let grid = Partitioning(
      rowCuts: pieces.rows,
      columnCuts: layout == .slabs ? Cuts(even: cuts.columns.extent, parts: 1) : pieces.columns)
    if layout == .driver { result.owners = Array(repeating: 0, count: grid.tileCount) }
    if let c = options.accumulated, c.grid == grid {
      result.owners = (0..<grid.tileCount).map { c.ownership.owner(of: $0) }
    }
    return result
  }

  /// The plan, and what it was preferred to. One step for each operand of which it may be worth knowing what it
  /// touches, one more for each where that is fetched.
  private static func choice(
    _ left: ProductOperand<S>, _ a: OperandMap, _ right: ProductOperand<S>, _ b: OperandMap,
    _ cuts: ProductCuts, _ result: ResultMap, _ options: MultiplyOptions, memory: Int, isGram: Bool,
    on cluster: Cluster
  ) async throws -> MultiplyPlanner.Choice {
    let workers = cluster.engine.workerCount
    var planner = MultiplyPlanner(
      cuts: cuts, left: a, right: b, result: result, workerCount: workers, memoryPerWorker: memory,
      keepsPieces: cluster.configuration.style == .dataflow)
    if !isGram, options.plan?.fetchesTouched ?? (workers > 1) {
      planner.touched = try await TouchedUnits(left, a, right, b, cuts, isForced: options.plan != nil)
    }
    var choice =
      if let plan = options.plan { try planner.forced(plan) } else { try planner.best() }
    if choice.schedule.touched != nil {
      try await choice.schedule.countTouched(left, right)
    }
    return choice
  }

  /// The partial results where one operand is the driver's and every worker needs all of it: it travels as the
  /// argument of the task, down a tree, and not from worker 0 to each. (In dataflow the driver sends to each
  /// either way.) Nil for other products.
  private func broadcastResults(into cells: Ownership) async throws -> TileCollection<CellResult<S>>? {
    let grid = schedule.grid
    guard cluster.configuration.style == .messagePassing, grid.cellCount > 1,
      grid.cellCount == cells.workerCount, grid.inner == 1,
      schedule.plan.streaming == .none, schedule.touched == nil
    else { return nil }
    let work = schedule.work(panel: 0, fillsUp: fillsUp, isTriangular: isGram)
    let isLeft = left.isOnDriver
    let (whole, other) = isLeft ? (left, right) : (right, left)
    guard case .driver(let matrix) = whole.source, !other.isOnDriver,
      (isLeft ? grid.rows : grid.columns) == 1
    else { return nil }
    // Of a matrix that stores nothing not even the starts of its rows are to travel.
    if case .sparse(let a) = matrix, a.nonzeroCount == 0 { return nil }
    let parts = try await other.placed(
      on: cluster, owners: isLeft ? schedule.rightOwners : schedule.leftOwners
    ).exchange(schedule.route(of: other, isLeft: !isLeft, work), into: cells, on: cluster)
    return try await cluster.engine.map(
      BroadcastProductTask<S>.self,
      BroadcastWork(work, whole.layout.view(matrix), isLeft: isLeft), over: parts)
  }
}

/// Tells that a panel is done.
enum DoneTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = CellResult<S>
  static var name: String { scalarName("done", S.self) }
  static func run(_: Empty, _: CellResult<S>, tile: Int) -> Empty { Empty() }
  static func combine(_: inout Empty, _: Empty, _: Empty) {}
}

/// What the operands store, and what follows for the result.
struct ProductContent {
  let leftStored: Double
  let rightStored: Double
  let inner: Double
  let area: Double
  let isDense: Bool
  let isSparse: Bool

  init(_ left: Shape, _ right: Shape, _ a: OperandMap, _ b: OperandMap) {
    leftStored = a.storedByUnit().reduce(0, +)
    rightStored = b.storedByUnit().reduce(0, +)
    inner = Double(max(1, left.columns))
    area = max(1, Double(left.rows) * Double(right.columns))
    isDense = a.isDense && b.isDense
    isSparse = a.isSparse && b.isSparse
  }

  /// Expected multiply-adds.
  var products: Double { leftStored * rightStored / inner }

  /// Expected share of C's elements that are stored, if what is stored is spread evenly: each product hits a
  /// place at random. Source: the birthday problem; 1 - (1 - 1/area)^products.
  var density: Double { isSparse ? 1 - Double.exp(-products / area) : 1 }

  /// How many pieces of the inner dimension give a unit product enough arithmetic for each element of its
  /// result.
  func innerPieces(_ limits: ProductCuts.Limits) -> Int {
    let work = isDense ? inner : products / max(1, area * density)
    return Int(min(1e6, work / (isDense ? limits.leastDenseWork : limits.leastSparseWork)))
  }
}

extension ProductOperand {
  /// The cuts of A's rows; of a sparse matrix in one piece, as many as a row matrix of it would have.
  fileprivate func naturalRows(_ stored: Double, _ isDense: Bool) -> Cuts {
    guard rowCuts.count == 1, !isDense else { return rowCuts }
    if case .driver(let matrix) = source, matrix.rows > 0 {
      return matrix.slabCuts(
        parts: Partitioning.defaultSlabCount(
          rows: shape.rows, columns: shape.columns, stored: matrix.storedCount))
    }
    return Cuts(
      even: shape.rows,
      parts: Partitioning.defaultSlabCount(
        rows: shape.rows, columns: shape.columns, stored: Int(min(stored, 1e15))))
  }
}
