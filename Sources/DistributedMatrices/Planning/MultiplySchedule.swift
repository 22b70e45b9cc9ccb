// A plan worked out for given operands and workers: which units a cell computes, which worker computes it,
// who owns the tiles of C, and what every worker will receive and hold at the most. All of it arithmetic on
// the maps of the operands: what is predicted here is what the exchanges move.
//
// Cells are assigned to workers so that what workers hold is used: the pair of cell and worker with the most
// words in common first. A tile of C belongs to one of the workers that hold parts of it, the one that has
// received least so far.

import Numerics
import TesseraPartitioning

/// The result as the planner sees it.
struct ResultMap: Hashable, Sendable {
  /// Whether a tile of C holds all columns of its rows, as in a row matrix, or one unit.
  var isInSlabs: Bool
  /// The owner of each tile where that is given (C += AB); nil where the plan decides.
  var owners: [Int]?
  /// Only units with I <= J are computed: C is Hermitian.
  var isTriangular = false
}

/// What one worker receives and holds.
struct WorkerPrediction: Hashable, Sendable {
  /// Words of A.
  var leftWords = 0
  /// Words of B.
  var rightWords = 0
  /// Words of partial results.
  var partialWords = 0
  /// The most bytes of operands, panels and results at a time.
  var peakBytes = 0

  /// Words in all.
  var words: Int { leftWords + rightWords + partialWords }
}

/// A plan for given operands on given workers.
struct MultiplySchedule: Hashable, Sendable {
  let plan: MultiplyPlan
  let grid: MultiplyGrid
  let cuts: ProductCuts
  /// The units of I, K and J that each layer of cells takes.
  let rowRanges: [Range<Int>]
  let innerRanges: [Range<Int>]
  let columnRanges: [Range<Int>]
  /// The worker of each cell.
  private(set) var workers: [Int] = []
  /// The owners of A's and B's tiles: given, or where the plan wants them.
  private(set) var leftOwners: [Int] = []
  private(set) var rightOwners: [Int] = []
  /// The owners of C's tiles.
  private(set) var resultOwners: [Int] = []
  /// By worker.
  private(set) var predictions: [WorkerPrediction] = []
  /// Multiply-adds of the cell that computes most, those of dense operands counted as an eighth.
  private(set) var work = 0.0

  /// Words of the worker that receives most.
  var words: Int { predictions.map(\.words).max() ?? 0 }
  /// Bytes of the worker that holds most.
  var peakBytes: Int { predictions.map(\.peakBytes).max() ?? 0 }

  /// What the planner minimizes, in words: the words of the worker that receives most; the arithmetic of the
  /// busiest cell, 16 multiply-adds of dense operands or two of sparse ones for a word; 2,000 words for every
  /// round of messages.
  var cost: Double {
    let rounds = Double(grid.cellCount == 1 ? 1 : 2 + plan.streaming.panels)
    return Double(words) + work / 2 + 2000 * rounds
  }

  /// Works out `plan`.
  ///
  /// - Precondition: the grid has at most `workerCount` cells and no more layers than there are units.
  init(
    _ plan: MultiplyPlan, grid: MultiplyGrid, cuts: ProductCuts, left: OperandMap, right: OperandMap,
    result: ResultMap, workerCount: Int
  ) {
    precondition(grid.cellCount <= workerCount)
    self.plan = plan
    self.grid = grid
    self.cuts = cuts
    rowRanges = evenRanges(cuts.rows.count, grid.rows)
    columnRanges = evenRanges(cuts.columns.count, grid.columns)
    innerRanges = alignedRanges(cuts.inner.count, grid.inner)
    predictions = [WorkerPrediction](repeating: WorkerPrediction(), count: workerCount)

    var a = BlockTotals(left, rowRanges, innerRanges, workerCount)
    var b = BlockTotals(right, innerRanges, columnRanges, workerCount)
    workers = assign(a, b, workerCount)
    leftOwners =
      left.owners
      ?? a.settle(left) { [grid, workers] block in
        let (i, k) = block.quotientAndRemainder(dividingBy: grid.inner)
        return (0..<grid.columns).map { workers[grid.cell(i, k, $0)] }
      }
    rightOwners =
      right.owners
      ?? b.settle(right) { [grid, workers] block in
        let (k, j) = block.quotientAndRemainder(dividingBy: grid.columns)
        return (0..<grid.rows).map { workers[grid.cell($0, k, j)] }
      }
    predictOperands(left, right, a, b)
    predictResult(left, right, result)
    work = busiestCell(left, right)
  }

