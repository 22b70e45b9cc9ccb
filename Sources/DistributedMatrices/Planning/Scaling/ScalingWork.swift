// What P workers would take for a product, a pass of a Krylov method or the triangle of a tall matrix: the
// planner's formulas for words, and a machine's rates for time. Nothing is run, so that P may be any number.
//
//   product     grid pm x pk x pn of at most P cells, none finer than the tiles: words and memory as the planner
//               predicts them (MultiplySchedule), of (pm - 1) + (pk - 1) + (pn - 1) messages; the busiest cell's tiles
//               at the rate of dense products
//   gramPass    x goes down a binomial tree, n words each; partial results of n words come up; the busiest
//               worker reads its slabs, 12 bytes a nonzero and 8 a row (SELL and its like read a little less)
//   triangle    2 (m/P) n^2 flops for a worker's slabs, then triangles of n(n+1)/2 words up a tree, 10/3 n^3
//               flops each; R alone, by reflections (TSQR)
//
// The time of a step is that of its slowest worker, and nothing overlaps: arithmetic, then movement, then the
// latencies of the steps. It is a prediction for planning a purchase, not a measurement. A worker beyond the
// number of tiles has nothing to do. The lower bound of words is for all workers. Sources: MultiplySchedule, CommunicationBound; Demmel, Grigori, Hoemmen,
// Langou, Communication-optimal parallel and sequential QR and LU factorizations, SIAM J. Sci. Comput. 34, 2012.

import TesseraPartitioning

/// Work whose cost on any number of workers can be predicted.
public enum ScalingWork: Hashable, Sendable {
  /// C (m x n) = A (m x k) B (k x n), dense, in square blocks of at most `blockSize`, or in the default ones.
  case product(rows: Int, inner: Int, columns: Int, blockSize: Int? = nil)
  /// y = A^H (A x) of a sparse m x n matrix in the default slabs: a pass of a Krylov method.
  case gramPass(rows: Int, columns: Int, nonzeros: Int)
  /// The triangle R of A = Q R, dense, m >= n, in the default slabs.
  case triangle(rows: Int, columns: Int)

  /// What `workers` workers would take on `machine`, by the grid that takes least. Never more than fewer workers
  /// would. For a product O(P log^2 P) and, for each grid that may be the best, O(tiles P^(1/2)); else O(1).
  ///
  /// - Precondition: at least one worker; lengths and counts are positive.
  public func predicted(workers: Int, on machine: MachineModel) -> ScalingPrediction {
    precondition(workers >= 1)
    switch self {
    case .product(let m, let k, let n, let blockSize):
      return predictedProduct(m, k, n, blockSize, workers, machine)
    case .gramPass(let m, let n, let nonzeros):
      let slabs = Partitioning.defaultSlabCount(rows: m, columns: n, stored: nonzeros)
      return fastest(workers, slabs) { Self.gramPass(m, n, nonzeros, slabs: slabs, workers: $0, machine) }
    case .triangle(let m, let n):
      let slabs = Partitioning.defaultSlabCount(rows: m, columns: n, stored: m * n)
      return fastest(workers, slabs) { Self.triangle(m, n, slabs: slabs, workers: $0, machine) }
    }
  }

  /// The best of 1, 2, ..., `workers` of which each has a slab, the fewest among equals; efficiency is beside one
  /// worker, and all that are there count.
  private func fastest(_ workers: Int, _ slabs: Int, _ predict: (Int) -> ScalingPrediction)
    -> ScalingPrediction
  {
    let alone = predict(1)
    var best = alone
    for count in 1...min(workers, slabs) {
      let other = predict(count)
      if other.seconds < best.seconds { best = other }
    }
    best.workers = workers
    best.efficiency = alone.seconds / (Double(workers) * best.seconds)
    return best
  }

  // MARK: products

  /// Grids in the order of the least time that they can take, in which every cell receives an even share of all words:
  /// no more are worked out than may be the best. Of equals the one that holds least, as for the planner.
  private func predictedProduct(
    _ m: Int, _ k: Int, _ n: Int, _ blockSize: Int?, _ workers: Int, _ machine: MachineModel
  ) -> ScalingPrediction {
    let product = ProductTimes(m, k, n, blockSize: blockSize, machine)
    let one = MultiplyGrid(1, 1, 1)
    let alone = product.seconds(one, words: 0)
    var (best, seconds) = (product.schedule(one), alone)
    for (grid, least) in product.grids(workers) {
      if least > seconds { break }
      let schedule = product.schedule(grid)
      let time = product.seconds(grid, words: Double(schedule.words))
      if (time, schedule.peakBytes) < (seconds, best.peakBytes) { (best, seconds) = (schedule, time) }
    }
    return ScalingPrediction(
      workers: workers, busyWorkers: best.grid.cellCount, grid: best.grid, words: Double(best.words),
      lowerBoundWords: CommunicationBound.product(rows: m, inner: k, columns: n, workers: workers),
      messages: product.messages(best.grid), peakBytes: Double(best.peakBytes), seconds: seconds,
      efficiency: alone / (Double(workers) * seconds))
  }

