// Text whose lines are rows that need nothing of each other once the first has told what they look like: blocks of
// lines are parsed several at a time, and put together in the order of the file. Tables and svmlight files are
// such text.

/// Parses lines to rows, and keeps them.
protocol RowParser: Sendable {
  /// The rows so far.
  var rows: Int { get }
  /// Appends the rows of the lines at `start`, until there are `limit`.
  mutating func parse(_ start: LineCursor, untilRow limit: Int) throws(FileFormatError)
  /// Forgets the rows, but not what they look like.
  mutating func removeAll(keepingCapacity: Bool)
  /// Makes room for `growth` times the elements that there are.
  mutating func reserve(growth: Double)
  /// Whether there may be more rows by those of `other`.
  func hasRoom(for other: Self) -> Bool
  /// Appends what `other` has found in the lines that follow.
  mutating func append(_ other: Self)
}

extension RowParser {
  /// A parser of lines behind those that were parsed.
  func forLaterLines() -> Self {
    var parser = self
    parser.removeAll(keepingCapacity: false)
    return parser
  }
}

/// The rows of a block, or that something about them is not as it should be.
///
/// `@unchecked Sendable`: see `BlockResult`.
private final class RowBlock<Parser: RowParser>: BlockResult, @unchecked Sendable {
  private(set) var parser: Parser
  private(set) var isRegular = true

  init(_ parser: Parser) { self.parser = parser }

  func parse(_ block: LineBlock) {
    parser.removeAll(keepingCapacity: true)
    guard let cursor = LineCursor(block) else { return }
    do throws(FileFormatError) {
      try parser.parse(cursor, untilRow: .max)
      isRegular = true
    } catch {
      isRegular = false
    }
  }
}

extension LineBlocks {
  /// Parses the lines that are left: up to the first row one block after the other, then as they come.
  ///
  /// - Parameters:
  ///   - parser: has the rows in the end.
  ///   - threads: how many blocks are parsed at a time.
  /// - Throws: what the source and the parser throw, of the first line that has a reason.
  func parseRows<Parser: RowParser>(
    with parser: inout Parser, threads: Int, progress: ((ReadProgress) -> Void)?
  ) throws(FileFormatError) {
    while parser.rows == 0, let block = try next(), let cursor = LineCursor(block) {
      try parser.parse(cursor, untilRow: .max)
      if let rest = source.likelyBytes {
        // The rest of a file is much like its beginning.
        parser.reserve(growth: 1 + 1.1 * Double(rest) / Double(block.bytes.count))
      }
      progress?(source.progress)
    }
    let template = parser.forLaterLines()
    try parse(threads: threads, make: { RowBlock(template) }) { (block, result) throws(FileFormatError) in
      if let result, result.isRegular, parser.hasRoom(for: result.parser) {
        parser.append(result.parser)
      } else if let cursor = LineCursor(block) {
        // A long line; or once more, to say where it is wrong.
        try parser.parse(cursor, untilRow: .max)
      }
      progress?(source.progress)
    }
  }

  /// Parses lines up to row number `limit`.
  ///
  /// - Throws: as `parseRows`, for the lines read.
  func parseHead<Parser: RowParser>(with parser: inout Parser, rows limit: Int) throws(FileFormatError) {
    while parser.rows < limit, let block = try next(), let cursor = LineCursor(block) {
      try parser.parse(cursor, untilRow: limit)
    }
  }
}
