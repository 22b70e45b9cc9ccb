// Row matrices in slabs of nearly equally many stored elements: the stored elements of every row are counted
// where they are, the cuts follow from the counts, and the matrix is redistributed along them. For skewed
// matrices, whose slabs of equally many rows leave most workers waiting for one.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
public import TesseraPartitioning

extension DistributedMatrix {
  /// The stored elements of every row, duplicates each. One pass; at most m integers from every worker.
  ///
  /// - Throws: `ExecutionError`.
  public func storedCountsOfRows() async throws -> [Int] {
    guard layout.tileCount > 0 else { return Array(repeating: 0, count: rows) }
    let found = try await cluster.engine.reduce(RowCountTask<Content>.self, layout, over: tiles)
    var counts = [Int](repeating: 0, count: rows)
    for (k, count) in found.counts.enumerated() where found.first + k < rows {
      counts[found.first + k] = count
    }
    return counts
  }

  /// As a row matrix whose slabs have nearly equally many stored elements. One pass that counts, and each stored
  /// element moves at most once.
  ///
  /// - Parameters:
  ///   - partitions: the number of slabs; by default chosen from shape and stored elements.
  ///   - ownership: who owns which slab; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public func balancedRowMatrix(partitions: Int? = nil, ownership: Ownership? = nil) async throws
    -> RowMatrix<Element>
  {
    try await rowMatrix(rowCuts: try await balancedRowCuts(partitions: partitions), ownership: ownership)
  }

  /// Where slabs of nearly equally many stored elements are cut. One pass that counts.
  ///
  /// - Parameter partitions: the number of slabs; by default chosen from shape and stored elements.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public func balancedRowCuts(partitions: Int? = nil) async throws -> Cuts {
    let count =
      partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: storedCount)
    try checkSlabCount(count)
    let offsets = try await storedCountsOfRows().reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    return Cuts(balancing: offsets, parts: count)
  }
}

/// The stored elements of consecutive rows.
struct RowCounts: WireCodable {
  /// The first row.
  var first: Int
  var counts: [Int]

  init(first: Int, _ counts: [Int]) {
    self.first = first
    self.counts = counts
  }

  func encode(to writer: inout WireWriter) {
    writer.write(first)
    writer.write(array: counts)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    first = try reader.readInt(in: 0...Int(Int32.max), "a row")
    counts = try reader.readArray(of: Int.self)
    guard counts.allSatisfy({ 0...1 << 52 ~= $0 }) else { throw .malformed(expected: "counts") }
  }
}

enum RowCountTask<Content: MatrixTile>: ReduceTask {
  typealias Arguments = Layout
  typealias Input = Content
  static var name: String { "row-counts/" + Content.typeName }

  static func run(_ layout: Layout, _ tile: Content, tile t: Int) throws -> RowCounts {
    let place = try layout.place(ofTile: t, tile.shape)
    return RowCounts(first: place.rows.lowerBound, tile.rowCounts(layout.view))
  }

  static func combine(_ left: inout RowCounts, _ right: RowCounts, _ layout: Layout) throws {
    let first = min(left.first, right.first)
    let last = max(left.first + left.counts.count, right.first + right.counts.count)
    guard last <= layout.shape.rows else {
      throw CommunicationError.malformed(expected: "counts of \(layout.shape.rows) rows")
    }
    left.counts =
      Array(repeating: 0, count: left.first - first) + left.counts
      + Array(repeating: 0, count: last - left.first - left.counts.count)
    left.first = first
    for (k, count) in right.counts.enumerated() { left.counts[right.first - first + k] += count }
  }
}

extension LocalMatrix {
  /// The stored elements of each row as `view` reads the matrix.
  public func rowCounts(_ view: MatrixView) -> [Int] {
    switch view(self) {
    case .dense(let a): return Array(repeating: a.columns, count: a.rows)
    case .sparse(let a):
      if a.axis == .rows { return zip(a.offsets.dropFirst(), a.offsets).map { $0 - $1 } }
      var counts = [Int](repeating: 0, count: a.rows)
      for row in a.indices { counts[Int(row)] += 1 }
      return counts
    }
  }
}

extension TripletMatrix {
  /// The entries of each row as `view` reads the list.
  public func rowCounts(_ view: MatrixView) -> [Int] {
    let viewed = view(self)
    var counts = [Int](repeating: 0, count: viewed.rows)
    for row in viewed.rowIndices { counts[Int(row)] += 1 }
    return counts
  }
}
