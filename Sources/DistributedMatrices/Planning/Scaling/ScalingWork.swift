// What P workers would take for a product, a pass of a Krylov method or the triangle of a tall matrix: the
// planner's formulas for words, and a machine's rates for time. Nothing is run, so that P may be any number.
//
//   product     grid pm x pk x pn of at most P cells, none finer than the tiles: words as in MultiplyGrid, of
//               (pm - 1) + (pk - 1) + (pn - 1) messages; the busiest cell's tiles at the rate of dense products
//   gramPass    x goes down a binomial tree, n words each; partial results of n words come up; the busiest
//               worker reads its slabs, 12 bytes a nonzero and 8 a row (SELL and its like read a little less)
//   triangle    2 (m/P) n^2 flops for a worker's slabs, then triangles of n(n+1)/2 words up a tree, 10/3 n^3
//               flops each; R alone, by reflections (TSQR)
//
// The time of a step is that of its slowest worker, and nothing overlaps: arithmetic, then movement, then the
// latencies of the steps. It is a prediction for planning a purchase, not a measurement. A worker beyond the
// number of tiles has nothing to do. Sources: MultiplyGrid, CommunicationBound; Demmel, Grigori, Hoemmen,
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
  /// would. O(P log^2 P) for a product, else O(1).
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

  private func predictedProduct(
    _ m: Int, _ k: Int, _ n: Int, _ blockSize: Int?, _ workers: Int, _ machine: MachineModel
  ) -> ScalingPrediction {
    let product = GridTimes(m, k, n, blockSize: blockSize, machine)
    let alone = product.seconds(MultiplyGrid(1, 1, 1))
    var (grid, seconds) = (MultiplyGrid(1, 1, 1), alone)
    let units = product.units
    for pm in 1...min(units.rows, workers) {
      for pk in 1...min(units.inner, workers / pm) {
        for pn in 1...min(units.columns, workers / (pm * pk)) {
          let other = MultiplyGrid(pm, pk, pn)
          let time = product.seconds(other)
          if time < seconds { (grid, seconds) = (other, time) }
        }
      }
    }
    let cells = grid.cellCount
    return ScalingPrediction(
      workers: workers, busyWorkers: cells, grid: grid, words: grid.words(rows: m, inner: k, columns: n),
      lowerBoundWords: CommunicationBound.product(rows: m, inner: k, columns: n, workers: cells),
      messages: product.messages(grid), peakBytes: product.peakBytes(grid), seconds: seconds,
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
private struct GridTimes {
  let m, k, n: Int
  /// The pieces that cells are made of.
  let units: (rows: Int, inner: Int, columns: Int)
  let machine: MachineModel

  init(_ m: Int, _ k: Int, _ n: Int, blockSize: Int?, _ machine: MachineModel) {
    (self.m, self.k, self.n, self.machine) = (m, k, n, machine)
    func grid(_ rows: Int, _ columns: Int) -> Partitioning {
      if let blockSize { return Partitioning(rows: rows, columns: columns, blockSize: blockSize) }
      return .defaultBlocks(rows: rows, columns: columns, stored: rows * columns)
    }
    let (a, b) = (grid(m, k), grid(k, n))
    // As the product of two block matrices is cut.
    let cuts = ProductCuts(
      left: (a.rowCuts, a.columnCuts), right: (b.rowCuts, b.columnCuts), cutsColumns: true,
      innerPieces: max(1, k / Int(ProductCuts.Limits().leastDenseWork)))
    units = (cuts.rows.count, cuts.inner.count, cuts.columns.count)
  }

  func messages(_ grid: MultiplyGrid) -> Int { grid.rows + grid.inner + grid.columns - 3 }

  /// Operands and result of a cell.
  func peakBytes(_ grid: MultiplyGrid) -> Double {
    let (m, k, n) = (Double(m), Double(k), Double(n))
    let (pm, pk, pn) = (Double(grid.rows), Double(grid.inner), Double(grid.columns))
    return 8 * (m * k / (pm * pk) + k * n / (pk * pn) + m * n / (pm * pn))
  }

  func seconds(_ grid: MultiplyGrid) -> Double {
    func busiest(_ extent: Int, _ units: Int, _ parts: Int) -> Double {
      Double(extent) * Double((units + parts - 1) / parts) / Double(units)
    }
    let flops =
      2 * busiest(m, units.rows, grid.rows) * busiest(k, units.inner, grid.inner)
      * busiest(n, units.columns, grid.columns)
    // An exchange of each operand, the tiles' products, and the partial results.
    let steps = grid.cellCount == 1 ? 0.0 : 4
    return flops / machine.flopRate
      + machine.transfer(
        messages: Double(messages(grid)), words: grid.words(rows: m, inner: k, columns: n))
      + steps * machine.step(workers: grid.cellCount)
  }
}
