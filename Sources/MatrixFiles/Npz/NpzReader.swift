// NumPy's archives of arrays (.npz), each a member `name.npy` of a zip archive: one array that is a matrix, or
// a sparse matrix as scipy.sparse.save_npz leaves it (csr, csc, bsr: indices, indptr, data; coo: row, col,
// data; dia: offsets, data; all with shape and format). Pickles are refused, nothing is unpacked to the disk.
// O(bytes) time; memory is that of the matrix plus, for a sparse one, its index arrays.

import TesseraLocalMatrices

/// Reads one archive.
struct NpzReader {
  private let archive: ZipArchive
  fileprivate let file: String
  /// The array to read, where it was named.
  private let wanted: String?

  /// Opens the archive in `source`, of which nothing has been read.
  ///
  /// - Throws: `badData` for what is not a zip archive.
  init(_ source: any ByteSource, member: String?) throws(FileFormatError) {
    file = source.name
    archive = try ZipArchive(try SeekableBytes(source))
    wanted = member
  }

  /// What the archive says about the matrix.
  ///
  /// - Throws: `badData` for an archive without a matrix, or with several of which none was named.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    if let sparse = try sparseHeader() { return sparse.fileHeader }
    return try NpyHeader(from: try source(try arrayName())).fileHeader(.npz)
  }

  /// The whole matrix.
  ///
  /// - Throws: `badData` as above, for arrays that do not fit together, for complex elements when `S` is real,
  ///   and for a shape that a local matrix does not hold.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (MatrixFileHeader, MatrixContents<S>)
  {
    if let sparse = try sparseHeader() {
      try checkLocalShape(sparse.rows, sparse.columns, file: file)
      let entries = try SparseNpzEntries<S>(self, sparse, progress)
      let rounded = entries.rounded
      let contents = MatrixContents.triplets(try entries.matrix())
      var header = sparse.fileHeader
      header.roundedIntegers = RoundedIntegers(rounded, in: contents)
      return (header, contents)
    }
    let name = try arrayName()
    let (array, contents) = try NpyReader(try source(name)).matrix(as: S.self, progress: progress)
    var header = try NpyHeader(from: try source(name)).fileHeader(.npz)
    header.roundedIntegers = array.roundedIntegers
    return (header, contents)
  }

  // MARK: members

  private var names: [String] {
    archive.members.map(\.name).filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
  }

  /// The array that is the matrix: the one that was named, or the only one.
  private func arrayName() throws(FileFormatError) -> String {
    let names = names
    if let wanted {
      guard names.contains(wanted) else {
        throw error("an array named \(quoted(wanted.utf8))", list(names), remedy: .member)
      }
      return wanted
    }
    guard names.count == 1 else {
      throw error(
        "one array, or the name of the one to read", names.isEmpty ? "none" : list(names),
        remedy: names.isEmpty ? nil : .member)
    }
    return names[0]
  }

  private func list(_ names: [String]) -> String {
    let shown = names.prefix(12).map { quoted($0.utf8) }.joined(separator: ", ")
    return shown + (names.count > 12 ? " and \(names.count - 12) more" : "")
  }

  /// The bytes of the array `name`.
  fileprivate func source(_ name: String) throws(FileFormatError) -> any ByteSource {
    // As in Python, the last of several members of one name counts.
    guard let member = archive.members.last(where: { $0.name == name + ".npy" }) else {
      throw error("an array named \(quoted(name.utf8))", list(names))
    }
    return try archive.source(of: member)
  }

  /// The whole numbers in the array `name`.
  fileprivate func integers(_ name: String) throws(FileFormatError) -> [Int] {
    let source = try source(name)
    let header = try NpyHeader(from: source, allowsText: true)
    return try source.integers(header.element, count: header.count, offset: header.dataOffset)
  }

  fileprivate func error(_ expected: String, _ found: String, remedy: FileFormatError.Remedy? = nil)
    -> FileFormatError
  {
    FileFormatError(file: file, at: .none, expected: expected, found: found, remedy: remedy)
  }

  // MARK: sparse matrices

  /// What a sparse archive says about its matrix, or nil for another archive.
  private func sparseHeader() throws(FileFormatError) -> SparseNpzHeader? {
    guard wanted == nil, ["format", "shape", "data"].allSatisfy(names.contains) else { return nil }
    let codes = try integers("format").compactMap { UInt32(exactly: $0).flatMap(Unicode.Scalar.init) }
    let text = String(String.UnicodeScalarView(codes.filter { $0.value != 0 }))
    guard let kind = SparseNpzHeader.Kind(rawValue: text) else {
      throw error("a sparse format of csr, csc, bsr, coo or dia", quoted(text.utf8))
    }
    let shape = try integers("shape")
    guard shape.count == 2, shape.allSatisfy({ $0 >= 0 }) else {
      throw error("a shape of two dimensions", "\(shape.prefix(8))")
    }
    let data = try NpyHeader(from: try source("data"))
    guard data.shape.count == (kind == .bsr ? 3 : kind == .dia ? 2 : 1) else {
      throw error("the data of a \(text) matrix", "an array of shape \(data.shape)")
    }
    return SparseNpzHeader(kind: kind, rows: shape[0], columns: shape[1], data: data)
  }
}

/// What the arrays of a sparse archive say about its matrix.
private struct SparseNpzHeader {
  enum Kind: String { case csr, csc, bsr, coo, dia }

  let kind: Kind
  let rows: Int
  let columns: Int
  let data: NpyHeader

