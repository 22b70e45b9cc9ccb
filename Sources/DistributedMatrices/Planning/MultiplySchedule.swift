// A plan worked out for given operands and workers: which units a cell computes, which worker computes it,
// who owns the tiles of C, and what every worker will receive and hold at the most. All of it arithmetic on
// the maps of the operands: what is predicted here is what the exchanges move.
//
// Cells are assigned to workers so that what workers hold is used: the pair of cell and worker with the most
// words in common first. A tile of C belongs to one of the workers that hold parts of it, the one that has
// received least so far.

import TesseraPartitioning

/// A plan for given operands on given workers.
struct MultiplySchedule: Hashable, Sendable {
  let plan: MultiplyPlan
  let grid: MultiplyGrid
  let cuts: ProductCuts
  /// The units of I, K and J that each layer of cells takes.
  let rowRanges: [Range<Int>]
  let innerRanges: [Range<Int>]
  let columnRanges: [Range<Int>]
  /// What each layer touches, where nothing else is fetched.
  let touched: TouchedSets?
  /// The worker of each cell.
  private(set) var workers: [Int] = []
  /// The owners of A's and B's tiles: given, or where the plan wants them.
  private(set) var leftOwners: [Int] = []
  private(set) var rightOwners: [Int] = []
  /// The owners of C's tiles.
  private(set) var resultOwners: [Int] = []
  /// By worker.
  private(set) var predictions: [WorkerPrediction] = []
  /// Words that the worker that cuts most cuts out of what it holds, for itself and for others: where only what is touched
  /// is fetched, parts of tiles are copied, which otherwise go as they lie.
  private(set) var cutWords = 0
  /// Multiply-adds of the cell that computes most, those of dense operands counted as an eighth.
  private(set) var work = 0.0

  /// Words of the worker that receives most.
  var words: Int { predictions.map(\.words).max() ?? 0 }
  /// Bytes of the worker that holds most.
  var peakBytes: Int { predictions.map(\.peakBytes).max() ?? 0 }

  /// What the planner minimizes, in words: the words of the worker that receives most; the arithmetic of the
  /// busiest cell, 16 multiply-adds of dense operands or two of sparse ones for a word; 2,000 words for every
  /// round of messages; of what is cut out a quarter, the time of a copy within memory; what tells every worker which
  /// positions are touched, once for each operand.
  var cost: Double {
    let rounds = Double(grid.cellCount == 1 ? 1 : 2 + plan.streaming.panels)
    return Double(words) + work / 2 + 2000 * rounds + Double(cutWords) / 4
      + Double(2 * (touched?.encodedCount ?? 0))
  }

  /// Works out `plan`.
  ///
  /// - Precondition: the grid has at most `workerCount` cells and no more layers than there are units.
  init(
    _ plan: MultiplyPlan, grid: MultiplyGrid, cuts: ProductCuts, left: OperandMap, right: OperandMap,
    result: ResultMap, touched: TouchedUnits? = nil, keepsPieces: Bool = false, workerCount: Int
  ) {
    precondition(grid.cellCount <= workerCount)
    self.plan = plan
    self.grid = grid
    self.cuts = cuts
    rowRanges = evenRanges(cuts.rows.count, grid.rows)
    columnRanges = evenRanges(cuts.columns.count, grid.columns)
    innerRanges = alignedRanges(cuts.inner.count, grid.inner)
    predictions = [WorkerPrediction](
      repeating: WorkerPrediction(pieceBytes: keepsPieces ? 0 : nil), count: workerCount)

    self.touched =
      plan.fetchesTouched
      ? (touched ?? TouchedUnits()).sets(rowRanges, columnRanges, extent: cuts.inner.extent) : nil

    let panels = plan.streaming.panels
    var a = OperandTotals(
      left, isLeft: true, grid, rowRanges, innerRanges, touched: self.touched,
      panels: plan.streaming.takesRows ? panels : 1)
    var b = OperandTotals(
      right, isLeft: false, grid, innerRanges, columnRanges, touched: self.touched,
      panels: plan.streaming.takesColumns ? panels : 1)
    // Nobody holds anything yet where the plan places both.
    workers =
      left.owners == nil && right.owners == nil
      ? Array(0..<grid.cellCount) : assign(a, b, workerCount)
    leftOwners = left.owners ?? a.settle(workers)
    rightOwners = right.owners ?? b.settle(workers)
    if self.touched != nil {
      var cut = [Int](repeating: 0, count: workerCount)
      for c in 0..<grid.cellCount {
        for (worker, words) in Self.held(c, a, b) { cut[worker] += words }
      }
      cutWords = cut.max() ?? 0
    }
    predictOperands(left, right, a, b)
    predictResult(left, right, result)
    work = busiestCell(left, right)
  }

