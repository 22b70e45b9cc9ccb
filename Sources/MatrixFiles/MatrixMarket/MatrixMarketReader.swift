// A Matrix Market file to a matrix: header, entries block by block, then the half that symmetry implies.
// O(bytes) time; memory is that of the entries in the file plus one block. A header allocates nothing.

import TesseraLocalMatrices

/// Reads one Matrix Market file.
struct MatrixMarketReader {
  let source: any ByteSource
  let blocks: LineBlocks
  private let threads: Int

  /// - Parameters:
  ///   - threads: how many blocks are parsed at a time.
  ///   - blockSize: the bytes of a block.
  init(_ source: any ByteSource, threads: Int = 1, blockSize: Int = LineBlocks.blockSize) {
    self.source = source
    self.threads = threads
    blocks = LineBlocks(source, of: .entry, blockSize: blockSize)
  }

  /// The header alone. O(bytes before the first entry).
  ///
  /// - Throws: `badData` for a header that is not Matrix Market's.
  func header() throws(FileFormatError) -> MatrixFileHeader { try start().header.fileHeader }

  /// The whole matrix. `progress` is called after each block.
  ///
  /// - Throws: `badData` for the first line that is not what the format or the header says, for a complex
  ///   file when `S` is real, and for a shape that a local matrix does not hold.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (MatrixFileHeader, MatrixContents<S>)
  {
    let (header, firstEntry) = try start()
    guard S.isComplex || header.field != .complex else {
      throw FileFormatError.complexAsReal(source.name, S.kind)
    }
    try header.checkLocalShape(file: source.name)
    var list = EntryGatherer<S>(MatrixMarketEntryParser(file: source.name, header: header))
    let opening = firstEntry.remaining
    try list.parse(firstEntry)
    if let rest = source.likelyBytes, opening > 0 {
      // The rest of a file is much like its beginning.
      list.list.reserve(for: header, growth: 1 + 1.1 * Double(rest) / Double(opening))
    }
    progress?(source.progress)
    let parser = list.parser
    try blocks.parse(
      threads: parser.isIndependent ? threads : 1, make: { MatrixMarketBlock(parser) }
    ) { (block, result) throws(FileFormatError) in
      try list.take(block, result)
      progress?(source.progress)
    }
    guard list.count == header.entries else {
      throw FileFormatError(
        file: source.name, at: .line(blocks.nextLine, column: 1), expected: "\(header.entries) entries",
        found: "the end of the file after \(list.count)")
    }
    var fileHeader = header.fileHeader
    fileHeader.roundedIntegers = list.list.roundedIntegers(header)
    return (fileHeader, try list.finished().matrix(header, file: source.name))
  }

  /// The header, and a cursor on the line behind it, valid until the next block is read.
  func start() throws(FileFormatError) -> (header: MatrixMarketHeader, firstEntry: LineCursor) {
    var parser = MatrixMarketHeaderParser(file: source.name)
    while let block = try blocks.next() {
      guard var cursor = LineCursor(block) else { break }
      if let header = try parser.parse(&cursor) { return (header, cursor) }
    }
    throw parser.missing(at: blocks.nextLine)
  }
}

/// Puts the entries of blocks together, in the order of the file.
struct EntryGatherer<S: Scalar> {
  let parser: MatrixMarketEntryParser<S>
  var list = EntryList<S>()

  init(_ parser: MatrixMarketEntryParser<S>) { self.parser = parser }

  /// Entries so far.
  var count: Int { list.values.count }

  /// Appends the entries of a block that has been parsed. Where it is not as it should be, or has more
  /// entries than the header declares, it is parsed again, knowing what stands before it, to say where.
  mutating func take(_ block: LineBlock, _ result: MatrixMarketBlock<S>?) throws(FileFormatError) {
    guard let result, parser.isIndependent, result.isRegular,
      result.entries.count <= parser.header.entries - count
    else {
      guard let cursor = LineCursor(block) else { return }
      return try parse(cursor)
    }
    list.append(result.entries)
  }

  /// Parses and appends the lines at `cursor`.
  mutating func parse(_ start: LineCursor) throws(FileFormatError) {
    var cursor = start
    let layout = parser.header.layout
    var entries = EntryBuffer<S>(
      capacity: EntryBuffer<S>.capacity(bytes: cursor.remaining, layout), layout)
    try parser.parse(&cursor, into: &entries, from: count, atMost: parser.header.entries - count)
    precondition(entries.count < entries.capacity, "lines hold more entries than their bytes can be")
    if let excess = parser.excess(&cursor) { throw excess }
    list.append(entries)
  }

  /// The entries, without a second reference to them.
  consuming func finished() -> EntryList<S> { list }
}

extension EntryList {
  /// The whole numbers among the entries that were rounded.
  func roundedIntegers(_ header: MatrixMarketHeader) -> RoundedIntegers {
    RoundedIntegers(
      count: rounded.count,
      first: rounded.first.map { q in
        if header.layout == .coordinate {
          return RoundedIntegers.Place(row: Int(rowIndices[q]), column: Int(columnIndices[q]))
        }
        // Column after column, of a symmetric matrix from the diagonal or behind it.
        var (rest, column) = (q, 0)
        func top() -> Int {
          header.symmetry == .general ? 0 : header.symmetry == .skewSymmetric ? column + 1 : column
        }
        while rest >= header.rows - top() {
          rest -= header.rows - top()
          column += 1
        }
        return RoundedIntegers.Place(row: top() + rest, column: column)
      })
  }

  /// The matrix of the entries, both halves present.
  consuming func matrix(_ header: MatrixMarketHeader, file: String) throws(FileFormatError)
    -> MatrixContents<S>
  {
    do throws(LinearAlgebraError) {
      switch header.layout {
      case .coordinate:
        if header.symmetry != .general { mirror(header.symmetry) }
        return .triplets(
          // The parser has seen to it that all indices are within the shape.
          TripletMatrix(unchecked: header.rows, header.columns, rowIndices, columnIndices, values))
      case .array:
        if header.symmetry != .general {
          try MemoryGuard.check(
            "the matrix", header.rows, header.columns, bytesPerElement: MemoryLayout<S>.stride)
          values = unpacked(header.rows, header.symmetry)
        }
        return .dense(try DenseMatrix(rows: header.rows, columns: header.columns, elements: values))
      }
    } catch {
      throw FileFormatError(.badData, file: file, "\(error)")
    }
  }

  /// Appends the mirror image of every entry off the diagonal.
  private mutating func mirror(_ symmetry: MatrixSymmetry) {
    for q in 0..<values.count where rowIndices[q] != columnIndices[q] {
      rowIndices.append(columnIndices[q])
      columnIndices.append(rowIndices[q])
      values.append(symmetry.mirrored(values[q]))
    }
  }

  /// The n by n elements, column-major, of which `values` has the lower half column after column.
  private func unpacked(_ n: Int, _ symmetry: MatrixSymmetry) -> [S] {
    var elements = [S](repeating: 0, count: n * n)
    var q = 0
    for j in 0..<n {
      for i in (symmetry == .skewSymmetric ? j + 1 : j)..<n {
        elements[j * n + i] = values[q]
        if i != j { elements[i * n + j] = symmetry.mirrored(values[q]) }
        q += 1
      }
    }
    return elements
  }
}
