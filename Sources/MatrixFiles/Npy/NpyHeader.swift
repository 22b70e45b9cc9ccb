// The header of a NumPy array file (NEP 1; numpy.lib.format):
//
//   \x93NUMPY, major, minor, header length (2 bytes in version 1, else 4, little-endian), then a Python
//   literal {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } padded with blanks
//
// The literal is parsed by the rules below and never evaluated.

import TesseraLocalMatrices

/// What the header of an .npy file declares.
struct NpyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// No header of a matrix comes near; a longer one is a lie.
  static let longest = 1 << 16

  let element: StoredElement
  let order: StorageOrder
  let shape: [Int]
  /// Where the data begins in the file.
  let dataOffset: Int
  private let literalOffset: Int
  private let file: String

  /// Reads the header from the beginning of `source`.
  ///
  /// - Parameter allowsText: whether text is read as well, as an array of character codes with one dimension
  ///   more.
  /// - Throws: `badData` with the byte that is not as it should be; also for elements that are not numbers.
  init(from source: any ByteSource, allowsText: Bool = false) throws(FileFormatError) {
    let fixed = try source.bytes(8, of: "header", offset: 0)
    guard fixed.prefix(6).elementsEqual(NpyHeader.magic) else {
      throw FileFormatError(
        file: source.name, at: .byte(0), expected: "an .npy file's first bytes, \\x93NUMPY",
        found: quoted(fixed.prefix(6)))
    }
    guard (1...3).contains(fixed[6]), fixed[7] == 0 else {
      throw FileFormatError(
        file: source.name, at: .byte(6), expected: "version 1.0, 2.0 or 3.0",
        found: "\(fixed[6]).\(fixed[7])")
    }
    let lengthBytes = try source.bytes(fixed[6] == 1 ? 2 : 4, of: "header", offset: 8)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= NpyHeader.longest else {
      throw FileFormatError(
        file: source.name, at: .byte(8), expected: "a header of at most \(NpyHeader.longest) bytes",
        found: "a length of \(length)")
    }
    let start = 8 + lengthBytes.count
    let text = try source.bytes(length, of: "header", offset: start)
    var literal = NpyLiteral(text, offset: start, file: source.name, allowsText: allowsText)
    let fields = try literal.parseHeader()
    (literalOffset, dataOffset) = (start, start + length)
    order = fields.isFortranOrder ? .columnMajor : .rowMajor
    element = fields.element
    shape = fields.shape
    file = source.name
  }

  /// Number of elements.
  var count: Int { shape.reduce(1, *) }

  /// Rows and columns: a vector is a column, a scalar is 1 by 1.
  ///
  /// - Throws: `badData` for more than two dimensions.
  func matrixShape() throws(FileFormatError) -> (rows: Int, columns: Int) {
    switch shape.count {
    case 0: return (1, 1)
    case 1: return (shape[0], 1)
    case 2: return (shape[0], shape[1])
    default:
      throw FileFormatError(
        .badData, file: file, at: .byte(literalOffset), "\(shape.count)-dimensional arrays are not matrices")
    }
  }

  /// The header as every format has it.
  ///
  /// - Throws: `badData` for more than two dimensions.
  func fileHeader(_ format: MatrixFileFormat = .npy) throws(FileFormatError) -> MatrixFileHeader {
    let (rows, columns) = try matrixShape()
    return MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: count, format: format, layout: .array(order),
      scalar: element.scalar, elementType: element.name, symmetry: .general)
  }
}

/// A parser of the one kind of literal that an .npy header is.
struct NpyLiteral {
  private let text: [UInt8]
  private let offset: Int
  private let file: String
  private let allowsText: Bool
  private var place = 0

  init(_ text: [UInt8], offset: Int, file: String, allowsText: Bool) {
    self.text = text
    self.offset = offset
    self.file = file
    self.allowsText = allowsText
  }