  // MARK: -

  /// Cells to workers, most words in common first; ties by cell, then by worker.
  private func assign(_ a: BlockTotals, _ b: BlockTotals, _ workerCount: Int) -> [Int] {
    var held: [(words: Int, cell: Int, worker: Int)] = []
    for c in 0..<grid.cellCount {
      let (i, k, j) = grid.position(of: c)
      for w in 0..<workerCount {
        let words = a.held(i * grid.inner + k, w) + b.held(k * grid.columns + j, w)
        if words > 0 { held.append((words, c, w)) }
      }
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

  private mutating func predictOperands(
    _ left: OperandMap, _ right: OperandMap, _ a: BlockTotals, _ b: BlockTotals
  ) {
    for (t, owner) in leftOwners.enumerated() { predictions[owner].peakBytes += left.bytes(ofTile: t) }
    for (t, owner) in rightOwners.enumerated() { predictions[owner].peakBytes += right.bytes(ofTile: t) }
    for c in 0..<grid.cellCount {
      let (i, k, j) = grid.position(of: c)
      let (w, x, y) = (workers[c], i * grid.inner + k, k * grid.columns + j)
      predictions[w].leftWords += a.words[x] - a.held(x, w)
      predictions[w].rightWords += b.words[y] - b.held(y, w)
      var (leftBytes, rightBytes) = (a.bytes[x] - a.heldBytes(x, w), b.bytes[y] - b.heldBytes(y, w))
      switch plan.streaming {
      case .none: break
      case .rows(let panels): leftBytes = share(leftBytes, rowRanges[i].count, panels)
      case .columns(let panels): rightBytes = share(rightBytes, columnRanges[j].count, panels)
      }
      predictions[w].peakBytes += leftBytes + rightBytes
    }
  }

  /// The part of `bytes`, spread over `units`, that the longest of so many panels takes.
  private func share(_ bytes: Int, _ units: Int, _ panels: Int) -> Int {
    units == 0 ? bytes : Int(Double(bytes) * Double((units + panels - 1) / panels) / Double(units))
  }

  private mutating func predictResult(_ left: OperandMap, _ right: OperandMap, _ result: ResultMap) {
    let sizes = PartialSizes(left, right, cuts, innerRanges)
    let columns = cuts.columns.count
    let tilesAcross = result.isInSlabs ? 1 : columns
    var owners: [Int] = []
    for rowUnit in 0..<cuts.rows.count {
      let i = layer(of: rowUnit, in: rowRanges)
      for tile in 0..<tilesAcross {
        let units = result.isInSlabs ? 0..<columns : tile..<tile + 1
        // Words and bytes of the tile's parts by worker, in the order of the cells.
        var parts: [(worker: Int, words: Int, bytes: Int)] = []
        for columnUnit in units where !result.isTriangular || rowUnit <= columnUnit {
          let j = layer(of: columnUnit, in: columnRanges)
          for k in 0..<grid.inner {
            let size = sizes.partial(rowUnit, columnUnit, k)
            let worker = workers[grid.cell(i, k, j)]
            if let known = parts.firstIndex(where: { $0.worker == worker }) {
              parts[known].words += size.words
              parts[known].bytes += size.bytes
            } else {
              parts.append((worker, size.words, size.bytes))
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
          predictions[part.worker].peakBytes += part.bytes
          guard part.worker != owner else { continue }
          predictions[owner].partialWords += part.words
          predictions[owner].peakBytes += part.bytes
        }
        owners.append(owner)
      }
    }
    if result.isTriangular {
      // What is below the diagonal is made where what is above it lies.
      for rowUnit in 0..<columns {
        for columnUnit in 0..<rowUnit {
          owners[rowUnit * columns + columnUnit] = owners[columnUnit * columns + rowUnit]
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

/// Words and bytes of every block of an operand, in all and where they lie already.
private struct BlockTotals {
  let rows: [Range<Int>]
  let columns: [Range<Int>]
  let workerCount: Int
  private(set) var words: [Int]
  private(set) var bytes: [Int]
  private var heldWords: [Int]
  private var wholeBytes: [Int]

  init(_ map: OperandMap, _ rows: [Range<Int>], _ columns: [Range<Int>], _ workerCount: Int) {
    self.rows = rows
    self.columns = columns
    self.workerCount = workerCount
    let blocks = rows.count * columns.count
    words = [Int](repeating: 0, count: blocks)
    bytes = words
    heldWords = [Int](repeating: 0, count: blocks * workerCount)
    wholeBytes = heldWords
    for t in map.tiles.indices {
      forEachBlock(of: t, map) { block, part in
        words[block] += part.words
        bytes[block] += part.bytes
        if let owners = map.owners { hold(block, part, owners[t]) }
      }
    }
  }

  func held(_ block: Int, _ worker: Int) -> Int { heldWords[block * workerCount + worker] }
  func heldBytes(_ block: Int, _ worker: Int) -> Int { wholeBytes[block * workerCount + worker] }

  /// Spreads the tiles of every block evenly over the workers that use it. Returns the owners.
  mutating func settle(_ map: OperandMap, _ users: (Int) -> [Int]) -> [Int] {
    var tiles = [[Int]](repeating: [], count: words.count)
    for t in map.tiles.indices {
      var home: Int?
      forEachBlock(of: t, map) { block, _ in home = home ?? block }
      tiles[home ?? 0].append(t)
    }
    var owners = [Int](repeating: 0, count: map.tiles.count)
    for (block, members) in tiles.enumerated() {
      let users = users(block)
      for (n, t) in members.enumerated() { owners[t] = users[n * users.count / members.count] }
    }
    for t in map.tiles.indices {
      var found: [(Int, OperandMap.Part)] = []
      forEachBlock(of: t, map) { found.append(($0, $1)) }
      for (block, part) in found { hold(block, part, owners[t]) }
    }
    return owners
  }

  private mutating func hold(_ block: Int, _ part: OperandMap.Part, _ owner: Int) {
    heldWords[block * workerCount + owner] += part.words
    if part.isWhole { wholeBytes[block * workerCount + owner] += part.bytes }
  }

  private func forEachBlock(of t: Int, _ map: OperandMap, _ body: (Int, OperandMap.Part) -> Void) {
    let units = map.units(of: t)
    for (r, rowRange) in rows.enumerated() where rowRange.overlaps(units.rows) {
      for (c, columnRange) in columns.enumerated() where columnRange.overlaps(units.columns) {
        guard let part = map.part(ofTile: t, in: .init(rows: rowRange, columns: columnRange)) else {
          continue
        }
        body(r * columns.count + c, part)
      }
    }
  }
}

/// What the partial results of a unit of C take: exact where they are dense; where they are sparse an upper
/// bound of the words, and the bytes that are expected.
private struct PartialSizes {
  private let cuts: ProductCuts
  private let isDense: Bool
  private let isSparse: Bool
  private let nodes: [Int]
  private let innerRanges: [Range<Int>]
  private let left: [Double]
  private let right: [Double]
  private let bytesPerElement: Int

  init(_ left: OperandMap, _ right: OperandMap, _ cuts: ProductCuts, _ innerRanges: [Range<Int>]) {
    self.cuts = cuts
    self.innerRanges = innerRanges
    isDense = left.isDense || right.isDense
    isSparse = left.isSparse && right.isSparse
    nodes = innerRanges.map { ReductionNode.covering($0, of: cuts.inner.count).count }
    self.left = isDense ? [] : left.storedByUnit()
    self.right = isDense ? [] : right.storedByUnit()
    bytesPerElement = left.bytesPerElement
  }

  func partial(_ rowUnit: Int, _ columnUnit: Int, _ k: Int) -> (words: Int, bytes: Int) {
    let (height, width) = (cuts.rows[rowUnit].count, cuts.columns[columnUnit].count)
    let area = cuts.inner.extent == 0 ? 0 : height * width
    if isDense { return (nodes[k] * area, nodes[k] * area * bytesPerElement) }
    // For words a bound: a stored element of A meets at most a whole row of B's unit, and at most all that is
    // stored there. For memory what is expected: it meets its share of what is stored there, and products
    // fall on places at random. The bound would refuse every sparse product of a size worth distributing.
    var (most, products) = (0.0, 0.0)
    for leaf in innerRanges[k] where !cuts.inner[leaf].isEmpty {
      let (a, b) = (left[rowUnit * cuts.inner.count + leaf], right[leaf * cuts.columns.count + columnUnit])
      most += a * min(Double(width), b)
      products += a * b / Double(cuts.inner[leaf].count)
    }
    guard most > 0 else { return (0, 0) }
    let stored = Int(min(Double(area), most))
    let expected = Int(Double(area) * (1 - Double.exp(-products / Double(area))))
    let starts = max(height, width) + 1
    // Where some tiles are dense and some are not, either form may come out.
    let words = max(2 * stored + starts, isSparse ? 0 : area)
    return (nodes[k] * words, nodes[k] * (expected * (bytesPerElement + 4) + 8 * starts))
  }
}

/// `count` units in `parts` consecutive ranges, as contiguous ownership shares tiles out.
func evenRanges(_ count: Int, _ parts: Int) -> [Range<Int>] {
  func first(_ p: Int) -> Int { (p * count + parts - 1) / parts }
  return (0..<parts).map { first($0)..<first($0 + 1) }
}

/// `count` leaves of a reduction tree in `parts` consecutive ranges: subtrees, so that each makes one partial
/// result, where that leaves no range more than a third longer than an even share; else even.
func alignedRanges(_ count: Int, _ parts: Int) -> [Range<Int>] {
  var span = 1
  while span < count { span *= 2 }
  let isPowerOfTwo = parts & (parts - 1) == 0
  if isPowerOfTwo, span >= parts, 3 * (span / parts) * parts <= 4 * count {
    let length = span / parts
    return (0..<parts).map { min($0 * length, count)..<min(($0 + 1) * length, count) }
  }
  return evenRanges(count, parts)
}

extension ReductionNode {
  /// The fewest nodes of the tree over `count` leaves that together have the leaves `range`, from left to
  /// right.
  static func covering(_ range: Range<Int>, of count: Int) -> [ReductionNode] {
    guard !range.isEmpty else { return [] }
    func cover(_ node: ReductionNode) -> [ReductionNode] {
      if range.lowerBound <= node.first && node.end <= range.upperBound { return [node] }
      if node.end <= range.lowerBound || range.upperBound <= node.first { return [] }
      let (left, right) = node.children
      return cover(left) + (right.map(cover) ?? [])
    }
    return cover(ReductionNode(root: count))
  }
}

extension Range<Int> {
  /// Part `p` of `count` consecutive parts that are as long as each other, or one longer.
  func part(_ p: Int, of count: Int) -> Range<Int> {
    let length = (self.count + count - 1) / count
    let first = Swift.min(lowerBound + p * length, upperBound)
    return first..<Swift.min(first + length, upperBound)
  }
}

extension [Range<Int>] {
  /// First and last positions, one after the other.
  var spans: [Int] { flatMap { [$0.lowerBound, $0.upperBound] } }
}
