// The same entries without rows and columns that have none: a matrix of 10^9 rows and three entries becomes 3
// x 3 or smaller. Norms, sums and singular values stay; sums and products do too, once their lines have their old
// numbers again. O(z log z) for z entries, whatever the shape.

/// The rows, or the columns, that have entries: what is left of a dimension without the empty ones, in order.
public struct OccupiedLines: Sendable, Equatable {
  /// The length of the dimension.
  public let extent: Int
  /// The lines that have entries, ascending.
  public let numbers: [Int32]

  /// The lines of a dimension of length `extent` among `indices`, which may repeat. O(z log z).
  public init(_ indices: [Int32], of extent: Int) {
    self.extent = extent
    var distinct: [Int32] = []
    for index in indices.sorted() where index != distinct.last { distinct.append(index) }
    numbers = distinct
  }

  /// How many of the lines come before `index`.
  fileprivate func rank(of index: Int32) -> Int32 {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < index { low = middle + 1 } else { high = middle }
    }
    return Int32(truncatingIfNeeded: low)
  }
}

extension TripletMatrix {
  /// Whether the shape is so large beside the number of entries that what takes a number for each row or column
  /// costs more than the entries do.
  public var isMostlyEmptyLines: Bool {
    shape.isMostlyEmptyLines(entries: entryCount)
  }

  /// The matrix without its empty rows and columns, the order of the others kept; itself when its shape is
  /// small beside its number of entries anyway.
  public consuming func withoutEmptyLines() -> TripletMatrix {
    guard isMostlyEmptyLines else { return self }
    return keeping(
      rows: OccupiedLines(rowIndices, of: rows), columns: OccupiedLines(columnIndices, of: columns))
  }

  /// The matrix of the given rows and columns alone; of all of them where nil.
  ///
  /// - Precondition: every entry lies in one of them.
  public func keeping(rows: OccupiedLines?, columns: OccupiedLines?) -> TripletMatrix {
    TripletMatrix(
      unchecked: rows?.numbers.count ?? self.rows, columns?.numbers.count ?? self.columns,
      conjugated: isConjugated, rows.map { rowIndices.map($0.rank) } ?? rowIndices,
      columns.map { columnIndices.map($0.rank) } ?? columnIndices, storage)
  }

  /// The matrix of which this is what `keeping` keeps.
  ///
  /// - Precondition: as many rows and columns as are given.
  public func spread(rows: OccupiedLines?, columns: OccupiedLines?) -> TripletMatrix {
    precondition(
      rows.map { $0.numbers.count == self.rows } ?? true
        && columns.map { $0.numbers.count == self.columns } ?? true, "lines of another matrix")
    return TripletMatrix(
      unchecked: rows?.extent ?? self.rows, columns?.extent ?? self.columns, conjugated: isConjugated,
      rows.map { lines in rowIndices.map { lines.numbers[Int($0)] } } ?? rowIndices,
      columns.map { lines in columnIndices.map { lines.numbers[Int($0)] } } ?? columnIndices, storage)
  }

  /// The same matrix with its entries row after row, duplicates added up.
  ///
  /// - Throws: `tooLarge` for more entries than can be sorted.
  public func sortedByRows() throws(LinearAlgebraError) -> TripletMatrix {
    guard isMostlyEmptyLines else { return try compressed(by: .rows).triplets() }
    let lines = (
      rows: OccupiedLines(rowIndices, of: rows), columns: OccupiedLines(columnIndices, of: columns)
    )
    return try keeping(rows: lines.rows, columns: lines.columns).compressed(by: .rows).triplets()
      .spread(rows: lines.rows, columns: lines.columns)
  }
}

extension Shape {
  /// Whether it is so large beside a number of entries that most rows, or most columns, must be without one.
  public func isMostlyEmptyLines(entries: Int) -> Bool {
    let (longest, overflow) = entries.multipliedReportingOverflow(by: 8)
    return !overflow && max(rows, columns) > max(1 << 20, longest)
  }
}
