// The planner against the bounds of the field: the grids and ratios of the published formulas, what it
// predicts against what the formula says, and what it refuses.

import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDistributedMatrices

/// A product of dense operands in even tiles, which the plan may place.
func densePlanner(
  _ m: Int, _ k: Int, _ n: Int, pieces: (Int, Int, Int), workers: Int, memory: Int = .max
) -> MultiplyPlanner {
  let (rows, inner, columns) = (
    Cuts(even: m, parts: pieces.0), Cuts(even: k, parts: pieces.1), Cuts(even: n, parts: pieces.2)
  )
  let cuts = ProductCuts(
    left: (rows, inner), right: (inner, columns), cutsColumns: true, innerPieces: pieces.1,
    limits: ProductCuts.Limits(longestPiece: .max))
  return MultiplyPlanner(
    cuts: cuts,
    left: OperandMap(
      denseTiles: rows, inner, unitRows: cuts.rows, unitColumns: cuts.inner, owners: nil, bytesPerElement: 8),
    right: OperandMap(
      denseTiles: inner, columns, unitRows: cuts.inner, unitColumns: cuts.columns, owners: nil,
      bytesPerElement: 8),
    result: ResultMap(isInSlabs: false), workerCount: workers, memoryPerWorker: memory)
}

struct PublishedRow: CustomTestStringConvertible {
  let m, k, n, workers: Int
  let pieces: (Int, Int, Int)
  let grid: String
  let words, bound, ratio: Double
  var testDescription: String { "\(m) x \(k) x \(n) on \(workers)" }
  /// Square blocks that are at most as large as the pieces.
  var shortestPiece: Int { min(m / pieces.0, k / pieces.1, n / pieces.2) }

  /// On four workers 1x2x2 is published, which moves as much and holds more.
  static let all = [
    PublishedRow(
      m: 4096, k: 4096, n: 4096, workers: 4, pieces: (16, 16, 16), grid: "2x1x2", words: 8.39e6,
      bound: 7.39e6,
      ratio: 1.135),
    PublishedRow(
      m: 4096, k: 4096, n: 4096, workers: 8, pieces: (16, 16, 16), grid: "2x2x2", words: 6.29e6,
      bound: 6.29e6,
      ratio: 1),
    PublishedRow(
      m: 4096, k: 4096, n: 4096, workers: 64, pieces: (16, 16, 16), grid: "4x4x4", words: 2.36e6,
      bound: 2.36e6,
      ratio: 1),
    PublishedRow(
      m: 1 << 20, k: 256, n: 256, workers: 16, pieces: (64, 4, 4), grid: "16x1x1", words: 6.14e4,
      bound: 6.14e4,
      ratio: 1),
    PublishedRow(
      m: 256, k: 1 << 20, n: 256, workers: 16, pieces: (4, 64, 4), grid: "1x16x1", words: 6.14e4,
      bound: 6.14e4,
      ratio: 1),
    PublishedRow(
      m: 16384, k: 512, n: 16384, workers: 16, pieces: (16, 4, 16), grid: "4x1x4", words: 3.15e6,
      bound: 3.15e6,
      ratio: 1),
  ]
}

@Suite struct PlannerTests {
  @Test(arguments: PublishedRow.all) func bestGridsAndRatiosAreThePublishedOnes(row: PublishedRow) throws {
    let choice = try densePlanner(row.m, row.k, row.n, pieces: row.pieces, workers: row.workers).best()
    let bound = CommunicationBound.product(
      rows: row.m, inner: row.k, columns: row.n, workers: row.workers)
    #expect(choice.schedule.plan.description == row.grid)
    #expect(abs(Double(choice.schedule.words) / row.words - 1) < 2e-3)
    #expect(abs(bound / row.bound - 1) < 2e-3)
    #expect(abs(Double(choice.schedule.words) / bound - row.ratio) < 1e-3)
  }

