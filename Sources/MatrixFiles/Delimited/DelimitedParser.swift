// Lines of a table to its elements: see DelimitedReader. O(bytes).

import Numerics
import TesseraLocalMatrices

/// Parses the lines of a table.
struct DelimitedParser<S: Scalar>: RowParser {
  private let file: String
  private let delimiter: UInt8
  private let headerRow: MatrixReadOptions.HeaderRow
  /// Whether the elements are wanted, not only the shape.
  private let keepsElements: Bool
  /// The fields of a row, once there was one; before, of the line of names.
  private(set) var columns: Int?
  /// The rows so far.
  private(set) var rows = 0
  /// Whether a field was complex.
  private(set) var isComplex = false
  /// The elements so far, row after row, where they are kept.
  private(set) var values: [S] = []
  /// Whole numbers among them that were rounded.
  private(set) var rounded = RoundingTally()
  /// The names of the columns, where there was a line of them.
  private(set) var names: [String] = []
  private var isFirstLine = true

  init(
    file: String, _ delimiter: UInt8, _ headerRow: MatrixReadOptions.HeaderRow, keepsElements: Bool = true
  ) {
    self.file = file
    self.delimiter = delimiter
    self.headerRow = headerRow
    self.keepsElements = keepsElements
  }

  mutating func removeAll(keepingCapacity: Bool) {
    rows = 0
    isComplex = false
    rounded = RoundingTally()
    values.removeAll(keepingCapacity: keepingCapacity)
  }

  mutating func reserve(growth: Double) { values.reserve(growth: growth) }

  func hasRoom(for other: DelimitedParser) -> Bool { true }

  mutating func append(_ other: DelimitedParser) {
    rows += other.rows
    isComplex = isComplex || other.isComplex
    rounded.append(other.rounded, behind: values.count)
    values += other.values
  }

  mutating func parse(_ start: LineCursor, untilRow limit: Int) throws(FileFormatError) {
    var cursor = start
    while !cursor.isAtEnd, rows < limit {
      // A row may begin with blanks that are delimiters.
      var content = cursor
      content.skipBlanks()
      if content.isAtEndOfLine || content.place.pointee == hash {
        cursor.skipLine()
        continue
      }
      if isFirstLine {
        isFirstLine = false
        if try takeNames(&cursor) { continue }
      }
      try parseRow(&cursor)
      cursor.skipLine()
    }
  }

  private mutating func parseRow(_ cursor: inout LineCursor) throws(FileFormatError) {
    let start = cursor
    var fields = 0
    while true {
      let value = try takeValue(&cursor)
      if keepsElements { values.append(value) }
      fields += 1
      cursor.skipBlanks(but: delimiter)
      if cursor.place.pointee == newline { break }
      guard cursor.place.pointee == delimiter else {
        throw error(cursor, "a delimiter, \(quoted([delimiter])), or the end of the line")
      }
      cursor.place += 1
    }
    if let columns, fields != columns {
      throw FileFormatError(
        file: file, at: start.position,
        expected: "\(columns) field\(columns == 1 ? "" : "s") as in the lines before",
        found: "\(fields)")
    }
    columns = fields
    rows += 1
  }

  @inline(__always)
  private mutating func takeValue(_ cursor: inout LineCursor) throws(FileFormatError) -> S {
    cursor.skipBlanks(but: delimiter)
    let start = cursor.place
    if let value = scanReal(&cursor.place, as: S.Real.self, integral: false, delimiter: delimiter) {
      if value.mayBeRounded {
        count(value, from: UnsafeBufferPointer(start: start, count: cursor.place - start))
      }
      return S(real: value)
    }
    return try takeOddValue(&cursor)
  }

  /// Counts the number that is stored next if it was rounded.
  @inline(never)
  private mutating func count(_ value: S.Real, from text: UnsafeBufferPointer<UInt8>) {
    if value.isRounded(from: text) { rounded.add(at: values.count) }
  }

  /// A field in quotation marks, or a complex one.
  @inline(never)
  private mutating func takeOddValue(_ cursor: inout LineCursor) throws(FileFormatError) -> S {
    let start = cursor
    let field = try takeField(&cursor)
    if let (real, imaginary) = complexNumber(field, as: S.Real.self) {
      guard S.isComplex || imaginary == nil else {
        throw FileFormatError(
          .badData, file: file, at: start.position,
          FileFormatError.complexAsReal(file, S.kind).message)
      }
      isComplex = isComplex || imaginary != nil
      if imaginary == nil, real.mayBeRounded { field.withUnsafeBufferPointer { count(real, from: $0) } }
      return S(real: real, imaginary: imaginary ?? 0)
    }
    // What would be several fields of another table, or, before any row, a name.
    let isCut = field.contains { ";|\t ,".utf8.contains($0) }
    throw FileFormatError(
      file: file, at: start.position, expected: "a number",
      found: field.isEmpty ? "an empty field" : quoted(field),
      remedy: isCut ? .delimiter : columns == nil ? .headerRow : nil)
  }

