// B = A, its transpose, its adjoint or a part of one of them, in another grid of tiles: every conversion, slice
// and new partitioning is this one movement. Tile t of A is cut where the target's cuts cross it, the parts go
// to their tiles of B, and every stored element moves at most once.
//
//        A: 2 x 1 slabs                     B: 2 x 2 blocks
//      +-------------+                     +------+------+
//      |  A_0        |  ---- (0,0) ---->   | B_00 | B_01 |
//      |             |  ---- (0,1) ---->   +------+------+
//      +-------------+  ---- ...           | B_10 | B_11 |
//      |  A_1        |                     +------+------+
//      +-------------+

public import TesseraCommunication
import TesseraLocalMatrices
public import TesseraPartitioning

/// Which part of a matrix goes into which grid of tiles.
public struct Redistribution: WireCodable, Equatable {
  /// The layout of the matrix.
  public let source: Layout
  /// The rows that are taken, of the matrix as it is read.
  public let rows: Range<Int>
  /// The columns that are taken.
  public let columns: Range<Int>
  /// The grid that they are put into.
  public let target: Partitioning

  /// The rows and columns of the source, by default all, into `target`.
  ///
  /// - Precondition: the ranges lie in the source and are as long as the target's rows and columns.
  public init(
    from source: Layout, rows: Range<Int>? = nil, columns: Range<Int>? = nil, to target: Partitioning
  ) {
    self.source = source
    self.rows = rows ?? 0..<source.shape.rows
    self.columns = columns ?? 0..<source.shape.columns
    self.target = target
    precondition(isSound, "\(target.rows) x \(target.columns) is not the shape of what is taken")
  }

  private var isSound: Bool {
    0 <= rows.lowerBound && rows.upperBound <= source.shape.rows && 0 <= columns.lowerBound
      && columns.upperBound <= source.shape.columns && target.rows == rows.count
      && target.columns == columns.count
  }

  /// Writes the layout, the ranges and the target's grid.
  public func encode(to writer: inout WireWriter) {
    source.encode(to: &writer)
    for bound in [rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound] {
      writer.write(bound)
    }
    target.encode(to: &writer)
  }

  /// Reads a redistribution back, checking that it fits together.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    source = try Layout(from: &reader)
    let bounds = [try reader.readInt(), try reader.readInt(), try reader.readInt(), try reader.readInt()]
    guard bounds[0] <= bounds[1], bounds[2] <= bounds[3] else { throw .malformed(expected: "ranges") }
    rows = bounds[0]..<bounds[1]
    columns = bounds[2]..<bounds[3]
    target = try Partitioning(from: &reader)
    guard isSound else { throw .malformed(expected: "a redistribution that fits together") }
  }
}

extension Partitioning: WireCodable {
  /// Writes the bounds of both dimensions.
  public func encode(to writer: inout WireWriter) {
    rowCuts.bounds.encode(to: &writer)
    columnCuts.bounds.encode(to: &writer)
  }

  /// Reads a grid back, checking that bounds ascend from zero.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    func cuts() throws(CommunicationError) -> Cuts {
      let bounds = try [Int](from: &reader)
      guard bounds.count >= 2, bounds[0] == 0, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        throw .malformed(expected: "ascending bounds")
      }
      return Cuts(bounds: bounds)
    }
    self.init(rowCuts: try cuts(), columnCuts: try cuts())
  }
}