  /// What nobody has to choose pieces for. Cubes in few large tiles, which are worth their arithmetic, leave less to
  /// share out among many workers.
  @Test(arguments: [
    (4096, 4096, 4096, 4, 1.136), (4096, 4096, 4096, 8, 1.001), (4096, 4096, 4096, 64, 2.223),
    (1 << 20, 256, 256, 16, 1.067), (256, 1 << 20, 256, 16, 1.001), (256, 32768, 256, 16, 1.001),
    (16384, 512, 16384, 16, 1.001), (2048, 2048, 2048, 16, 1.1), (2048, 64, 2048, 16, 1.334),
    (1024, 1024, 1024, 8, 2.001),
  ]) func defaultCutsKeepToTheBound(m: Int, k: Int, n: Int, workers: Int, most: Double) throws {
    let choice = try MultiplyPlanner(rows: m, inner: k, columns: n, workerCount: workers).best()
    let bound = CommunicationBound.product(rows: m, inner: k, columns: n, workers: workers)
    let ratio = Double(choice.schedule.words) / bound
    #expect((1 - 1e-12...most).contains(ratio), "\(choice.schedule.plan): \(ratio)")
  }

  @Test func piecesOfTheResultArePartsOfUnitProducts() {
    for (m, k, n) in [(256, 1 << 20, 256), (100, 70_000, 33), (2048, 2048, 2048), (1, 1 << 18, 1), (0, 5, 3)]
    {
      let cuts = MultiplyPlanner(rows: m, inner: k, columns: n).cuts
      let pieces = cuts.ofResult
      #expect(Set(cuts.rows.bounds).isSubset(of: pieces.rows.bounds) && pieces.rows.extent == m)
      #expect(Set(cuts.columns.bounds).isSubset(of: pieces.columns.bounds) && pieces.columns.extent == n)
      #expect(pieces.rows.count == cuts.rows.count * cuts.rowParts)
      #expect(pieces.inner == cuts.inner)
      #expect(cuts.rowParts == 1 || m / pieces.rows.count >= 32)
    }
  }

  @Test func predictionIsTheFormulaForEveryGridThatDividesTheTiles() {
    let planner = densePlanner(96, 48, 192, pieces: (16, 16, 16), workers: 16)
    for grid in MultiplyGrid.candidates(workers: 16, rows: 16, inner: 16, columns: 16)
    where grid.cellCount == 16 || grid.cellCount == 1 {
      let schedule = MultiplySchedule(
        MultiplyPlan(grid), grid: grid, cuts: planner.cuts, left: planner.left, right: planner.right,
        result: planner.result, workerCount: 16)
      #expect(Double(schedule.words) == grid.words(rows: 96, inner: 48, columns: 192), "\(grid)")
      #expect(Set(schedule.workers).count == grid.cellCount)
    }
  }

  @Test func whereOperandsLieDecides() throws {
    // A tall A in slabs and a small B on worker 0: B goes to everybody, nothing else moves.
    var planner = densePlanner(4000, 40, 40, pieces: (8, 1, 1), workers: 4)
    planner.left.owners = [0, 0, 1, 1, 2, 2, 3, 3]
    planner.right.owners = [0]
    let schedule = try planner.best().schedule
    #expect(schedule.plan.description == "4x1x1")
    #expect(schedule.workers == [0, 1, 2, 3])
    #expect(schedule.predictions.map(\.words) == [0, 1600, 1600, 1600])
    // Slabs dealt out backwards: the cells go to where the slabs are.
    planner.left.owners = [3, 3, 2, 2, 1, 1, 0, 0]
    #expect(try planner.best().schedule.workers == [3, 2, 1, 0])
  }

  @Test func smallProductsStayOnOneWorker() throws {
    var planner = densePlanner(4, 4, 4, pieces: (4, 4, 4), workers: 8)
    (planner.left.owners, planner.right.owners) = (
      .init(repeating: 0, count: 16), .init(repeating: 0, count: 16)
    )
    let schedule = try planner.best().schedule
    #expect(schedule.plan.description == "1x1x1" && schedule.words == 0)
  }

  @Test func panelsAreStreamedRatherThanMemoryExceeded() throws {
    let free = densePlanner(512, 512, 512, pieces: (16, 4, 16), workers: 4)
    // Operands and result of a worker, and half as much again.
    let budget = 3 * 512 * 512 * 8 / 4 * 3 / 2
    #expect(try free.best().schedule.peakBytes > budget)
    var tight = free
    tight.memoryPerWorker = budget
    let choice = try tight.best()
    #expect(choice.schedule.plan.streaming != .none)
    #expect(choice.schedule.peakBytes <= budget)
  }

