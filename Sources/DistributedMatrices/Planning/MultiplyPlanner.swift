// Chooses the plan of a product: a pure function of cuts, contents and places of the operands, the number of
// workers and the memory of each. It works out every grid of cells that cannot be made longer, as a whole or,
// where that does not fit, in the fewest panels that do, and takes the least cost (`MultiplySchedule.cost`:
// words, arithmetic, rounds); ties by the memory of the worker that holds most, then by the order of the grids. Where
// it is known what sparse operands touch, every grid also with only that fetched. O(grids (tiles + cells workers)).

import TesseraPartitioning

/// The planner of one product.
struct MultiplyPlanner: Sendable {
  var cuts: ProductCuts
  var left: OperandMap
  var right: OperandMap
  var result: ResultMap
  var workerCount: Int
  /// Bytes that a worker may hold of operands, panels and results.
  var memoryPerWorker: Int
  /// What units touch, where that may be worth knowing.
  var touched: TouchedUnits?
  /// Whether workers keep what they cut out of tiles, and what cells took, until the product is done, as in
  /// dataflow.
  var keepsPieces = false

  /// The most grids that are worked out in full; of more, those with the fewest words in the ideal placement.
  static let mostGrids = 200

  /// A plan with what it was preferred to.
  struct Choice: Sendable {
    var schedule: MultiplySchedule
    /// What else fits, best first.
    var alternatives: [MultiplySchedule]
  }

  /// The best plan.
  ///
  /// - Throws: `PlanError.outOfMemory` when none fits.
  func best() throws(PlanError) -> Choice {
    let grids = grids()
    var all = grids.map { fitted($0, fetchesTouched: false) }
    if touched != nil {
      all += grids.filter { $0.cellCount > 1 }.map { fitted($0, fetchesTouched: true) }
    }
    var feasible = all.filter { $0.peakBytes <= memoryPerWorker }
    guard !feasible.isEmpty else { throw shortfall(all) }
    // The sort is stable: grids of equal cost and memory stay in order.
    feasible.sort { ($0.cost, $0.peakBytes) < ($1.cost, $1.peakBytes) }
    return Choice(schedule: feasible[0], alternatives: Array(feasible.dropFirst()))
  }

  /// The given plan, worked out.
  ///
  /// - Throws: `PlanError.inapplicable` when it does not fit the operands or the workers, `outOfMemory` when it
  ///   does not fit the memory.
  func forced(_ plan: MultiplyPlan) throws(PlanError) -> Choice {
    guard let grid = plan.grid else {
      throw .inapplicable(plan: plan, reason: "an operand is distributed")
    }
    guard grid.cellCount <= workerCount else {
      throw .inapplicable(
        plan: plan,
        reason:
          "its \(grid.rows) x \(grid.inner) x \(grid.columns) cells (rows x inner dimension x columns) need a "
          + "worker each, \(grid.cellCount) in all, and \(workerCount == 1 ? "there is 1" : "there are \(workerCount)")"
      )
    }
    for (name, cells, units) in [
      ("rows", grid.rows, cuts.rows.count), ("inner dimension", grid.inner, cuts.inner.count),
      ("columns", grid.columns, cuts.columns.count),
    ] where cells > units {
      throw .inapplicable(
        plan: plan,
        reason:
          "it splits the \(name) in \(cells), and the operands have "
          + (units == 1 ? "one piece" : "\(units) pieces") + " there, "
          + "expected at most as many cells as pieces; --block-size cuts blocks finer, --partitions slabs of rows"
      )
    }
    guard !plan.fetchesTouched || touched != nil else {
      throw .inapplicable(
        plan: plan, reason: "what is touched tells something where an operand is sparse in all its tiles")
    }
    let most =
      switch plan.streaming {
      case .none: 1
      case .rows: (cuts.rows.count + grid.rows - 1) / grid.rows
      case .columns: (cuts.columns.count + grid.columns - 1) / grid.columns
      }
    guard plan.streaming.panels <= most else {
      throw .inapplicable(
        plan: plan, reason: "a cell has \(most) pieces, too few for \(plan.streaming.panels) panels")
    }
    let schedule = schedule(plan, grid)
    guard schedule.peakBytes <= memoryPerWorker else { throw shortfall([schedule]) }
    return Choice(schedule: schedule, alternatives: [])
  }

  // MARK: -

  func grids() -> [MultiplyGrid] {
    let grids = MultiplyGrid.candidates(
      workers: workerCount, rows: cuts.rows.count, inner: cuts.inner.count, columns: cuts.columns.count)
    guard grids.count > Self.mostGrids else { return grids }
    func words(_ grid: MultiplyGrid) -> Double {
      grid.words(rows: cuts.rows.extent, inner: cuts.inner.extent, columns: cuts.columns.extent)
        + Double(cuts.rows.extent) * Double(cuts.inner.extent) * Double(cuts.columns.extent)
        / Double(grid.cellCount)
    }
    let sorted = grids.enumerated().sorted { (words($0.element), $0.offset) < (words($1.element), $1.offset) }
    return sorted.prefix(Self.mostGrids).sorted { $0.offset < $1.offset }.map(\.element)
  }

  func schedule(_ plan: MultiplyPlan, _ grid: MultiplyGrid) -> MultiplySchedule {
    MultiplySchedule(
      plan, grid: grid, cuts: cuts, left: left, right: right, result: result, touched: touched,
      keepsPieces: keepsPieces, workerCount: workerCount)
  }

  /// The grid as a whole if that fits, else in the fewest panels that do, else in those that need least.
  func fitted(_ grid: MultiplyGrid, fetchesTouched: Bool) -> MultiplySchedule {
    var best = schedule(MultiplyPlan(grid, fetchesTouched: fetchesTouched), grid)
    guard best.peakBytes > memoryPerWorker else { return best }
    let (rows, columns) = (
      (cuts.rows.count + grid.rows - 1) / grid.rows, (cuts.columns.count + grid.columns - 1) / grid.columns
    )
    var panels = 2
    while panels <= max(rows, columns) {
      for streaming in [MultiplyPlan.Streaming.columns(panels), .rows(panels)] {
        if case .rows = streaming, panels > rows { continue }
        if case .columns = streaming, panels > columns { continue }
        let streamed = schedule(
          MultiplyPlan(grid, streaming: streaming, fetchesTouched: fetchesTouched), grid)
        if streamed.peakBytes <= memoryPerWorker { return streamed }
        if streamed.peakBytes < best.peakBytes { best = streamed }
      }
      panels *= 2
    }
    return best
  }
}
