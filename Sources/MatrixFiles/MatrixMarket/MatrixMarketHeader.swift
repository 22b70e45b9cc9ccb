// The banner and the size line of a Matrix Market file (NIST, The Matrix Market Exchange Formats, 1996):
//
//   %%MatrixMarket matrix coordinate|array real|integer|complex|pattern general|symmetric|...
//   % comments
//   rows columns [entries]

import TesseraLocalMatrices

/// What the first lines of a Matrix Market file declare.
struct MatrixMarketHeader {
  enum Layout: String, CaseIterable { case coordinate, array }
  enum Field: String, CaseIterable { case real, integer, complex, pattern }

  var layout = Layout.coordinate
  var field = Field.real
  var symmetry = MatrixSymmetry.general
  var rows = 0
  var columns = 0
  /// Entries in the file: of an array, those of the half that it stores.
  var entries = 0
  /// The number of the line with the sizes.
  var sizeLine = 0

  /// - Throws: `badData` when a local matrix does not hold the shape.
  func checkLocalShape(file: String) throws(FileFormatError) {
    try TesseraMatrixFiles.checkLocalShape(rows, columns, file: file, at: .line(sizeLine, column: 1))
  }

  /// The header as every format has it.
  var fileHeader: MatrixFileHeader {
    MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: entries, format: .matrixMarket,
      layout: layout == .coordinate ? .coordinate : .array(.columnMajor),
      scalar: field == .complex ? .complexDouble : .double, elementType: field.rawValue,
      symmetry: symmetry)
  }
}

/// Reads a header line by line.
struct MatrixMarketHeaderParser {
  private let file: String
  private var header = MatrixMarketHeader()
  private var hasBanner = false

  init(file: String) { self.file = file }

  /// The header, once the size line has come; the cursor then stands on the line behind it.
  ///
  /// - Throws: `badData` where a line is not what it should be.
  mutating func parse(_ cursor: inout LineCursor) throws(FileFormatError) -> MatrixMarketHeader? {
    if !hasBanner {
      try parseBanner(&cursor)
      hasBanner = true
    }
    guard cursor.skipToContent() else { return nil }
    try parseSizes(&cursor)
    return header
  }

  /// The error of a file that ends before its size line.
  func missing(at line: Int) -> FileFormatError {
    FileFormatError(
      file: file, at: .line(line, column: 1),
      expected: hasBanner ? "the size line" : "a banner, %%MatrixMarket matrix ...",
      found: "the end of the file")
  }

  private mutating func parseBanner(_ cursor: inout LineCursor) throws(FileFormatError) {
    guard cursor.word.lowercased == "%%matrixmarket" else {
      throw FileFormatError(
        file: file, at: cursor.position,
        expected: "the banner that begins every Matrix Market file, %%MatrixMarket matrix ...",
        found: cursor.found)
    }
    _ = cursor.takeWord()
    _ = try choice("matrix", of: ["matrix"], &cursor)
    header.layout = try choice("the layout", &cursor)
    let fieldPosition = cursor.position
    header.field = try choice("the field", &cursor)
    guard header.layout == .coordinate || header.field != .pattern else {
      throw FileFormatError(.badData, file: file, at: fieldPosition, "an array cannot be a pattern")
    }
    let symmetryPosition = cursor.position
    header.symmetry = try choice("the symmetry", &cursor)
    try expectEndOfLine(&cursor)
    try checkSymmetry(at: symmetryPosition)
    cursor.skipLine()
  }

  /// The symmetries that the format rules out for some fields.
  private func checkSymmetry(at position: FileFormatError.Position) throws(FileFormatError) {
    let message: String? =
      switch (header.field, header.symmetry) {
      case (.pattern, .skewSymmetric): "a pattern cannot be skew-symmetric"
      case (.real, .hermitian), (.integer, .hermitian), (.pattern, .hermitian):
        "only a complex matrix can be Hermitian"
      default: nil
      }
    if let message { throw FileFormatError(.badData, file: file, at: position, message) }
  }

  private func choice<T: CaseIterable & RawRepresentable<String>>(
    _ what: String, _ cursor: inout LineCursor
  ) throws(FileFormatError) -> T {
    let word = try choice(what, of: T.allCases.map(\.rawValue), &cursor)
    guard let value = T(rawValue: word) else { preconditionFailure("\(word) was among the choices") }
    return value
  }

  private func choice(_ what: String, of words: [String], _ cursor: inout LineCursor)
    throws(FileFormatError) -> String
  {
    guard words.contains(cursor.word.lowercased) else {
      let names = words.joined(separator: ", ")
      throw FileFormatError(
        file: file, at: cursor.position, expected: words.count == 1 ? names : "\(what), one of \(names)",
        found: cursor.found)
    }
    return cursor.takeWord().lowercased
  }

  private mutating func parseSizes(_ cursor: inout LineCursor) throws(FileFormatError) {
    header.sizeLine = cursor.line
    header.rows = try size("the number of rows", &cursor)
    let columnsPosition = cursor.position
    header.columns = try size("the number of columns", &cursor)
    guard header.symmetry == .general || header.rows == header.columns else {
      throw FileFormatError(
        file: file, at: columnsPosition,
        expected: "as many columns as rows, \(header.rows), in a \(header.symmetry.rawValue) matrix",
        found: "\(header.columns)")
    }
    if header.layout == .coordinate {
      header.entries = try size("the number of entries", &cursor)
    } else if let entries = arrayEntries() {
      header.entries = entries
    } else {
      throw FileFormatError(
        file: file, at: columnsPosition, expected: "at most \(Int.max) elements",
        found: "\(header.rows) x \(header.columns)")
    }
    try expectEndOfLine(&cursor)
    cursor.skipLine()
  }

  /// How many elements an array stores: all, or the lower half with or without the diagonal. Nil when all
  /// would be more than 2^63-1.
  private func arrayEntries() -> Int? {
    let (all, overflow) = header.rows.multipliedReportingOverflow(by: header.columns)
    if overflow { return nil }
    return switch header.symmetry {
    case .general: all
    case .symmetric, .hermitian: (all - header.rows) / 2 + header.rows
    case .skewSymmetric: (all - header.rows) / 2
    }
  }

  private func size(_ what: String, _ cursor: inout LineCursor) throws(FileFormatError) -> Int {
    let position = cursor.position
    guard let value = cursor.takeInteger() else {
      throw FileFormatError(file: file, at: position, expected: what, found: cursor.found)
    }
    return value
  }

  private func expectEndOfLine(_ cursor: inout LineCursor) throws(FileFormatError) {
    guard cursor.isAtEndOfLine else {
      throw FileFormatError(
        file: file, at: cursor.position, expected: "the end of the line", found: cursor.found)
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The text in lower case, cut where no keyword is as long.
  fileprivate var lowercased: String { String(decoding: prefix(32), as: UTF8.self).lowercased() }
}
