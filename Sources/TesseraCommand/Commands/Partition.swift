// tessera partition FILE --parts P: how a layout would cut a matrix. Reads the file and counts; computes
// nothing.

import ArgumentParser
import Foundation
import Tessera

struct Partition: AsyncParsableCommand {
  enum Cut: String, CaseIterable, ExpressibleByArgument {
    case nonzeros, rows, blocks, cyclic
  }

  static let configuration = CommandConfiguration(
    abstract: "Show how a matrix would be spread over workers.",
    discussion: """
      --by nonzeros: slabs of rows with nearly equally many nonzeros. rows: slabs of equally many rows. blocks: a \
      grid of as many blocks as parts, balanced by nonzeros in both directions. cyclic: the default grid of blocks, \
      dealt out block-cyclically. Imbalance is the most nonzeros of a part over the mean; words are what A x moves: x to the worker of every \
      part but the first, even of one without rows, and partial sums.
      """)

  @Argument(help: "The matrix file, or - for standard input.", completion: .file())
  var file: String

  @Option(parsing: .unconditional, help: ArgumentHelp("Number of parts.", valueName: "p"))
  var parts: Int

  @Option(help: ArgumentHelp("What to cut by.", valueName: "how"))
  var by: Cut = .nonzeros

  @Option(
    help: ArgumentHelp("Draw the pattern with the cuts to this file.", valueName: "out.svg"),
    completion: .file())
  var picture: String?

  @Option(
    help: ArgumentHelp(
      "Format of the file, where its name does not tell: \(MatrixFileFormat.names).", valueName: "format"))
  var format: MatrixFileFormat?

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if parts < 1 || parts > 65_536 {
      throw ValidationError("--parts is \(parts), expected 1 to 65536.")
    }
  }

  func run() async throws {
    try await Report.errors {
      let start = ContinuousClock.now
      try checkPicture(picture)
      try checkOutputs([picture], input: file)
      let kind = try scalarOfFile(file, format: format, options: reading.options) ?? .double
      try await withScalar(kind) { try report(as: $0, since: start) }
    }
  }

  private func report<S: Scalar>(as type: S.Type, since start: ContinuousClock.Instant) throws {
    var matrix = try readMatrix(
      file, as: S.self, format: format, options: reading.options, progress: output.progress
    ).contents
    // In order, so that rows can be counted by bisection: nothing here is as long as a matrix has rows.
    if case .triplets(let entries) = matrix { matrix = .triplets(try entries.sortedByRows()) }
    let (grid, ownership) = layout(of: matrix)
    let counts = matrix.counts(in: grid)
    let bytes = (0..<grid.tileCount).map { t in
      let (rows, columns) = (grid.rows(ofTile: t).count, grid.columns(ofTile: t).count)
      let dense = Double(rows) * Double(columns) * Double(MemoryLayout<S>.stride)
      let sparse = Double(counts[t] * (MemoryLayout<S>.stride + 4) + (rows + 1) * 8)
      if case .dense = matrix { return Int(dense) }
      return Int(min(dense, sparse))
    }
    let quality = PartitionQuality(grid, ownership, nonzeros: counts, bytes: bytes)
    var plot =
      switch matrix {
      case .dense(let matrix): SpyPlot(matrix: .dense(matrix), title: file)
      case .triplets(let entries): SpyPlot(triplets: entries, title: file)
      }
    plot.rowBoundaries = Array(grid.rowCuts.bounds.dropFirst().dropLast())
    plot.columnBoundaries = Array(grid.columnCuts.bounds.dropFirst().dropLast())
    if let picture { try plot.svg().write(toFile: StandardOutput.opened(picture)) }
    let text =
      if output.json { json(quality, grid, seconds(since: start)) } else {
        (picture == nil ? plot.braille(width: 60, height: 20) + "\n" : "")
          + table(quality, grid, matrix.shape)
      }
    try Report.result(text, beside: [picture])
  }

  private func layout<S: Scalar>(of matrix: MatrixContents<S>) -> (Partitioning, Ownership) {
    let shape = matrix.shape
    switch by {
    case .nonzeros, .rows:
      let cuts = by == .rows ? Cuts(even: shape.rows, parts: parts) : matrix.rowCuts(parts: parts)
      return (
        Partitioning(slabs: cuts, columns: shape.columns), Ownership(tileCount: parts, workerCount: parts)
      )
    case .blocks:
      let (rowParts, columnParts) = squarestGrid(parts, shape)
      let grid = Partitioning(
        rowCuts: matrix.rowCuts(parts: rowParts), columnCuts: matrix.columnCuts(parts: columnParts))
      return (grid, Ownership(tileCount: parts, workerCount: parts))
    case .cyclic:
      let grid = Partitioning.defaultBlocks(
        rows: shape.rows, columns: shape.columns, stored: matrix.storedCount)
      let (rowParts, columnParts) = squarestGrid(parts, shape)
      return (grid, Ownership(cyclic: grid, workerRows: rowParts, workerColumns: columnParts))
    }
  }

  private func json(_ quality: PartitionQuality, _ grid: Partitioning, _ seconds: Double) -> String {
    let parts = quality.parts.map { part in
      JSON.object([
        ("tiles", .int(part.tiles.count)), ("nonzeros", .int(part.nonzeros)), ("bytes", .int(part.bytes)),
      ])
    }
    return JSON.object([
      ("parts", .array(parts)), ("imbalance", .real(quality.imbalance)), ("words", .int(quality.words)),
      ("rowCuts", .array(grid.rowCuts.bounds.map { .int($0) })),
      ("columnCuts", .array(grid.columnCuts.bounds.map { .int($0) })), ("seconds", .real(seconds)),
    ]).description
  }

  private func table(_ quality: PartitionQuality, _ grid: Partitioning, _ shape: Shape) -> String {
    let total = max(1, quality.parts.reduce(0) { $0 + $1.nonzeros })
    var rows = [["part", "tiles", "first rows", "first columns", "nonzeros", "share", "bytes"]]
    for (rank, part) in quality.parts.enumerated() {
      let first = part.tiles.first.map { ["\(grid.rows(ofTile: $0))", "\(grid.columns(ofTile: $0))"] }
      rows.append(
        ["\(rank)", "\(part.tiles.count)"] + (first ?? ["none", "none"]) + [
          "\(part.nonzeros)", "\(Text.fixed(100 * Double(part.nonzeros) / Double(total), 1)) %",
          "\(part.bytes)",
        ])
    }
    // Slabs have all columns.
    if grid.columnCuts.count == 1 { for k in rows.indices { rows[k].remove(at: 3) } }
    return "\(file): \(shape) in \(grid.rowCuts.count) x \(grid.columnCuts.count) tiles\n"
      + Text.table(rows, leading: 0)
      + "imbalance \(Text.fixed(quality.imbalance, 3)); A x moves \(quality.words) words, "
      + "A B \(quality.words) for each column of B"
  }
}

