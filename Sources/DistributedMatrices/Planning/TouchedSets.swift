// Which positions of the inner dimension matter where: a column l of A and the row l of B meet in a cell only if
// the cell's rows of A store something in column l and the cell's columns of B something in row l. A plan that
// fetches what is touched moves nothing else (row fetch, and column fetch, of sparse products). Source: Buluc,
// Gilbert, Parallel sparse matrix-matrix multiplication, SIAM J. Sci. Comput. 34, 2012, section 4; the 1-D
// algorithms of Ballard, Druinsky, Knight, Schwartz, Hypergraph partitioning for SpGEMM, 2016.

import TesseraCommunication

/// What each unit of rows of A, and of columns of B, touches.
struct TouchedUnits: Hashable, Sendable {
  /// The columns that A stores something in, by unit of rows; nil for an operand that is dense.
  var left: [PositionSet]?
  /// The rows that B stores something in, by unit of columns; nil for an operand that is dense.
  var right: [PositionSet]?

  /// The same for layers of units.
  func sets(_ rowRanges: [Range<Int>], _ columnRanges: [Range<Int>], extent: Int) -> TouchedSets {
    func joined(_ units: [PositionSet]?, _ layers: [Range<Int>]) -> [PositionSet] {
      guard let units else { return [] }
      return layers.map { layer in
        layer.reduce(into: PositionSet(extent: extent)) { $0.formUnion(units[$1]) }
      }
    }
    return TouchedSets(left: joined(left, rowRanges), right: joined(right, columnRanges), extent: extent)
  }
}

/// What each layer of cells touches.
struct TouchedSets: WireCodable, Hashable {
  /// The columns of A that matter, by layer of rows; empty when all do.
  let left: [PositionSet]
  /// The rows of B that matter, by layer of columns; empty when all do.
  let right: [PositionSet]
  /// The length of the inner dimension.
  let extent: Int

  /// The positions that matter in the cells of row layer `i` and column layer `j`.
  func positions(_ i: Int, _ j: Int) -> PositionSet {
    switch (left.isEmpty, right.isEmpty) {
    case (true, true): PositionSet(0..<extent, extent: extent)
    case (false, true): left[i]
    case (true, false): right[j]
    case (false, false): left[i].intersection(right[j])
    }
  }

  /// Numbers that the sets take in the route that every worker is told.
  var encodedCount: Int { (left + right).reduce(0) { $0 + $1.encodedCount } }

  func encode(to writer: inout WireWriter) {
    writer.write(extent)
    left.encode(to: &writer)
    right.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    extent = try reader.readInt(in: 0...Int(Int32.max), "an extent")
    (left, right) = (try [PositionSet](from: &reader), try [PositionSet](from: &reader))
    guard (left + right).allSatisfy({ [extent] in $0.extent == extent }) else {
      throw .malformed(expected: "sets of positions below \(extent)")
    }
  }

  init(left: [PositionSet], right: [PositionSet], extent: Int) {
    (self.left, self.right, self.extent) = (left, right, extent)
  }

  /// Whether there is a set for every layer of the grid, or none.
  func fits(_ grid: MultiplyGrid) -> Bool {
    (left.isEmpty || left.count == grid.rows) && (right.isEmpty || right.count == grid.columns)
  }
}