  @Test func whatDoesNotFitIsRefusedWithTheShortfallAndARemedy() throws {
    let planner = densePlanner(512, 512, 512, pieces: (16, 4, 16), workers: 4, memory: 1_000_000)
    let error = #expect(throws: PlanError.self) { try planner.best() }
    guard case .outOfMemory(let needed, let available, let nearest, let workers, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed > available && available == 1_000_000)
    var more = planner
    more.workerCount = try #require(workers)
    #expect(try more.best().schedule.peakBytes <= 1_000_000)
    var roomy = planner
    roomy.memoryPerWorker = needed
    #expect(try roomy.forced(nearest).schedule.peakBytes == needed)
  }

  @Test func refusalsSayWhatWouldBeTaken() throws {
    // One piece in every direction: no number of workers helps, smaller pieces may.
    let whole = densePlanner(512, 512, 512, pieces: (1, 1, 1), workers: 4, memory: 1_000_000)
    let error = try #require(throws: PlanError.self) { try whole.best() }
    #expect("\(error)".contains("--block-size"))
    let planner = densePlanner(512, 512, 512, pieces: (8, 8, 8), workers: 2)
    let many = try #require(throws: PlanError.self) {
      try planner.forced(MultiplyPlan(MultiplyGrid(1, 5, 1)))
    }
    #expect("\(many)".contains("1 x 5 x 1") && "\(many)".contains("5 in all"))
  }

  /// Sixteen workers hold 6.3 MB each of a product of order 2048, in blocks of 512 too much beside them.
  @Test(arguments: [(2048, 16, 9_437_184), (1000, 7, 5_142_857), (512, 4, 2_400_000), (300, 1, 1_000_000)])
  func blocksThatARefusalNamesFit(order n: Int, workers: Int, memory: Int) throws {
    var planner = MultiplyPlanner(rows: n, inner: n, columns: n, workerCount: workers)
    planner.memoryPerWorker = memory
    let error = try #require(throws: PlanError.self) { try planner.best() }
    guard case .outOfMemory(_, _, _, let more, let blocks?) = error else {
      Issue.record("\(error)")
      return
    }
    var finer = MultiplyPlanner(
      rows: n, inner: n, columns: n, blockSize: blocks.size, workerCount: blocks.workers)
    finer.memoryPerWorker = memory
    #expect(try finer.best().schedule.peakBytes <= memory)
    #expect(blocks.workers < more ?? .max && "\(error)".contains("--block-size \(blocks.size)"))
  }

  @Test(arguments: [1 << 16, 1000]) func whereNothingFitsNoBlocksAreNamed(memory: Int) throws {
    var planner = MultiplyPlanner(rows: 4096, inner: 4096, columns: 4096, workerCount: 2)
    planner.memoryPerWorker = memory
    let error = try #require(throws: PlanError.self) { try planner.best() }
    guard case .outOfMemory(_, _, _, nil, nil) = error else {
      Issue.record("\(error)")
      return
    }
  }

  /// Of grids that move as much, the one that holds least.
  @Test func tiesGoToWhatHoldsLeast() throws {
    let planner = MultiplyPlanner(rows: 2048, inner: 2048, columns: 2048, workerCount: 4)
    let choice = try planner.best()
    let ties = choice.alternatives.filter { $0.cost == choice.schedule.cost }
    #expect(!ties.isEmpty && ties.allSatisfy { $0.peakBytes >= choice.schedule.peakBytes })
  }

  @Test func largeSparseProductsAreExpectedToFit() throws {
    // A million square, five nonzeros a row: 25 million products.
    let n = 1 << 20
    let (rows, whole) = (Cuts(even: n, parts: 4), Cuts(even: n, parts: 1))
    let cuts = ProductCuts(
      left: (rows, whole), right: (rows, whole), cutsColumns: false, innerPieces: 1)
    let tiles = (0..<4).map {
      OperandMap.Tile(rows: rows[$0], columns: 0..<n, form: .byRows, stored: [5 * n / 4])
    }
    let planner = MultiplyPlanner(
      cuts: cuts,
      left: OperandMap(
        unitRows: cuts.rows, unitColumns: cuts.inner, tiles: tiles, owners: [0, 0, 1, 1], bytesPerElement: 8),
      right: OperandMap(
        unitRows: cuts.inner, unitColumns: cuts.columns, tiles: tiles, owners: [0, 0, 1, 1],
        bytesPerElement: 8),
      result: ResultMap(isInSlabs: true), workerCount: 2, memoryPerWorker: 1 << 30)
    let schedule = try planner.best().schedule
    #expect(schedule.plan.description == "2x1x1")
    // Half of A, B and C, and the other half of B.
    #expect(schedule.peakBytes < 400 << 20)
  }

  @Test func forcedPlansAreChecked() throws {
    let planner = densePlanner(64, 64, 64, pieces: (4, 2, 4), workers: 4)
    #expect(try planner.forced(MultiplyPlan(MultiplyGrid(2, 2, 1))).schedule.words > 0)
    for plan in ["2x2x2", "1x4x1", "1x1x2/columns:3", "local"] {
      let plan = try #require(MultiplyPlan(plan))
      #expect(throws: PlanError.self, "\(plan)") { try planner.forced(plan) }
    }
  }

  @Test func workersThatHaveNothingToDoAreLegal() throws {
    for workers in [1, 2, 3, 5, 7, 64] {
      for (m, k, n) in [(0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (5, 7, 2)] {
        let schedule = try densePlanner(m, k, n, pieces: (2, 1, 3), workers: workers).best().schedule
        #expect(schedule.resultOwners.count == 6)
      }
    }
  }

  @Test(arguments: 1...40) func rangesOfATreeAreCoveredByItsNodes(count: Int) {
    for parts in 1...count {
      for ranges in [evenRanges(count, parts), alignedRanges(count, parts)] {
        #expect(ranges.count == parts && ranges.flatMap { $0 } == Array(0..<count))
        for range in ranges {
          let nodes = ReductionNode.covering(range, of: count)
          #expect(nodes.flatMap { Array($0.first..<$0.end) } == Array(range))
        }
      }
      if parts & (parts - 1) == 0, count % parts == 0, count / parts & (count / parts - 1) == 0 {
        #expect(
          alignedRanges(count, parts).allSatisfy { ReductionNode.covering($0, of: count).count == 1 })
      }
    }
  }
}

