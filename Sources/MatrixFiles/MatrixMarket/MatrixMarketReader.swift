// A Matrix Market file to a matrix: header, entries block by block, then the half that symmetry implies.
// O(bytes) time; memory is that of the entries in the file plus one block. A header allocates nothing.

import TesseraLocalMatrices

/// Reads one Matrix Market file.
struct MatrixMarketReader {
  private let source: any ByteSource
  private let blocks: LineBlocks

  init(_ source: any ByteSource) {
    self.source = source
    blocks = LineBlocks(source)
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
    try checkLocalShape(header.rows, header.columns, file: source.name)
    let parser = MatrixMarketEntryParser<S>(file: source.name, header: header)
    var list = EntryList<S>()
    try parser.parse(firstEntry, into: &list)
    if let rest = source.remainingBytes, firstEntry.remaining > 0 {
      // The rest of a file is much like its beginning.
      list.reserve(for: header, growth: 1 + 1.1 * Double(rest) / Double(firstEntry.remaining))
    }
    progress?(source.progress)
    while let block = try blocks.next() {
      guard let cursor = LineCursor(block) else { break }
      try parser.parse(cursor, into: &list)
      progress?(source.progress)
    }
    guard list.values.count == header.entries else {
      throw FileFormatError(
        file: source.name, at: .line(blocks.nextLine, column: 1), expected: "\(header.entries) entries",
        found: "the end of the file after \(list.values.count)")
    }
    return (header.fileHeader, try list.matrix(header, file: source.name))
  }

  /// The header, and a cursor on the line behind it, valid until the next block is read.
  private func start() throws(FileFormatError) -> (header: MatrixMarketHeader, firstEntry: LineCursor) {
    var parser = MatrixMarketHeaderParser(file: source.name)
    while let block = try blocks.next() {
      guard var cursor = LineCursor(block) else { break }
      if let header = try parser.parse(&cursor) { return (header, cursor) }
    }
    throw parser.missing(at: blocks.nextLine)
  }
}

extension EntryList {
  /// The matrix of the entries, both halves present.
  fileprivate consuming func matrix(_ header: MatrixMarketHeader, file: String) throws(FileFormatError)
    -> MatrixContents<S>
  {
    do throws(LinearAlgebraError) {
      switch header.layout {
      case .coordinate:
        if header.symmetry != .general { mirror(header.symmetry) }
        return .triplets(
          try TripletMatrix(
            rows: header.rows, columns: header.columns, rowIndices: rowIndices,
            columnIndices: columnIndices, values: values))
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