  /// The bytes of the field at `cursor`, without quotation marks and the blanks around them; the cursor stays
  /// at the delimiter or the end of the line.
  ///
  /// - Throws: `badData` for a field whose quotation marks do not close on its line.
  private func takeField(_ cursor: inout LineCursor) throws(FileFormatError) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    var field: [UInt8] = []
    guard cursor.place.pointee == quote else {
      while cursor.place.pointee != newline, cursor.place.pointee != delimiter {
        field.append(cursor.place.pointee)
        cursor.place += 1
      }
      while let last = field.last, isBlank(last) { field.removeLast() }
      return field
    }
    let start = cursor
    cursor.place += 1
    while cursor.place.pointee != newline {
      if cursor.place.pointee == quote {
        cursor.place += 1
        guard cursor.place.pointee == quote else { return field }
      }
      field.append(cursor.place.pointee)
      cursor.place += 1
    }
    throw FileFormatError(
      file: file, at: start.position, expected: "a field whose quotation marks close on its line",
      found: start.found)
  }

  /// Takes the first line if it names the columns, and the shape of the table from it.
  private mutating func takeNames(_ cursor: inout LineCursor) throws(FileFormatError) -> Bool {
    guard headerRow != .absent else { return false }
    var line = cursor
    var (names, isNamed): ([String], Bool) = ([], headerRow == .present)
    while true {
      line.skipBlanks(but: delimiter)
      let field = try takeField(&line)
      // What begins like a number is one, or a broken one: no name, unless it is said to be.
      if headerRow == .auto, complexNumber(field, as: S.Real.self) != nil || beginsLikeNumber(field) {
        return false
      }
      isNamed = isNamed || !field.isEmpty
      names.append(String(decoding: field, as: UTF8.self))
      line.skipBlanks(but: delimiter)
      guard line.place.pointee == delimiter else { break }
      line.place += 1
    }
    guard line.place.pointee == newline else {
      throw error(line, "a delimiter, \(quoted([delimiter])), or the end of the line")
    }
    guard isNamed else { return false }
    columns = names.count
    self.names = names
    line.skipLine()
    cursor = line
    return true
  }

  private func error(_ cursor: LineCursor, _ expected: String) -> FileFormatError {
    FileFormatError(
      file: file, at: cursor.position, expected: expected, found: cursor.found, remedy: .delimiter)
  }
}

/// Whether a digit comes first, behind a sign and a point at most.
private func beginsLikeNumber(_ field: [UInt8]) -> Bool {
  var rest = field[...]
  if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
  if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst() }
  return rest.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
}

/// A real number, or a complex one as Python prints it: `1`, `2j`, `1+2j`, `(1-2j)`; also with `i`.
private func complexNumber<R: RealScalar>(_ field: [UInt8], as: R.Type) -> (real: R, imaginary: R?)? {
  func number(_ text: ArraySlice<UInt8>) -> R? {
    (Array(text) + [UInt8](repeating: newline, count: 1 + LineBlock.slack)).withUnsafeBufferPointer {
      buffer in
      guard var place = buffer.baseAddress else { return nil }
      let end = place + text.count
      let value = scanReal(&place, as: R.self, integral: false)
      return place == end ? value : nil
    }
  }
  var text = field[...]
  if text.first == UInt8(ascii: "("), text.last == UInt8(ascii: ")") { text = text.dropFirst().dropLast() }
  guard let unit = text.last, unit == UInt8(ascii: "j") || unit == UInt8(ascii: "i") else {
    return number(text).map { ($0, nil) }
  }
  text = text.dropLast()
  // The sign between the parts is the last one that belongs to no exponent.
  let signs = [UInt8(ascii: "+"), UInt8(ascii: "-")]
  let split = text.indices.last { p in
    signs.contains(text[p])
      && (p == text.startIndex || ![UInt8(ascii: "e"), UInt8(ascii: "d")].contains(text[p - 1] | 0x20))
  }
  guard let split, split > text.startIndex else { return number(text).map { (0, $0) } }
  guard let real = number(text[..<split]), let imaginary = number(text[split...]) else { return nil }
  return (real, imaginary)
}