  // MARK: -

  /// The words that cell `c` needs and a worker has, of every worker that has some.
  private static func held(_ c: Int, _ a: OperandTotals, _ b: OperandTotals) -> [Int: Int] {
    a.held(c).merging(b.held(c), uniquingKeysWith: +)
  }

  /// Cells to workers, most words in common first; ties by cell, then by worker.
  private func assign(_ a: OperandTotals, _ b: OperandTotals, _ workerCount: Int) -> [Int] {
    var held: [(words: Int, cell: Int, worker: Int)] = []
    for c in 0..<grid.cellCount {
      for (w, words) in Self.held(c, a, b) where words > 0 { held.append((words, c, w)) }
    }
    held.sort { ($1.words, $0.cell, $0.worker) < ($0.words, $1.cell, $1.worker) }
    var workers = [Int](repeating: -1, count: grid.cellCount)
    var isBusy = [Bool](repeating: false, count: workerCount)
    for (_, cell, worker) in held where workers[cell] < 0 && !isBusy[worker] {
      workers[cell] = worker
      isBusy[worker] = true
    }
    var idle = (0..<workerCount).filter { !isBusy[$0] }[...]
    for c in workers.indices where workers[c] < 0 { workers[c] = idle.removeFirst() }
    return workers
  }

  /// Puts the words of pieces that have been counted in the place of those that were estimated.
  mutating func count(_ pieces: [PieceSize], isLeft: Bool) {
    for w in predictions.indices {
      if isLeft { predictions[w].leftWords = 0 } else { predictions[w].rightWords = 0 }
    }
    let owners = isLeft ? leftOwners : rightOwners
    for piece in pieces where owners[piece.tile] != workers[piece.cell] {
      if isLeft {
        predictions[workers[piece.cell]].leftWords += piece.words
      } else {
        predictions[workers[piece.cell]].rightWords += piece.words
      }
    }
  }

  private mutating func predictOperands(
    _ left: OperandMap, _ right: OperandMap, _ a: OperandTotals, _ b: OperandTotals
  ) {
    for (t, owner) in leftOwners.enumerated() { predictions[owner].operandBytes += left.bytes(ofTile: t) }
    for (t, owner) in rightOwners.enumerated() { predictions[owner].operandBytes += right.bytes(ofTile: t) }
    let leftBytes = a.mostBytes(workers: workers, owners: leftOwners)
    let rightBytes = b.mostBytes(workers: workers, owners: rightOwners)
    for (c, w) in workers.enumerated() {
      predictions[w].leftWords += a.words(c) - a.held(c, w)
      predictions[w].rightWords += b.words(c) - b.held(c, w)
      predictions[w].cellBytes += leftBytes[c] + rightBytes[c]
      predictions[w].partialBytes += HeldBytes.cell
      predictions[w].pieceBytes? += HeldBytes.cell
    }
    for w in predictions.indices where predictions[w].pieceBytes != nil {
      predictions[w].pieceBytes? +=
        a.pieceBytes(of: w, owners: leftOwners) + b.pieceBytes(of: w, owners: rightOwners)
    }
  }

