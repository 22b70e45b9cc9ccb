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

  var element: NpyElement
  var order: StorageOrder
  var rows: Int
  var columns: Int
  /// Where the data begins in the file.
  var dataOffset: Int

  /// Reads the header from the beginning of `source`.
  ///
  /// - Throws: `badData` with the byte that is not as it should be; also for elements that are not numbers,
  ///   and for arrays of more than two dimensions.
  init(from source: any ByteSource) throws(FileFormatError) {
    let fixed = try NpyHeader.take(8, from: source, offset: 0)
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
    let lengthBytes = try NpyHeader.take(fixed[6] == 1 ? 2 : 4, from: source, offset: 8)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= NpyHeader.longest else {
      throw FileFormatError(
        file: source.name, at: .byte(8), expected: "a header of at most \(NpyHeader.longest) bytes",
        found: "a length of \(length)")
    }
    let start = 8 + lengthBytes.count
    let text = try NpyHeader.take(length, from: source, offset: start)
    var literal = NpyLiteral(text, offset: start, file: source.name)
    let fields = try literal.parseHeader()
    dataOffset = start + length
    order = fields.isFortranOrder ? .columnMajor : .rowMajor
    element = fields.element
    switch fields.shape.count {
    case 0: (rows, columns) = (1, 1)
    case 1: (rows, columns) = (fields.shape[0], 1)
    case 2: (rows, columns) = (fields.shape[0], fields.shape[1])
    default:
      throw FileFormatError(
        .badData, file: source.name, at: .byte(start),
        "\(fields.shape.count)-dimensional arrays are not matrices")
    }
  }

  /// The header as every format has it.
  func fileHeader() -> MatrixFileHeader {
    MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: rows * columns, format: .npy, layout: .array(order),
      scalar: element.scalar, elementType: element.name, symmetry: .general)
  }

  private static func take(_ count: Int, from source: any ByteSource, offset: Int)
    throws(FileFormatError) -> [UInt8]
  {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { buffer.deallocate() }
    let filled = try source.fill(buffer)
    guard filled == count else {
      throw FileFormatError(
        file: source.name, at: .byte(offset + filled),
        expected: "\(count) bytes of header from byte \(offset)", found: "the end of the file")
    }
    return [UInt8](buffer)
  }
}

/// A parser of the one kind of literal that an .npy header is.
struct NpyLiteral {
  private let text: [UInt8]
  private let offset: Int
  private let file: String
  private var place = 0

  init(_ text: [UInt8], offset: Int, file: String) {
    self.text = text
    self.offset = offset
    self.file = file
  }

  /// The three fields, in any order, each exactly once.
  mutating func parseHeader() throws(FileFormatError) -> (
    element: NpyElement, isFortranOrder: Bool, shape: [Int]
  ) {
    var element: NpyElement?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      skipBlanks()
      let keyPlace = place
      let key = try parseString()
      try expect(":")
      switch key {
      case "descr" where element == nil: element = try parseElement()
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
    guard let element, let isFortranOrder, let shape else {
      throw error(
        at: place, expected: "each of 'descr', 'fortran_order' and 'shape' once",
        found: "the end of the header")
    }
    let count = shape.reduce(into: (bytes: element.size, overflowed: false)) { product, dimension in
      let (bytes, overflow) = product.bytes.multipliedReportingOverflow(by: dimension)
      product = (bytes, product.overflowed || overflow)
    }
    guard !count.overflowed else {
      throw error(at: 0, expected: "an array of fewer than 2^63 bytes", found: "shape \(shape)")
    }
    return (element, isFortranOrder, shape)
  }

  private mutating func parseElement() throws(FileFormatError) -> NpyElement {
    skipBlanks()
    let start = place
    guard place < text.count, text[place] != UInt8(ascii: "[") else {
      throw error(at: start, expected: "one element type", found: "a structured one")
    }
    let name = try parseString()
    do throws(NpyElement.Refusal) {
      return try NpyElement(name)
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