  /// The three fields, in any order, each exactly once.
  mutating func parseHeader() throws(FileFormatError) -> (
    element: StoredElement, isFortranOrder: Bool, shape: [Int]
  ) {
    var type: (element: StoredElement, characters: Int?)?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      skipBlanks()
      let keyPlace = place
      let key = try parseString()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try parseType()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try parseBool()
      case "shape" where shape == nil: shape = try parseShape()
      default:
        throw error(
          at: keyPlace, expected: "each of 'descr', 'fortran_order' and 'shape' once",
          found: quoted(key.utf8))
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipBlanks()
    guard place == text.count else { throw error(at: place, expected: "the end of the header") }
    guard let (element, characters) = type, let isFortranOrder, var shape else {
      throw error(
        at: place, expected: "each of 'descr', 'fortran_order' and 'shape' once",
        found: "the end of the header")
    }
    if let characters { shape.append(characters) }
    let count = shape.reduce(into: (bytes: element.size, overflowed: false)) { product, dimension in
      let (bytes, overflow) = product.bytes.multipliedReportingOverflow(by: dimension)
      product = (bytes, product.overflowed || overflow)
    }
    guard !count.overflowed else {
      throw error(at: 0, expected: "an array of fewer than 2^63 bytes", found: "shape \(shape)")
    }
    return (element, isFortranOrder, shape)
  }

  /// The type of the elements. Text of n characters is n character codes: `|S3` three bytes, `<U3` three
  /// numbers of 4 bytes.
  private mutating func parseType() throws(FileFormatError) -> (StoredElement, characters: Int?) {
    skipBlanks()
    let start = place
    guard place < text.count, text[place] != UInt8(ascii: "[") else {
      throw error(at: start, expected: "one element type", found: "a structured one")
    }
    let name = try parseString()
    let letters = name.drop { "<>=|".contains($0) }
    do throws(StoredElement.Refusal) {
      if allowsText, let kind = letters.first, kind == "S" || kind == "U",
        let characters = Int(letters.dropFirst()), characters >= 0
      {
        return (
          try StoredElement(kind == "S" ? "|u1" : name.prefix(name.count - letters.count) + "u4"), characters
        )
      }
      return (try StoredElement(name), nil)
    } catch {
      throw self.error(at: start, expected: error.expected, found: quoted(name.utf8))
    }
  }

  private mutating func parseBool() throws(FileFormatError) -> Bool {
    skipBlanks()
    for (word, value) in [("True", true), ("False", false)] where text[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return value
    }
    throw error(at: place, expected: "True or False")
  }

  private mutating func parseShape() throws(FileFormatError) -> [Int] {
    var shape: [Int] = []
    try expect("(")
    while !take(")") {
      shape.append(try parseDimension())
      if !take(",") {
        // In Python (3) is a number; a tuple of one is (3,).
        try expect(shape.count == 1 ? "," : ")")
        if shape.count > 1 { break }
      }
    }
    return shape
  }

  /// A nonnegative integer; Python 2 ended long ones with an L.
  private mutating func parseDimension() throws(FileFormatError) -> Int {
    skipBlanks()
    let digits = text[place...].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw error(at: place, expected: "a dimension of 0 to 2^63-1")
    }
    place = digits.endIndex
    _ = take("L")
    return value
  }

  /// A quoted string of printable ASCII without escapes.
  private mutating func parseString() throws(FileFormatError) -> String {
    skipBlanks()
    guard place < text.count, text[place] == UInt8(ascii: "'") || text[place] == UInt8(ascii: "\"") else {
      throw error(at: place, expected: "a string")
    }
    let body = text[(place + 1)...].prefix { $0 != text[place] }
    if let odd = body.firstIndex(where: { $0 < 0x20 || $0 > 0x7e || $0 == UInt8(ascii: "\\") }) {
      throw error(at: odd, expected: "printable ASCII")
    }
    guard body.endIndex < text.count else {
      throw error(at: text.count, expected: "the end of a string")
    }
    place = body.endIndex + 1
    return String(decoding: body, as: UTF8.self)
  }

  private mutating func skipBlanks() {
    while place < text.count, isBlank(text[place]) || text[place] == newline { place += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FileFormatError) {
    guard take(character) else { throw error(at: place, expected: "\"\(character)\"") }
  }

  private func error(at place: Int, expected: String, found: String? = nil) -> FileFormatError {
    let rest = text[place...].prefix(12)
    return FileFormatError(
      file: file, at: .byte(offset + place), expected: expected,
      found: found ?? (rest.isEmpty ? "the end of the header" : quoted(rest)))
  }
}