  private mutating func predictResult(_ left: OperandMap, _ right: OperandMap, _ result: ResultMap) {
    let pieces = cuts.ofResult
    let sizes = PartialSizes(left, right, result, pieces, innerRanges)
    let columns = pieces.columns.count
    let tilesAcross = result.isInSlabs ? 1 : columns
    var owners: [Int] = []
    for rowUnit in 0..<pieces.rows.count {
      let i = layer(of: rowUnit / cuts.rowParts, in: rowRanges)
      for tile in 0..<tilesAcross {
        let units = result.isInSlabs ? 0..<columns : tile..<tile + 1
        // The tile's partial results by worker, in the order of the cells.
        var parts: [(worker: Int, words: Int, bytes: Int)] = []
        var (count, elements) = (0, 0)
        for columnUnit in units where !result.isTriangular || rowUnit <= columnUnit {
          let j = layer(of: columnUnit / cuts.columnParts, in: columnRanges)
          for k in 0..<grid.inner {
            let partial = sizes.partial(rowUnit, columnUnit, k)
            count += partial.count
            elements += partial.elements * partial.count
            // With panels, those of a cell so far are taken over by what comes next.
            let bytes = partial.allBytes + (plan.streaming == .none ? 0 : partial.count * partial.overhead)
            let worker = workers[grid.cell(i, k, j)]
            predictions[worker].pieceBytes? += partial.count * (partial.overhead + HeldBytes.target)
            if let known = parts.firstIndex(where: { $0.worker == worker }) {
              parts[known].words += partial.words
              parts[known].bytes += bytes
            } else {
              parts.append((worker, partial.words, bytes))
            }
          }
        }
        let total = parts.reduce(0) { $0 + $1.words }
        func received(by part: (worker: Int, words: Int, bytes: Int)) -> Int {
          predictions[part.worker].partialWords + total - part.words
        }
        let owner =
          result.owners?[owners.count] ?? parts.min { received(by: $0) < received(by: $1) }?.worker
          ?? workers[grid.cell(i, 0, 0)]
        for part in parts {
          predictions[part.worker].partialBytes += part.bytes
          guard part.worker != owner else { continue }
          predictions[owner].partialWords += part.words
          predictions[owner].resultBytes += part.bytes
        }
        // One partial result becomes the tile; of several a sum, or a slab, is made.
        predictions[owner].resultBytes +=
          HeldBytes.tile
          + sizes.tileBytes(
            rows: pieces.rows[rowUnit].count, columns: pieces.columns.span(units).count, elements: elements,
            partials: count)
        owners.append(owner)
      }
    }
    if result.isTriangular {
      // What is below the diagonal is made where what is above it lies.
      for rowUnit in 0..<columns {
        for columnUnit in 0..<rowUnit {
          let owner = owners[columnUnit * columns + rowUnit]
          owners[rowUnit * columns + columnUnit] = owner
          predictions[owner].resultBytes += 2 * HeldBytes.tile
          predictions[owner].pieceBytes? += 2 * (HeldBytes.tile + HeldBytes.target)
        }
      }
    }
    resultOwners = owners
  }

  private func layer(of unit: Int, in ranges: [Range<Int>]) -> Int {
    // Ranges are consecutive; some may be empty.
    ranges.firstIndex { $0.contains(unit) } ?? 0
  }

  /// The expected multiply-adds of the busiest cell: a stored a_il meets stored(B(l,:)) elements.
  private func busiestCell(_ left: OperandMap, _ right: OperandMap) -> Double {
    let inner = cuts.inner.count
    let a = left.storedByUnit()
    let b = right.storedByUnit()
    var rowSums = [Double](repeating: 0, count: grid.rows * inner)
    for (i, range) in rowRanges.enumerated() {
      for rowUnit in range {
        for leaf in 0..<inner { rowSums[i * inner + leaf] += a[rowUnit * inner + leaf] }
      }
    }
    var columnSums = [Double](repeating: 0, count: inner * grid.columns)
    for (j, range) in columnRanges.enumerated() {
      for columnUnit in range {
        for leaf in 0..<inner {
          columnSums[leaf * grid.columns + j] += b[leaf * cuts.columns.count + columnUnit]
        }
      }
    }
    var most = 0.0
    for c in 0..<grid.cellCount {
      let (i, k, j) = grid.position(of: c)
      var sum = 0.0
      for leaf in innerRanges[k] where !cuts.inner[leaf].isEmpty {
        sum +=
          rowSums[i * inner + leaf] * columnSums[leaf * grid.columns + j] / Double(cuts.inner[leaf].count)
      }
      most = max(most, sum)
    }
    return left.isDense && right.isDense ? most / 8 : most
  }
}