/// The factors of `parts` whose blocks of the matrix are nearest to square.
func squarestGrid(_ parts: Int, _ shape: Shape) -> (rows: Int, columns: Int) {
  let (m, n) = (Double(max(shape.rows, 1)), Double(max(shape.columns, 1)))
  func elongation(_ rowParts: Int) -> Double {
    let ratio = m / Double(rowParts) / (n / Double(parts / rowParts))
    return max(ratio, 1 / ratio)
  }
  let rowParts =
    (1...parts).filter { parts % $0 == 0 }.min { elongation($0) < elongation($1) } ?? 1
  return (rowParts, parts / rowParts)
}

extension MatrixContents {
  /// Number of stored elements.
  fileprivate var storedCount: Int {
    switch self {
    case .dense(let a): a.storage.count
    case .triplets(let a): a.entryCount
    }
  }

  /// Where slabs of nearly equally many nonzeros are cut; of equally many rows of a dense matrix.
  ///
  /// - Precondition: triplets are in order of their rows.
  fileprivate func rowCuts(parts: Int) -> Cuts {
    switch self {
    case .dense(let a): Cuts(even: a.rows, parts: parts)
    case .triplets(let a): Cuts(balancing: a.rowIndices, of: a.rows, parts: parts)
    }
  }

  /// The same of the columns. O(z log z) for triplets.
  fileprivate func columnCuts(parts: Int) -> Cuts {
    switch self {
    case .dense(let a): Cuts(even: a.columns, parts: parts)
    case .triplets(let a): Cuts(balancing: a.columnIndices.sorted(), of: a.columns, parts: parts)
    }
  }

  /// Stored elements that are not structural zeros, by tile of a grid.
  fileprivate func counts(in grid: Partitioning) -> [Int] {
    guard case .triplets(let entries) = self else {
      return (0..<grid.tileCount).map { grid.rows(ofTile: $0).count * grid.columns(ofTile: $0).count }
    }
    var counts = [Int](repeating: 0, count: grid.tileCount)
    let width = grid.columnCuts.count
    entries.forEach { i, j, _ in
      counts[grid.rowCuts.piece(holding: i) * width + grid.columnCuts.piece(holding: j)] += 1
    }
    return counts
  }
}
