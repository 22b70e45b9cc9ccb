// What the partial results of a unit of C take: exact where they are dense; where they are sparse an upper
// bound of the words, and the bytes that are expected.

import Numerics
import TesseraPartitioning

/// The sizes of partial results.
struct PartialSizes {
  private let cuts: ProductCuts
  /// Whether all partial results are dense.
  let isDense: Bool
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

  /// What a cell's partial results of a unit take.
  struct Partial {
    /// Words on their way.
    var words: Int
    /// How many there are: one for each node of the reduction tree that the cell's range covers.
    var count: Int
    /// Bytes of the arrays of one.
    var bytes: Int
    /// Bytes of one beside its arrays.
    var overhead: Int

    /// Bytes of all.
    var allBytes: Int { count * (bytes + overhead) }
  }

  func partial(_ rowUnit: Int, _ columnUnit: Int, _ k: Int) -> Partial {
    let (height, width) = (cuts.rows[rowUnit].count, cuts.columns[columnUnit].count)
    let area = Double(height) * Double(width)
    if isDense {
      let elements = cuts.inner.extent == 0 ? 0 : Self.count(area)
      return Partial(
        words: nodes[k] * elements, count: nodes[k], bytes: elements * bytesPerElement,
        overhead: HeldBytes.densePartial)
    }
    // For words a bound: a stored element of A meets at most a whole row of B's unit, and at most all that is
    // stored there. For memory what is expected: it meets its share of what is stored there, and products
    // fall on places at random. The bound would refuse every sparse product of a size worth distributing.
    var (most, products) = (0.0, 0.0)
    for leaf in innerRanges[k] where !cuts.inner[leaf].isEmpty {
      let (a, b) = (left[rowUnit * cuts.inner.count + leaf], right[leaf * cuts.columns.count + columnUnit])
      most += a * min(Double(width), b)
      products += a * b / Double(cuts.inner[leaf].count)
    }
    guard most > 0 else { return Partial(words: 0, count: 0, bytes: 0, overhead: 0) }
    let stored = Self.count(min(area, most))
    let expected = Self.count(area * (1 - Double.exp(-products / area)))
    let starts = max(height, width) + 1
    // Where some tiles are dense and some are not, either form may come out.
    let words = max(2 * stored + starts, isSparse ? 0 : Self.count(area))
    return Partial(
      words: nodes[k] * words, count: nodes[k], bytes: expected * (bytesPerElement + 4) + 8 * starts,
      overhead: HeldBytes.sparsePartial)
  }

  /// A number of elements; of what no machine holds, more than any does, with room for sums.
  private static func count(_ elements: Double) -> Int { Int(min(elements, Double(1 << 40))) }
}