  var fileHeader: MatrixFileHeader {
    MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: data.count, format: .npz, layout: .coordinate,
      scalar: data.element.scalar, elementType: data.element.name, symmetry: .general)
  }
}

/// The entries of a sparse archive as a list.
private struct SparseNpzEntries<S: Scalar> {
  private let reader: NpzReader
  private let header: SparseNpzHeader
  private let values: [S]
  /// Whole numbers among the values that were rounded.
  let rounded: RoundingTally
  private var list = EntryList<S>()

  init(_ reader: NpzReader, _ header: SparseNpzHeader, _ progress: ((ReadProgress) -> Void)?)
    throws(FileFormatError)
  {
    self.reader = reader
    self.header = header
    let source = try reader.source("data")
    let data = try NpyReader(source).elements(
      of: try NpyHeader(from: source), as: S.self, progress: progress)
    values = data.values
    let isInOrder = [.csr, .csc, .coo].contains(header.kind)
    rounded = isInOrder ? data.rounded : data.rounded.withoutPlace()
    switch header.kind {
    case .csr: try appendCompressed(majors: header.rows, minors: header.columns)
    case .csc:
      try appendCompressed(majors: header.columns, minors: header.rows)
      swap(&list.rowIndices, &list.columnIndices)
    case .bsr: try appendBlocks()
    case .coo: try appendCoordinates()
    case .dia: try appendDiagonals()
    }
  }

  /// The matrix of the entries.
  consuming func matrix() throws(FileFormatError) -> TripletMatrix<S> {
    do throws(LinearAlgebraError) {
      let matrix = try TripletMatrix(
        rows: header.rows, columns: header.columns, rowIndices: list.rowIndices,
        columnIndices: list.columnIndices, values: list.values)
      return header.data.element.kind == .boolean ? matrix.withoutRepeatedTruth() : matrix
    } catch {
      throw reader.error("entries of a \(header.rows) x \(header.columns) matrix", "\(error)")
    }
  }

  /// Major and minor indices of compressed lines, as rows and columns.
  private mutating func appendCompressed(majors: Int, minors: Int) throws(FileFormatError) {
    let lines = try compressedLines(majors: majors, minors: minors, count: values.count)
    list.values = values
    (list.rowIndices, list.columnIndices) = (lines.majorIndices, lines.indices)
  }

  private func compressedLines(majors: Int, minors: Int, count: Int) throws(FileFormatError)
    -> CompressedLines
  {
    try CompressedLines(
      starts: try reader.integers("indptr"), indices: try reader.integers("indices"), majors: majors,
      minors: minors, count: count, file: reader.file)
  }

  private mutating func appendCoordinates() throws(FileFormatError) {
    let (rows, columns) = (try reader.integers("row"), try reader.integers("col"))
    guard rows.count == values.count, columns.count == values.count else {
      throw reader.error(
        "\(values.count) indices in \"row\" and \"col\"", "\(rows.count) and \(columns.count)")
    }
    list.rowIndices = try checkedIndices(rows, below: header.rows, name: "row", file: reader.file)
    list.columnIndices = try checkedIndices(columns, below: header.columns, name: "col", file: reader.file)
    list.values = values
  }

  /// Blocks of `height` by `width` elements, each row by row, in the places of compressed rows.
  private mutating func appendBlocks() throws(FileFormatError) {
    let (blocks, height, width) = (header.data.shape[0], header.data.shape[1], header.data.shape[2])
    guard height > 0, width > 0, header.rows % height == 0, header.columns % width == 0 else {
      throw reader.error("blocks that fill \(header.rows) x \(header.columns)", "\(height) x \(width)")
    }
    let lines = try compressedLines(
      majors: header.rows / height, minors: header.columns / width, count: blocks)
    let isRowMajor = header.data.order == .rowMajor
    for p in 0..<header.rows / height {
      for q in lines.starts[p]..<lines.starts[p + 1] {
        for i in 0..<height {
          for j in 0..<width {
            list.rowIndices.append(Int32(truncatingIfNeeded: p * height + i))
            list.columnIndices.append(Int32(truncatingIfNeeded: Int(lines.indices[q]) * width + j))
            list.values.append(
              values[isRowMajor ? (q * height + i) * width + j : q + blocks * (i + height * j)])
          }
        }
      }
    }
  }

  /// Diagonals: element j of the row of `data` for offset d is the matrix's element (j - d, j). What lies
  /// outside the matrix is padding, and what is zero is no entry.
  private mutating func appendDiagonals() throws(FileFormatError) {
    let offsets = try reader.integers("offsets")
    let (diagonals, length) = (header.data.shape[0], header.data.shape[1])
    guard offsets.count == diagonals else {
      throw reader.error("\(diagonals) numbers in \"offsets\"", "\(offsets.count)")
    }
    guard Set(offsets).count == diagonals else {
      throw reader.error("every diagonal once in \"offsets\"", "one twice")
    }
    let isRowMajor = header.data.order == .rowMajor
    for (d, offset) in offsets.enumerated() where -header.rows < offset && offset < header.columns {
      for j in max(0, offset)..<max(0, offset, min(length, header.columns, header.rows + offset)) {
        let value = values[isRowMajor ? d * length + j : d + diagonals * j]
        guard value != 0 else { continue }
        list.rowIndices.append(Int32(truncatingIfNeeded: j - offset))
        list.columnIndices.append(Int32(truncatingIfNeeded: j))
        list.values.append(value)
      }
    }
  }
}
