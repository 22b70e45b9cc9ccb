// A sparse m x n matrix for methods that read it again and again without asking in which order: its rows are grouped
// by length, so that a loop over short rows has no branch that the processor cannot foresee, and no row has a start of
// its own. The order of the rows does not matter to A^H A; where it matters, `order` has it. Column indices have 16
// bits where the width allows. 10 z + 4 m bytes in Double (CSR: 12 z + 8 m), z the nonzeros. Made in O(m + z), one pass.

import Numerics

/// A sparse local matrix whose rows are grouped by length, shortest first.
///
/// Within a group rows stand in ascending order. The entries of a row have ascending columns without duplicates.
public struct GroupedRows<S: Scalar>: Sendable, Equatable {
  /// The column of each stored entry.
  public enum Indices: Sendable, Equatable {
    /// Columns of a matrix with at most 2^16 of them.
    case narrow([UInt16])
    /// Columns of a wider one.
    case wide([Int32])

    /// Number of entries.
    public var count: Int {
      switch self {
      case .narrow(let indices): indices.count
      case .wide(let indices): indices.count
      }
    }
  }

  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// The number of entries of each row of each group, ascending.
  public let lengths: [Int]
  /// The number of rows of each group, none of them zero.
  public let counts: [Int]
  /// The row at each position.
  public let order: [Int32]
  /// The column of each stored entry, position after position.
  public let indices: Indices
  /// The value of each stored entry.
  public let values: [S]

  /// Rows and columns.
  public var shape: Shape { Shape(rows, columns) }
  /// Number of stored entries, stored zeros included.
  public var nonzeroCount: Int { values.count }

  /// Up to how many columns an index has 16 bits.
  static var mostNarrowColumns: Int { Int(UInt16.max) + 1 }

  /// The rows of `a`, grouped. O(rows + columns + nonzeros).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public init(_ a: SparseMatrix<S>) {
    let a = a.compressed(by: .rows).resolved()
    var counts = [Int](repeating: 0, count: a.columns + 1)
    for i in 0..<a.rows { counts[a.offsets[i + 1] - a.offsets[i]] += 1 }
    let lengths = counts.indices.filter { counts[$0] > 0 }
    (rows, columns) = (a.rows, a.columns)
    self.lengths = lengths
    self.counts = lengths.map { counts[$0] }
    if a.columns <= Self.mostNarrowColumns {
      let (order, indices, values) = Self.group(a, counts, as: UInt16.self)
      (self.order, self.indices, self.values) = (order, .narrow(indices), values)
    } else {
      let (order, indices, values) = Self.group(a, counts, as: Int32.self)
      (self.order, self.indices, self.values) = (order, .wide(indices), values)
    }
  }

  /// Reads the rows in their order and writes each behind the last of its length.
  @inline(__always)
  private static func group<Index: FixedWidthInteger>(_ a: SparseMatrix<S>, _ counts: [Int], as: Index.Type)
    -> ([Int32], [Index], [S])
  {
    // Where the next row of each length goes: its position, and that of its first entry.
    var positions = [Int](repeating: 0, count: counts.count)
    var starts = positions
    var (position, start) = (0, 0)
    for length in counts.indices {
      (positions[length], starts[length]) = (position, start)
      position += counts[length]
      start += counts[length] * length
    }
    var (indices, values): ([Index], [S]) = ([], [])
    let order = [Int32](inLargePages: a.rows) { order, count in
      indices = [Index](inLargePages: a.nonzeroCount) { indices, count in
        values = [S](inLargePages: a.nonzeroCount) { values, count in
          a.offsets.withUnsafeBufferPointer { offsets in
            a.indices.withUnsafeBufferPointer { from in
              a.storage.withUnsafeBufferPointer { storage in
                for i in 0..<a.rows {
                  let (first, length) = (offsets[i], offsets[i + 1] - offsets[i])
                  let target = starts[length]
                  for q in 0..<length {
                    indices.initializeElement(at: target + q, to: Index(truncatingIfNeeded: from[first + q]))
                    values.initializeElement(at: target + q, to: storage[first + q])
                  }
                  order.initializeElement(at: positions[length], to: Int32(truncatingIfNeeded: i))
                  positions[length] += 1
                  starts[length] += length
                }
              }
            }
          }
          count = a.nonzeroCount
        }
        count = a.nonzeroCount
      }
      count = a.rows
    }
    return (order, indices, values)
  }

  /// The matrix compressed by rows. O(rows + nonzeros).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func sparse() -> SparseMatrix<S> {
    var offsets = [Int](repeating: 0, count: rows + 1)
    forEachRow { row, _, length in offsets[row + 1] = length }
    for i in 0..<rows { offsets[i + 1] += offsets[i] }
    var columns = [Int32](repeating: 0, count: nonzeroCount)
    var values = [S](repeating: 0, count: nonzeroCount)
    forEachRow { row, first, length in
      for q in 0..<length {
        columns[offsets[row] + q] = column(first + q)
        values[offsets[row] + q] = self.values[first + q]
      }
    }
    return SparseMatrix(
      unchecked: rows, self.columns, axis: .rows, offsets: offsets, indices: columns, values)
  }

  /// Calls `body` with each row, where its entries begin and how many they are, in the order of the positions.
  @inline(__always)
  private func forEachRow(_ body: (_ row: Int, _ first: Int, _ length: Int) -> Void) {
    var (position, first) = (0, 0)
    for (length, count) in zip(lengths, counts) {
      for _ in 0..<count {
        body(Int(order[position]), first, length)
        position += 1
        first += length
      }
    }
  }

  /// The column of entry `q`.
  @inline(__always)
  private func column(_ q: Int) -> Int32 {
    switch indices {
    case .narrow(let indices): Int32(indices[q])
    case .wide(let indices): indices[q]
    }
  }
}

