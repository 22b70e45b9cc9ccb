// What the partial results of a unit of C take, and a tile of C: exact where they are dense; where they are sparse
// upper bounds, of words and of bytes. A partial result stores at most an element for each multiply-add, and how
// many of those there can be follows from how the operands lie over the inner dimension (`LineCounts`). For
// operands that lie evenly that is the number that they take; what falls on one place twice is counted twice, so
// that a result that is about half full is predicted by up to three fifths too large.

import TesseraPartitioning

/// The sizes of partial results and of tiles of C.
struct PartialSizes {
  private let cuts: ProductCuts
  /// Whether all partial results are dense, stored or not.
  let isDense: Bool
  private let isSparse: Bool
  private let result: ResultMap
  private let nodes: [Int]
  private let innerRanges: [Range<Int>]
  private let left: [UnitContent]
  private let right: [UnitContent]
  private let bytesPerElement: Int

  init(
    _ left: OperandMap, _ right: OperandMap, _ result: ResultMap, _ cuts: ProductCuts,
    _ innerRanges: [Range<Int>]
  ) {
    self.cuts = cuts
    self.result = result
    self.innerRanges = innerRanges
    isDense = left.isDense || right.isDense
    isSparse = left.isSparse && right.isSparse
    nodes = innerRanges.map { ReductionNode.covering($0, of: cuts.inner.count).count }
    self.left = isDense ? [] : left.contentByUnit(isLeft: true)
    self.right = isDense ? [] : right.contentByUnit(isLeft: false)
    bytesPerElement = left.bytesPerElement
  }

  /// What a cell's partial results of a unit take.
  struct Partial {
    /// Words on their way.
    var words: Int
    /// How many there are: one for each node of the reduction tree that the cell's range covers.
    var count: Int
    /// Elements of one.
    var elements: Int
    /// Bytes of the arrays of one.
    var bytes: Int
    /// Bytes of one beside its arrays.
    var overhead: Int

    static let none = Partial(words: 0, count: 0, elements: 0, bytes: 0, overhead: 0)

    /// Bytes of all.
    var allBytes: Int { count * (bytes + overhead) }
  }

  func partial(_ rowUnit: Int, _ columnUnit: Int, _ k: Int) -> Partial {
    let (height, width) = (cuts.rows[rowUnit].count, cuts.columns[columnUnit].count)
    let area = Self.count(Double(height) * Double(width))
    func dense() -> Partial {
      Partial(
        words: nodes[k] * area, count: nodes[k], elements: area, bytes: area * bytesPerElement,
        overhead: HeldBytes.densePartial)
    }
    guard cuts.inner.extent > 0 else { return .none }
    if isDense { return dense() }
    var (most, isReached) = (0.0, false)
    for leaf in innerRanges[k] where !cuts.inner[leaf].isEmpty {
      let a = left[rowUnit * cuts.inner.count + leaf]
      let b = right[leaf * cuts.columns.count + columnUnit]
      guard a.isReached && b.isReached else { continue }
      isReached = true
      most += a.mostProducts(b, rows: height, columns: width)
    }
    guard isReached else { return .none }
    if result.fillsUp { return dense() }
    let stored = min(area, Self.count(most))
    let starts = max(height, width) + 1
    // Where some tiles are dense and some are not, either form may come out.
    let filled = isSparse ? 0 : area
    return Partial(
      words: nodes[k] * max(2 * stored + starts, filled), count: nodes[k], elements: max(stored, filled),
      bytes: max(stored * (bytesPerElement + 4) + 8 * starts, filled * bytesPerElement),
      overhead: HeldBytes.sparsePartial)
  }

  /// Bytes of the arrays of a tile of C that its partial results do not have.
  ///
  /// - Parameters:
  ///   - elements: those of all partial results.
  ///   - partials: how many there are; a single one is the tile.
  func tileBytes(rows: Int, columns: Int, elements: Int, partials: Int) -> Int {
    let area = Self.count(Double(rows) * Double(columns))
    let stored = min(area, elements)
    let isDense = isDense || result.fillsUp
    if result.isInEntries {
      // A list has the indices and values of a sparse partial result, and a row for each.
      return stored * (isSparse && !isDense && partials == 1 ? 4 : bytesPerElement + 8)
    }
    let (dense, sparse) = (area * bytesPerElement, stored * (bytesPerElement + 4) + 8 * (rows + 1))
    if isDense { return partials == 1 ? 0 : dense }
    // A tile that takes fewer bytes so is made dense.
    if stored > 0, sparse > dense { return dense }
    return partials == 1 ? 0 : sparse
  }

  /// A number of elements; of what no machine holds, more than any does, with room for sums.
  private static func count(_ elements: Double) -> Int { Int(min(elements, Double(1 << 40))) }
}
