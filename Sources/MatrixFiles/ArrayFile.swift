// An uncompressed array on a disk, of which any rows can be read without the others: .npy in either order,
// and IDX. O(bytes of the rows) time; one read for rows that lie together, one for each column otherwise.

import TesseraLocalMatrices

/// An `.npy` or IDX file whose rows can be read by themselves.
struct ArrayFile {
  /// What the file declares.
  let header: MatrixFileHeader
  private let file: FileSource
  private let element: StoredElement
  private let order: StorageOrder
  private let dataOffset: Int

  var rows: Int { header.rows }
  var columns: Int { header.columns }

  /// The array in the file at `path`; nil for other formats, and for what is compressed or no file on a disk.
  ///
  /// - Throws: as the format's reader does for its header, and `badData` when the file has not exactly the
  ///   bytes that it declares.
  init?(_ path: String, _ format: MatrixFileFormat?) throws(FileFormatError) {
    guard path != "-" else { return nil }
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    guard format == .npy || format == .idx else { return nil }
    guard let file = try MatrixFile.openSeekable(path), let size = file.seekableSize else { return nil }
    self.file = file
    if format == .npy {
      let npy = try NpyHeader(from: file)
      header = try npy.fileHeader()
      (element, order, dataOffset) = (npy.element, npy.order, npy.dataOffset)
    } else {
      let idx = try IdxHeader(from: file)
      header = idx.fileHeader
      (element, order, dataOffset) = (idx.element, .rowMajor, idx.dataOffset)
    }
    try checkLocalShape(header.rows, header.columns, file: file.name)
    let declared = header.rows * header.columns * element.size
    guard size - dataOffset == declared else {
      throw FileFormatError(
        file: file.name, at: .byte(min(size, dataOffset + declared)), expected: "\(declared) bytes of data",
        found: size - dataOffset < declared
          ? "the end of the file after \(size - dataOffset)" : "more bytes")
    }
  }

  /// Some rows, in the order of the file, and the whole numbers among them that were rounded.
  ///
  /// - Precondition: the rows are within the array.
  /// - Throws: `badData` for a complex file when `S` is real, and for more than this machine holds.
  func read<S: Scalar>(_ range: Range<Int>, as: S.Type = S.self) throws(FileFormatError)
    -> (matrix: DenseMatrix<S>, rounded: RoundingTally)
  {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    guard S.isComplex || element.kind != .complex else {
      throw FileFormatError.complexAsReal(file.name, S.kind)
    }
    do throws(LinearAlgebraError) {
      try MemoryGuard.check("the rows", range.count, columns, bytesPerElement: MemoryLayout<S>.stride)
    } catch {
      throw FileFormatError(.badData, file: file.name, "\(error)")
    }
    var (elements, rounded): ([S], RoundingTally) = ([], RoundingTally())
    elements.reserveCapacity(range.count * columns)
    let bytes = try SeekableBytes(file)
    if order == .rowMajor {
      try append(bytes, range.lowerBound * columns, count: range.count * columns, to: &elements, &rounded)
    } else {
      for j in 0..<columns {
        try append(bytes, j * rows + range.lowerBound, count: range.count, to: &elements, &rounded)
      }
    }
    do throws(LinearAlgebraError) {
      return (
        try DenseMatrix(rows: range.count, columns: columns, order: order, elements: elements), rounded
      )
    } catch {
      throw FileFormatError(.badData, file: file.name, "\(error)")
    }
  }

  /// Appends `count` elements from number `first` on.
  private func append<S: Scalar>(
    _ bytes: SeekableBytes, _ first: Int, count: Int, to elements: inout [S], _ rounded: inout RoundingTally
  ) throws(FileFormatError) {
    let start = dataOffset + first * element.size
    let range = SeekableRange(bytes, start..<start + count * element.size, name: file.name)
    let more = try range.elements(element, count: count, offset: start, as: S.self)
    rounded.append(more.rounded, behind: elements.count)
    elements += more.values
  }
}