extension GroupedRows {
  /// A matrix from its arrays, which are checked. O(rows + nonzeros).
  ///
  /// - Throws: `invalidArgument` when lengths do not ascend, groups are empty or do not add up to the rows and
  ///   entries, `order` is no permutation, or indices leave the matrix, descend or repeat within a row, or have
  ///   another width than the matrix's; `tooLarge` beyond 2^31-1 rows or columns.
  public init(
    rows: Int, columns: Int, lengths: [Int], counts: [Int], order: [Int32], indices: Indices, values: [S]
  ) throws(LinearAlgebraError) {
    try checkDimensions(rows, columns)
    func check(_ isGood: Bool, _ what: String) throws(LinearAlgebraError) {
      if !isGood { throw .invalidArgument("rows grouped by length: \(what)") }
    }
    try check(lengths.count == counts.count && order.count == rows, "arrays of different lengths")
    try check(indices.count == values.count, "\(indices.count) indices, \(values.count) values")
    var (position, entries, last) = (0, 0, -1)
    for (length, count) in zip(lengths, counts) {
      try check(length > last && length <= columns, "a length of \(length)")
      try check(count > 0 && count <= rows - position, "a group of \(count)")
      // At most 2^31 times 2^31.
      position += count
      entries += length * count
      try check(entries <= values.count, "\(entries) or more entries, not \(values.count)")
      last = length
    }
    try check(position == rows && entries == values.count, "\(position) rows of \(entries) entries")
    var seen = [Bool](repeating: false, count: rows)
    for row in order {
      try check(row >= 0 && row < rows && !seen[Int(row)], "row \(row)")
      seen[Int(row)] = true
    }
    switch indices {
    case .narrow(let indices):
      try check(columns <= Self.mostNarrowColumns, "16 bits for \(columns) columns")
      try check(Self.ascend(indices, columns, lengths, counts), "indices that do not ascend")
    case .wide(let indices):
      try check(columns > Self.mostNarrowColumns, "32 bits for \(columns) columns")
      try check(Self.ascend(indices, columns, lengths, counts), "indices that do not ascend")
    }
    (self.rows, self.columns, self.lengths, self.counts) = (rows, columns, lengths, counts)
    (self.order, self.indices, self.values) = (order, indices, values)
  }

  private static func ascend<Index: FixedWidthInteger>(
    _ indices: [Index], _ columns: Int, _ lengths: [Int], _ counts: [Int]
  ) -> Bool {
    var next = 0
    for (length, count) in zip(lengths, counts) {
      for _ in 0..<count {
        var last = -1
        for _ in 0..<length {
          guard Int(indices[next]) > last, Int(indices[next]) < columns else { return false }
          last = Int(indices[next])
          next += 1
        }
      }
    }
    return true
  }
}

extension GroupedRows {
  /// alpha A.
  public static func * (alpha: S, a: GroupedRows) -> GroupedRows {
    GroupedRows(a, a.values.map { alpha * $0 })
  }

  private init(_ pattern: GroupedRows, _ values: [S]) {
    (rows, columns, lengths, counts) = (pattern.rows, pattern.columns, pattern.lengths, pattern.counts)
    (order, indices) = (pattern.order, pattern.indices)
    self.values = values
  }
}