  // MARK: slabs

  /// The share of the worker that has most slabs, of equal ones.
  private static func share(_ slabs: Int, _ workers: Int) -> Double {
    Double((slabs + workers - 1) / workers) / Double(slabs)
  }

  private static func gramPass(
    _ m: Int, _ n: Int, _ nonzeros: Int, slabs: Int, workers: Int, _ machine: MachineModel
  ) -> ScalingPrediction {
    let (share, depth) = (share(slabs, workers), Double(treeDepth(workers)))
    let matrix = (12 * Double(nonzeros) + 8 * Double(m)) * share
    // Down to the last worker, up to the first: each round a whole vector.
    let words = depth * Double(n)
    let seconds =
      (matrix + depth * 24 * Double(n)) / machine.memoryBandwidth
      + 2 * machine.transfer(messages: depth, words: words)
    return ScalingPrediction(
      workers: workers, busyWorkers: workers, words: words, messages: Int(depth),
      peakBytes: matrix + 16 * Double(n), seconds: seconds)
  }

  private static func triangle(_ m: Int, _ n: Int, slabs: Int, workers: Int, _ machine: MachineModel)
    -> ScalingPrediction
  {
    let (share, depth) = (share(slabs, workers), Double(treeDepth(workers)))
    let (m, n) = (Double(m), Double(n))
    let pair = 10.0 / 3 * n * n * n
    let mine = Double((slabs + workers - 1) / workers)
    let flops = 2 * m * share * n * n + (mine - 1 + depth) * pair
    let words = depth * n * (n + 1) / 2
    let seconds =
      flops / machine.flopRate + machine.transfer(messages: depth, words: words)
      + machine.step(workers: workers)
    return ScalingPrediction(
      workers: workers, busyWorkers: workers, words: words, messages: Int(depth),
      peakBytes: 8 * m * n * share + 8 * n * (n + 1), seconds: seconds)
  }
}

/// The cost of one product on a grid.
private struct ProductTimes {
  let planner: MultiplyPlanner
  let machine: MachineModel

  init(_ m: Int, _ k: Int, _ n: Int, blockSize: Int?, _ machine: MachineModel) {
    planner = MultiplyPlanner(rows: m, inner: k, columns: n, blockSize: blockSize)
    self.machine = machine
  }

  private var cuts: ProductCuts { planner.cuts }

  /// All grids of at most `workers` cells, with the least time that each can take, ascending.
  func grids(_ workers: Int) -> [(grid: MultiplyGrid, least: Double)] {
    var grids: [(grid: MultiplyGrid, least: Double)] = []
    let (m, k, n) = (cuts.rows.extent, cuts.inner.extent, cuts.columns.extent)
    for pm in 1...min(cuts.rows.count, workers) {
      for pk in 1...min(cuts.inner.count, workers / pm) {
        for pn in 1...min(cuts.columns.count, workers / (pm * pk)) {
          let grid = MultiplyGrid(pm, pk, pn)
          grids.append((grid, seconds(grid, words: grid.words(rows: m, inner: k, columns: n))))
        }
      }
    }
    return grids.sorted { $0.least < $1.least }
  }

  /// The planner's schedule on the workers that have a cell; others would receive nothing.
  func schedule(_ grid: MultiplyGrid) -> MultiplySchedule {
    var planner = planner
    planner.workerCount = grid.cellCount
    return planner.schedule(MultiplyPlan(grid), grid)
  }

  func messages(_ grid: MultiplyGrid) -> Int { grid.rows + grid.inner + grid.columns - 3 }

  func seconds(_ grid: MultiplyGrid, words: Double) -> Double {
    func busiest(_ cuts: Cuts, _ parts: Int) -> Double {
      Double(cuts.extent) * Double((cuts.count + parts - 1) / parts) / Double(cuts.count)
    }
    let flops =
      2 * busiest(cuts.rows, grid.rows) * busiest(cuts.inner, grid.inner)
      * busiest(cuts.columns, grid.columns)
    // An exchange of each operand, the tiles' products, and the partial results.
    let steps = grid.cellCount == 1 ? 0.0 : 4
    return flops / machine.flopRate + machine.transfer(messages: Double(messages(grid)), words: words)
      + steps * machine.step(workers: grid.cellCount)
  }
}
