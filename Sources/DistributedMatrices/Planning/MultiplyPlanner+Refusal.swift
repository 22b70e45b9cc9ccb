// What a refused product is told: the plan that needs least, the number of workers on which some plan fits, and,
// where the factors are dense, the square blocks in which one fits on fewer. All of it is worked out by the planner
// itself, so that what is named is what fits when it is asked for. O(numbers of workers x sizes x what a plan costs),
// only where a product is refused.

import TesseraPartitioning

extension MultiplyPlanner {
  /// The most workers that a refusal considers.
  private static let mostWorkers = 256
  /// The most blocks of an operand that a refusal considers: finer ones are not worth a message each.
  private static let mostBlocks = 1024

  /// Why none of `schedules` is carried out, and what would be.
  func shortfall(_ schedules: [MultiplySchedule]) -> PlanError {
    guard let nearest = schedules.min(by: { $0.peakBytes < $1.peakBytes }) else {
      preconditionFailure("a product has at least one grid")
    }
    let workers = workersNeeded()
    return .outOfMemory(
      bytesNeeded: nearest.peakBytes, bytesAvailable: memoryPerWorker, nearest: nearest.plan,
      workersNeeded: workers, finer: finerBlocks(fewerWorkersThan: workers ?? Self.mostWorkers + 1))
  }

  /// The least power of two of workers, more than there are, on which some plan fits with these cuts when it may
  /// place the operands; nil beyond `mostWorkers`.
  private func workersNeeded() -> Int? {
    var planner = self
    if !left.isOnDriver { planner.left.owners = nil }
    if !right.isOnDriver { planner.right.owners = nil }
    if !result.isOnDriver { planner.result.owners = nil }
    return largerCounts.first { planner.fits(on: $0) }
  }

  /// The largest blocks in which some plan fits on the fewest workers, fewer than `limit`; nil where no such blocks
  /// are found, or an operand or the result is not cut in blocks.
  private func finerBlocks(fewerWorkersThan limit: Int) -> FinerBlocks? {
    guard left.isDense, right.isDense, !result.isInSlabs, !result.isTriangular else { return nil }
    let longest = [cuts.rows, cuts.inner, cuts.columns].flatMap { cuts in
      (0..<cuts.count).map { cuts[$0].count }
    }
    let extents = [(cuts.rows.extent, cuts.inner.extent), (cuts.inner.extent, cuts.columns.extent)]
    var candidates: [(Int, MultiplyPlanner)] = []
    var size = 1 << 20
    while size > 16 {
      size /= 2
      let blocks = extents.map { (($0.0 + size - 1) / size) * (($0.1 + size - 1) / size) }
      if size < longest.max() ?? 0, blocks.allSatisfy({ $0 <= Self.mostBlocks }) {
        candidates.append((size, inBlocks(of: size)))
      }
    }
    for count in [workerCount] + largerCounts where count < limit {
      for (size, planner) in candidates where planner.fits(on: count) {
        return FinerBlocks(size: size, workers: count)
      }
    }
    return nil
  }

  /// Powers of two, more than there are workers.
  private var largerCounts: [Int] {
    sequence(first: 2) { $0 < Self.mostWorkers ? 2 * $0 : nil }.filter { $0 > workerCount }
  }

  /// Whether some plan fits on `count` workers.
  private func fits(on count: Int) -> Bool {
    var planner = self
    planner.workerCount = count
    planner.touched = nil
    // What the workers hold together they do not hold in less than even shares.
    let (m, k, n) = (Double(cuts.rows.extent), Double(cuts.inner.extent), Double(cuts.columns.extent))
    if left.isDense, right.isDense {
      let bytes = (m * k + k * n) * Double(left.bytesPerElement)
      guard bytes <= Double(memoryPerWorker) * Double(count) else { return false }
    }
    return planner.grids().contains {
      planner.fitted($0, fetchesTouched: false).peakBytes <= memoryPerWorker
    }
  }

  /// The same product of dense operands, those that are distributed in square blocks of `size` where the plan wants
  /// them.
  private func inBlocks(of size: Int) -> MultiplyPlanner {
    func grid(_ map: OperandMap) -> Partitioning {
      let (rows, columns) = (map.unitRows.extent, map.unitColumns.extent)
      return map.isOnDriver
        ? Partitioning(whole: rows, columns) : Partitioning(rows: rows, columns: columns, blockSize: size)
    }
    var planner = MultiplyPlanner(
      dense: grid(left), grid(right), bytesPerElement: left.bytesPerElement, splitsResult: !result.isOnDriver,
      workerCount: workerCount, memoryPerWorker: memoryPerWorker)
    if left.isOnDriver { planner.left.owners = [0] }
    if right.isOnDriver { planner.right.owners = [0] }
    if result.isOnDriver {
      planner.result.owners = Array(repeating: 0, count: planner.cuts.rows.count * planner.cuts.columns.count)
    }
    return planner
  }
}

extension OperandMap {
  /// Whether it is one matrix that stands on the driver.
  fileprivate var isOnDriver: Bool { tiles.count == 1 && owners == [0] }
}

extension ResultMap {
  /// Whether all of it goes to the driver.
  fileprivate var isOnDriver: Bool { owners?.allSatisfy { $0 == 0 } ?? false }
}