@Suite struct PlanTextTests {
  @Test(arguments: [
    "local", "1x1x1", "4x2x16", "2x1x2/columns:3", "2x1x2/rows:7", "1x1x1/columns:64", "4x1x1/touched",
    "4x1x2/columns:3/touched",
  ])
  func plansPrintAndParse(text: String) { #expect(MultiplyPlan(text)?.description == text) }

  @Test(
    arguments: [
      "", "2", "2x2", "0x1x1", "-1x1x1", "2x2x2x2", "2x2x2/", "2x2x2/rows", "2x2x2/rows:1", "axbxc",
      "2x2x2/rows:2/columns:2", "9223372036854775807x2x1", "local/rows:2", "local/touched",
      "2x2x2/touched/rows:2", "2x2x2/touched/touched",
    ])
  func whatIsNoPlanIsRefused(text: String) { #expect(MultiplyPlan(text) == nil) }
}

@Suite struct CommunicationBoundTests {
  @Test func theBoundIsNeverAboveAnAlgorithm() {
    for (m, k, n) in [(64, 64, 64), (1024, 8, 8), (8, 1024, 8), (8, 8, 1024), (512, 4, 512), (3, 100, 7)] {
      for workers in 1...64 {
        let bound = CommunicationBound.product(rows: m, inner: k, columns: n, workers: workers)
        for pm in 1...workers where workers % pm == 0 {
          for pk in 1...(workers / pm) where workers / pm % pk == 0 {
            let words = MultiplyGrid(pm, pk, workers / pm / pk).words(rows: m, inner: k, columns: n)
            #expect(bound <= words * (1 + 1e-12))
          }
        }
      }
    }
  }

  @Test func aGramNeedsHalfInTheLeadingTerm() {
    let (gram, product) = (
      CommunicationBound.gram(inner: 1 << 20, order: 256, workers: 16),
      CommunicationBound.product(rows: 256, inner: 1 << 20, columns: 256, workers: 16)
    )
    #expect(abs(gram / product - 0.5) < 0.01)
  }
}
